// SPDX-License-Identifier: Apache-2.0
#include "server/domain/business.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>

#include "proto/codes/grade.h"
#include "proto/codes/registration_number.h"
#include "proto/codes/uscc.h"
#include "server/domain/apply.h"
#include "server/domain/dates.h"
#include "server/domain/predicates.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

using google::protobuf::Message;
using Answer = v1::PredicateAnswer::Answer;

constexpr Answer kYes = v1::PredicateAnswer::ANSWER_YES;
constexpr Answer kNo = v1::PredicateAnswer::ANSWER_NO;
constexpr Answer kUnknown = v1::PredicateAnswer::ANSWER_UNSPECIFIED;

// Generated businesses are of no known division.
bool IsSound(codes::Grade grade) { return grade < codes::Grade::kChecksumFail; }

// What the caller may ask of others' records, resolved person by person.
class Question {
 public:
  Question(const BusinessPredicate& predicate, const Permissions& permissions,
           const RuleBook& rules, codes::Date day)
      : predicate_(predicate),
        permissions_(permissions),
        rules_(rules),
        day_(day) {}

  std::vector<Resolution> Standing(const Insider& insider,
                                   AttributeNumber attribute) const {
    std::vector<Claim> asked;
    for (const Claim& claim : insider.claims->Of(attribute)) {
      if (MayAsk(claim.sector)) asked.push_back(claim);
    }
    return Resolve(rules_.Of(attribute), asked, insider.decisions, day_,
                   Ruling::kCovered);
  }

  codes::Date day() const { return day_; }

 private:
  bool MayAsk(std::string_view sector) const {
    return std::ranges::binary_search(
        permissions_.Of(sector, predicate_.attribute).predicates,
        predicate_.name);
  }

  const BusinessPredicate& predicate_;
  const Permissions& permissions_;
  const RuleBook& rules_;
  const codes::Date day_;
};

Answer OpenState(const Message& value) {
  switch (static_cast<const v1::Business&>(value).state()) {
    case v1::Business::STATE_OPEN:
      return kYes;
    case v1::Business::STATE_CLOSED:
      return kNo;
    default:
      return kUnknown;
  }
}

Answer IsOpen(const Question& question, std::string_view number,
              std::span<const Insider> insiders) {
  Answer answer = kUnknown;
  auto latest = std::numeric_limits<std::int64_t>::min();
  for (const Insider& insider : insiders) {
    for (const Resolution& entry : question.Standing(insider, kBusiness)) {
      const Claim& standing = entry.standing();
      if (static_cast<const v1::Business&>(*standing.value).number() !=
          number) {
        continue;
      }
      const Answer said = Unanimous<Answer>(entry, OpenState);
      if (said == kUnknown || standing.recorded < latest) continue;
      const bool differs = standing.recorded == latest && said != answer;
      answer = differs ? kUnknown : said;
      latest = standing.recorded;
    }
  }
  return answer;
}

// Whether the employment is with this employer, and has not ended.
Answer WorksFor(std::string_view number, const Message& value,
                codes::Date day) {
  const auto& employment = static_cast<const v1::Employment&>(value);
  if (employment.uscc() != number) return kNo;
  if (!employment.has_until()) return kYes;
  const auto until = DaysOf(ToPartial(employment.until()));
  return until && std::chrono::sys_days{day} <= until->last ? kYes : kNo;
}

Answer InsuresSomebody(const Question& question, std::string_view number,
                       std::span<const Insider> insiders) {
  Answer answer = kUnknown;
  for (const Insider& insider : insiders) {
    const auto works_there = [&](const Resolution& resolution) {
      return Unanimous<Answer>(resolution, [&](const Message& value) {
               return WorksFor(number, value, question.day());
             }) == kYes;
    };
    if (!std::ranges::any_of(question.Standing(insider, kEmployment),
                             works_there)) {
      continue;
    }
    for (const Resolution& insurance :
         question.Standing(insider, kSocialInsurance)) {
      const Answer said =
          Unanimous<Answer>(insurance, [&](const Message& value) {
            return AnswerPredicate("insured", value, question.day());
          });
      if (said == kYes) return kYes;
      if (said == kNo) answer = kNo;
    }
  }
  return answer;
}

struct Known {
  BusinessPredicate predicate;
  Answer (*answer)(const Question&, std::string_view, std::span<const Insider>);
};

constexpr auto kKnown = std::to_array<Known>({
    {.predicate = {.name = "business_open",
                   .tie = kBusiness,
                   .attribute = kBusiness},
     .answer = IsOpen},
    {.predicate = {.name = "employer_insured",
                   .tie = kEmployment,
                   .attribute = kSocialInsurance},
     .answer = InsuresSomebody},
});

const Known* Find(std::string_view name) {
  const auto* const place = std::ranges::find_if(
      kKnown, [&](const Known& known) { return known.predicate.name == name; });
  return place == kKnown.end() ? nullptr : place;
}

}  // namespace

std::optional<std::string> ReadBusinessNumber(std::string_view given) {
  codes::Uscc code = codes::ReadUscc(given);
  if (IsSound(code.grade)) return std::move(code.code);
  codes::RegistrationNumber number = codes::ReadRegistrationNumber(given);
  if (IsSound(number.grade)) return std::move(number.number);
  return std::nullopt;
}

std::vector<BusinessTie> BusinessTies(const store::StoredRecord& record) {
  std::vector<BusinessTie> ties;
  const auto add = [&](AttributeNumber attribute, const std::string& text) {
    if (auto number = ReadBusinessNumber(text)) {
      ties.push_back({.attribute = attribute, .number = *std::move(number)});
    }
  };
  if (const auto* work = FindClaim(record, kEmployment)) {
    add(kEmployment, work->value().employment().uscc());
  }
  if (const auto* run = FindClaim(record, kBusiness)) {
    for (const v1::Business& business : run->value().business()) {
      add(kBusiness, business.number());
    }
  }
  std::ranges::sort(ties);
  ties.erase(std::unique(ties.begin(), ties.end()), ties.end());
  return ties;
}

const BusinessPredicate* FindBusinessPredicate(std::string_view name) {
  const Known* known = Find(name);
  return known == nullptr ? nullptr : &known->predicate;
}

Answer AnswerAboutBusiness(const BusinessPredicate& predicate,
                           std::string_view number,
                           std::span<const Insider> insiders,
                           const Permissions& permissions,
                           const RuleBook& rules, codes::Date day) {
  const Known* known = Find(predicate.name);
  return known->answer(Question(predicate, permissions, rules, day), number,
                       insiders);
}

}  // namespace waystation::domain
