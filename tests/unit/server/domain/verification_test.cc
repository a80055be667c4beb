// SPDX-License-Identifier: Apache-2.0
#include "server/domain/verification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/domain/apply.h"

namespace waystation::domain {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using v1::Certificate;
using v1::SocialInsurance;
using v1::VerificationDay;
using v1::VerifyResponse;

constexpr codes::Date kToday{std::chrono::year(2026), std::chrono::month(11),
                             std::chrono::day(28)};

constexpr std::string_view kSectors[] = {
    "public_security", "health",  "labor",  "commerce",
    "education",       "housing", "finance"};

VerifySubject Of(
    Certificate::Kind kind,
    SocialInsurance::Scheme scheme = SocialInsurance::SCHEME_UNSPECIFIED) {
  return {.kind = kind, .scheme = scheme};
}

v1::Date Day(int year, int month = 0, int day = 0) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

// P, H, L, C, E, O, F: the sectors above for which it is so.
template <typename May>
std::string Who(May may, const VerifySubject& subject) {
  std::string who;
  for (std::size_t i = 0; i < std::size(kSectors); ++i) {
    if (may(kSectors[i], subject)) who += "PHLCEOF"[i];
  }
  return who;
}

TEST(Verification, KindsHaveTheirIssuersAndDesks) {
  const struct {
    VerifySubject subject;
    std::string_view issuers;
    std::string_view desks;
  } cases[] = {
      {Of(Certificate::KIND_RESIDENCE_PERMIT), "P", "PHLCEO"},
      {Of(Certificate::KIND_SERVICE_CARD), "PHLCEOF", "HLCEO"},
      {Of(Certificate::KIND_TRAINING), "PHLCEOF", "HLCEO"},
      {Of(Certificate::KIND_LICENCE), "PHLCEOF", "HLCEO"},
      {Of(Certificate::KIND_VACCINATION), "H", "HE"},
      {Of(Certificate::KIND_BENEFIT_STATEMENT), "PLCEOF", "HLEO"},
      {Of(Certificate::KIND_BENEFIT_STATEMENT,
          SocialInsurance::SCHEME_MATERNITY),
       "L", "HLEO"},
  };
  std::vector<int> kinds;
  for (const auto& [subject, issuers, desks] : cases) {
    EXPECT_EQ(Who(MayIssue, subject), issuers) << subject.kind;
    EXPECT_EQ(Who(MayVerify, subject), desks) << subject.kind;
    EXPECT_EQ(CheckSubject(subject), std::nullopt) << subject.kind;
    if (kinds.empty() || kinds.back() != subject.kind) {
      kinds.push_back(subject.kind);
    }
  }
  // A kind that is added has to be decided on here.
  const auto* const all = Certificate::Kind_descriptor();
  EXPECT_EQ(static_cast<int>(kinds.size()), all->value_count() - 1);
  // Nobody asks about what is none of them.
  EXPECT_EQ(Who(MayVerify, Of(Certificate::KIND_UNSPECIFIED)), "");
}

TEST(Verification, KindsAreAClosedList) {
  EXPECT_EQ(CheckSubject({})->field(), "kind");
  EXPECT_EQ(CheckSubject(Of(static_cast<Certificate::Kind>(7)))->field(),
            "kind");
  for (const auto& subject :
       {Of(Certificate::KIND_TRAINING, SocialInsurance::SCHEME_MATERNITY),
        Of(Certificate::KIND_BENEFIT_STATEMENT,
           static_cast<SocialInsurance::Scheme>(99))}) {
    EXPECT_EQ(CheckSubject(subject)->field(), "scheme");
  }
  // Domain facts 5.2: none of these can be asked about, since none can be said.
  const auto* const kinds = Certificate::Kind_descriptor();
  for (int i = 0; i < kinds->value_count(); ++i) {
    const std::string& name = kinds->value(i)->name();
    for (const char* refused :
         {"MARRIAGE", "BIRTH", "FERTILITY", "PREGNANCY", "CONTRACEPTION"}) {
      EXPECT_EQ(name.find(refused), std::string::npos) << name;
    }
  }
}

TEST(Verification, AnswersForTheDay) {
  const struct {
    std::string_view name;
    Certificate::Kind kind;
    v1::Date from;
    v1::Date until;
    VerifyResponse::Answer want;
  } cases[] = {
      {"no dates",
       Certificate::KIND_TRAINING,
       {},
       {},
       VerifyResponse::ANSWER_VALID},
      {"a permit has an end",
       Certificate::KIND_RESIDENCE_PERMIT,
       {},
       {},
       VerifyResponse::ANSWER_UNKNOWN},
      {"its last day",
       Certificate::KIND_RESIDENCE_PERMIT,
       {},
       Day(2026, 11, 28),
       VerifyResponse::ANSWER_VALID},
      {"the day after",
       Certificate::KIND_RESIDENCE_PERMIT,
       {},
       Day(2026, 11, 27),
       VerifyResponse::ANSWER_NOT_VALID},
      {"its first day",
       Certificate::KIND_LICENCE,
       Day(2026, 11, 28),
       {},
       VerifyResponse::ANSWER_VALID},
      {"the day before",
       Certificate::KIND_LICENCE,
       Day(2026, 11, 29),
       {},
       VerifyResponse::ANSWER_NOT_VALID},
      {"some day of this month",
       Certificate::KIND_LICENCE,
       Day(2026, 11),
       {},
       VerifyResponse::ANSWER_UNKNOWN},
      {"some day of this year",
       Certificate::KIND_LICENCE,
       {},
       Day(2026),
       VerifyResponse::ANSWER_UNKNOWN},
      {"last year",
       Certificate::KIND_LICENCE,
       {},
       Day(2025),
       VerifyResponse::ANSWER_NOT_VALID},
      {"some day of next year", Certificate::KIND_LICENCE, Day(2020), Day(2027),
       VerifyResponse::ANSWER_VALID},
      {"over, whenever it began", Certificate::KIND_LICENCE, Day(2026),
       Day(2026, 10), VerifyResponse::ANSWER_NOT_VALID},
  };
  for (const auto& [name, kind, from, until, want] : cases) {
    SCOPED_TRACE(name);
    store::StoredRecord record;
    store::StoredClaim& claim = *record.add_claims();
    claim.set_attribute(kCertificates);
    Certificate& certificate = *claim.mutable_value()->add_certificates();
    certificate.set_kind(kind);
    certificate.set_number("A-1");
    if (from.year() != 0) *certificate.mutable_valid_from() = from;
    if (until.year() != 0) *certificate.mutable_valid_until() = until;
    const std::vector<Paper> papers = PapersOf(record, Of(kind));
    ASSERT_THAT(papers, SizeIs(1));
    EXPECT_EQ(AnswerOf(papers[0], {}, kToday), want);
    EXPECT_EQ(AnswerOf(papers[0], "A-1", kToday), want);
    EXPECT_EQ(AnswerOf(papers[0], "A-2", kToday),
              VerifyResponse::ANSWER_NOT_VALID);
    for (const auto other :
         {Certificate::KIND_SERVICE_CARD, Certificate::KIND_VACCINATION}) {
      EXPECT_THAT(PapersOf(record, Of(other)), IsEmpty());
    }
  }
}

TEST(Verification, FindsPapersThatHaveAFieldOfTheirOwn) {
  store::StoredRecord record;
  store::StoredClaim* claim = record.add_claims();
  claim->set_attribute(kResidencePermit);
  claim->set_grade(v1::GRADE_OK);
  claim->mutable_value()->mutable_residence_permit()->set_number("RP-1");
  claim = record.add_claims();
  claim->set_attribute(kSocialInsurance);
  claim->set_grade(v1::GRADE_OK);
  auto& scheme =
      *claim->mutable_value()->mutable_social_insurance()->add_schemes();
  scheme.set_scheme(SocialInsurance::SCHEME_MATERNITY);
  claim = record.add_claims();
  claim->set_attribute(kServiceCard);
  claim->set_grade(v1::GRADE_OK);
  claim->mutable_value()->mutable_service_card()->set_number("SC-1");
  *claim->mutable_value()->mutable_service_card()->mutable_issued() =
      Day(2026, 12, 1);

  auto papers = PapersOf(record, Of(Certificate::KIND_RESIDENCE_PERMIT));
  ASSERT_THAT(papers, SizeIs(1));
  EXPECT_EQ(papers[0].attribute, kResidencePermit);
  EXPECT_EQ(papers[0].number, "RP-1");
  papers = PapersOf(record, Of(Certificate::KIND_SERVICE_CARD));
  ASSERT_THAT(papers, SizeIs(1));
  EXPECT_EQ(AnswerOf(papers[0], {}, kToday), VerifyResponse::ANSWER_NOT_VALID);

  const VerifySubject maternity = Of(Certificate::KIND_BENEFIT_STATEMENT,
                                     SocialInsurance::SCHEME_MATERNITY);
  for (const auto& [state, want] :
       {std::pair(SocialInsurance::STATE_UNSPECIFIED,
                  VerifyResponse::ANSWER_UNKNOWN),
        {SocialInsurance::STATE_INSURED, VerifyResponse::ANSWER_VALID},
        {SocialInsurance::STATE_SUSPENDED, VerifyResponse::ANSWER_NOT_VALID},
        {SocialInsurance::STATE_ENDED, VerifyResponse::ANSWER_NOT_VALID}}) {
    scheme.set_state(state);
    papers = PapersOf(record, maternity);
    ASSERT_THAT(papers, SizeIs(1));
    EXPECT_EQ(AnswerOf(papers[0], {}, kToday), want) << state;
    // It has no number, so none is it.
    EXPECT_EQ(AnswerOf(papers[0], "1", kToday),
              VerifyResponse::ANSWER_NOT_VALID);
  }
  EXPECT_THAT(PapersOf(record, Of(Certificate::KIND_BENEFIT_STATEMENT)),
              IsEmpty());
}

TEST(Verification, FlagsWhatIsUnusual) {
  const sys_days today{kToday};
  // `each` valid answers on each of the 28 days before, and today.
  const auto unusual = [&](int each, AskedOnDay asked) {
    std::vector<AskedOnDay> all;
    for (int before = 1; before <= kUsualDays; ++before) {
      all.push_back({.day = today - days(before), .valid = each});
    }
    // What lies further back, and what comes after, does not count.
    all.push_back({.day = today - days(kUsualDays + 1), .valid = 100'000});
    all.push_back({.day = today + days(1), .valid = 100'000});
    asked.day = today;
    all.push_back(asked);
    return UnusualOf(asked, all);
  };
  constexpr auto kOften = VerificationDay::UNUSUAL_OFTEN;
  constexpr auto kWrong = VerificationDay::UNUSUAL_WRONG_CODES;
  EXPECT_THAT(unusual(0, {.valid = 19}), IsEmpty());
  EXPECT_THAT(unusual(0, {.valid = 10, .not_valid = 6, .unknown = 4}),
              ElementsAre(kOften));
  EXPECT_THAT(unusual(10, {.valid = 30}), IsEmpty());
  EXPECT_THAT(unusual(10, {.valid = 31}), ElementsAre(kOften));
  EXPECT_THAT(unusual(1, {.wrong_codes = 4}), IsEmpty());
  EXPECT_THAT(unusual(1, {.valid = 6, .wrong_codes = 5}), IsEmpty());
  EXPECT_THAT(unusual(1, {.valid = 5, .wrong_codes = 5}), ElementsAre(kWrong));
  EXPECT_THAT(unusual(1, {.valid = 20, .wrong_codes = 20}),
              ElementsAre(kOften, kWrong));
}

}  // namespace
}  // namespace waystation::domain
