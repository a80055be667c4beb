// SPDX-License-Identifier: Apache-2.0
#include "server/domain/verification.h"

#include <algorithm>
#include <chrono>

#include "proto/agreement/sectors.h"
#include "server/domain/apply.h"
#include "server/domain/read_value.h"

namespace waystation::domain {
namespace {

using agreement::kCommerce;
using agreement::kFinance;
using agreement::kHealth;
using agreement::kLabor;
using agreement::kPublicSecurity;
using v1::Certificate;
using v1::SocialInsurance;
using Answer = v1::VerifyResponse::Answer;

constexpr std::string_view kEducation = "education";

constexpr int kOftenFrom = 20;
constexpr int kOftenTimes = 3;
constexpr int kWrongFrom = 5;

v1::Violation Fault(std::string_view reason, std::string_view field,
                    std::string_view rule = {}) {
  v1::Violation fault;
  fault.set_reason(std::string(reason));
  fault.set_field(std::string(field));
  fault.set_rule(std::string(rule));
  return fault;
}

Paper::Limit LimitOf(bool is_claimed, const v1::Date& date) {
  if (!is_claimed) return {};
  return {.is_claimed = true, .days = DaysOf(ToPartial(date))};
}

void AddCertificates(const store::StoredRecord& record, Certificate::Kind kind,
                     std::vector<Paper>& papers) {
  const store::StoredClaim* claim = FindClaim(record, kCertificates);
  if (claim == nullptr) return;
  for (const Certificate& each : claim->value().certificates()) {
    if (each.kind() != kind) continue;
    papers.push_back(
        {.attribute = kCertificates,
         .number = each.number(),
         .from = LimitOf(each.has_valid_from(), each.valid_from()),
         .until = LimitOf(each.has_valid_until(), each.valid_until()),
         .must_end = kind == Certificate::KIND_RESIDENCE_PERMIT});
  }
}

void AddPermit(const store::StoredRecord& record, std::vector<Paper>& papers) {
  const store::StoredClaim* claim = FindSound(record, kResidencePermit);
  if (claim == nullptr) return;
  const v1::ResidencePermit& permit = claim->value().residence_permit();
  papers.push_back(
      {.attribute = kResidencePermit,
       .number = permit.number(),
       .from = LimitOf(permit.has_valid_from(), permit.valid_from()),
       .until = LimitOf(permit.has_valid_until(), permit.valid_until()),
       .must_end = true});
}

void AddServiceCard(const store::StoredRecord& record,
                    std::vector<Paper>& papers) {
  const store::StoredClaim* claim = FindSound(record, kServiceCard);
  if (claim == nullptr) return;
  const v1::ServiceCard& card = claim->value().service_card();
  papers.push_back({.attribute = kServiceCard,
                    .number = card.number(),
                    .from = LimitOf(card.has_issued(), card.issued())});
}

void AddInsurance(const store::StoredRecord& record,
                  SocialInsurance::Scheme scheme, std::vector<Paper>& papers) {
  const store::StoredClaim* claim = FindSound(record, kSocialInsurance);
  if (claim == nullptr) return;
  for (const auto& each : claim->value().social_insurance().schemes()) {
    if (each.scheme() != scheme) continue;
    papers.push_back({.attribute = kSocialInsurance, .state = each.state()});
  }
}

Answer AnswerOf(SocialInsurance::State state) {
  switch (state) {
    case SocialInsurance::STATE_INSURED:
      return v1::VerifyResponse::ANSWER_VALID;
    case SocialInsurance::STATE_SUSPENDED:
    case SocialInsurance::STATE_ENDED:
      return v1::VerifyResponse::ANSWER_NOT_VALID;
    default:
      return v1::VerifyResponse::ANSWER_UNKNOWN;
  }
}

}  // namespace

std::optional<v1::Violation> CheckSubject(const VerifySubject& subject) {
  if (subject.kind == Certificate::KIND_UNSPECIFIED ||
      !Certificate::Kind_IsValid(subject.kind)) {
    return Fault("FIELD_MISSING", "kind");
  }
  if (subject.scheme == SocialInsurance::SCHEME_UNSPECIFIED) {
    return std::nullopt;
  }
  if (subject.kind != Certificate::KIND_BENEFIT_STATEMENT ||
      !SocialInsurance::Scheme_IsValid(subject.scheme)) {
    return Fault("INVALID_REQUEST", "scheme", "for benefit statements only");
  }
  return std::nullopt;
}

bool MayIssue(std::string_view sector, const VerifySubject& subject) {
  if (subject.scheme != SocialInsurance::SCHEME_UNSPECIFIED) {
    return sector == kLabor;
  }
  switch (subject.kind) {
    case Certificate::KIND_RESIDENCE_PERMIT:
      return sector == kPublicSecurity;
    case Certificate::KIND_VACCINATION:
      return sector == kHealth;
    case Certificate::KIND_BENEFIT_STATEMENT:
      return sector != kHealth;
    default:
      return true;
  }
}

bool MayVerify(std::string_view sector, const VerifySubject& subject) {
  if (sector == kFinance) return false;
  switch (subject.kind) {
    case Certificate::KIND_RESIDENCE_PERMIT:
      return true;
    case Certificate::KIND_SERVICE_CARD:
    case Certificate::KIND_TRAINING:
    case Certificate::KIND_LICENCE:
      return sector != kPublicSecurity;
    case Certificate::KIND_VACCINATION:
      return sector == kHealth || sector == kEducation;
    case Certificate::KIND_BENEFIT_STATEMENT:
      return sector != kPublicSecurity && sector != kCommerce;
    default:
      return false;
  }
}

std::vector<Paper> PapersOf(const store::StoredRecord& record,
                            const VerifySubject& subject) {
  std::vector<Paper> papers;
  if (subject.scheme != SocialInsurance::SCHEME_UNSPECIFIED) {
    AddInsurance(record, subject.scheme, papers);
    return papers;
  }
  AddCertificates(record, subject.kind, papers);
  // Some have a field of their own beside the list.
  if (subject.kind == Certificate::KIND_RESIDENCE_PERMIT) {
    AddPermit(record, papers);
  }
  if (subject.kind == Certificate::KIND_SERVICE_CARD) {
    AddServiceCard(record, papers);
  }
  return papers;
}

std::string ReadPaperNumber(std::string_view given) { return ReadToken(given); }

v1::VerifyResponse::Answer AnswerOf(const Paper& paper, std::string_view number,
                                    codes::Date day) {
  if (!number.empty() && number != paper.number) {
    return v1::VerifyResponse::ANSWER_NOT_VALID;
  }
  if (paper.state.has_value()) return AnswerOf(*paper.state);
  const std::chrono::sys_days today{day};
  bool is_known = true;
  if (paper.from.is_claimed) {
    if (!paper.from.days.has_value()) {
      is_known = false;
    } else if (today < paper.from.days->first) {
      return v1::VerifyResponse::ANSWER_NOT_VALID;
    } else if (today < paper.from.days->last) {
      is_known = false;
    }
  }
  if (paper.until.is_claimed) {
    if (!paper.until.days.has_value()) {
      is_known = false;
    } else if (today > paper.until.days->last) {
      return v1::VerifyResponse::ANSWER_NOT_VALID;
    } else if (today > paper.until.days->first) {
      is_known = false;
    }
  } else if (paper.must_end) {
    is_known = false;
  }
  return is_known ? v1::VerifyResponse::ANSWER_VALID
                  : v1::VerifyResponse::ANSWER_UNKNOWN;
}

std::vector<v1::VerificationDay::Unusual> UnusualOf(
    const AskedOnDay& day, std::span<const AskedOnDay> days) {
  std::vector<v1::VerificationDay::Unusual> unusual;
  int before = 0;
  for (const AskedOnDay& each : days) {
    if (each.day < day.day &&
        each.day >= day.day - std::chrono::days(kUsualDays)) {
      before += each.asked();
    }
  }
  // More than three times before / 28.
  if (day.asked() >= kOftenFrom &&
      day.asked() * kUsualDays > kOftenTimes * before) {
    unusual.push_back(v1::VerificationDay::UNUSUAL_OFTEN);
  }
  if (day.wrong_codes >= kWrongFrom && day.wrong_codes >= day.asked()) {
    unusual.push_back(v1::VerificationDay::UNUSUAL_WRONG_CODES);
  }
  return unusual;
}

}  // namespace waystation::domain
