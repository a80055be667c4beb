// SPDX-License-Identifier: Apache-2.0
// Certificates that desks ask about with holders' codes, through the hub: what
// a code opens and how often, who gives it out, who may ask, what is counted
// and what is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <fstream>
#include <set>
#include <thread>

#include "google/protobuf/util/time_util.h"
#include "proto/codes/holder_code.h"
#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using google::protobuf::util::TimeUtil;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using v1::Certificate;
using v1::SocialInsurance;
using v1::VerificationDay;
using v1::VerifyResponse;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

class Verify : public testing::Test {
 protected:
  Verify() : Verify(TestHub::Setup{}) {}
  explicit Verify(TestHub::Setup setup) : test_(std::move(setup)) {
    test_.Submit(kPoliceSuzhou,
                 Holder(1).Permit("RP-7", 2027, 5, 1).Card("SC-1"));
    test_.Submit(kLaborSuzhou,
                 Say("L", 1)
                     .Core(kNumber, "王芳", 1990, 3, 7)
                     .Holds(Certificate::KIND_TRAINING, "T-1")
                     .Holds(Certificate::KIND_TRAINING, "T-2", 2020, 1, 1)
                     .Holds(Certificate::KIND_LICENCE, "B 12")
                     .InsuredIn(SocialInsurance::SCHEME_MATERNITY,
                                SocialInsurance::STATE_INSURED)
                     .InsuredIn(SocialInsurance::SCHEME_UNEMPLOYMENT,
                                SocialInsurance::STATE_ENDED));
  }

  Hub& hub() { return test_.hub(); }
  static Say Holder(uint64_t revision) {
    return Say("S", revision).Core(kNumber, "王芳", 1990, 3, 7);
  }

  static v1::IssueCodeRequest Request(
      const std::string& key = "S",
      Certificate::Kind kind = Certificate::KIND_RESIDENCE_PERMIT) {
    v1::IssueCodeRequest request;
    request.mutable_record()->set_record_key(key);
    request.set_kind(kind);
    request.set_asked(v1::IssueCodeRequest::ASKED_IN_PERSON);
    request.set_purpose(v1::PURPOSE_EMPLOYMENT_SERVICE);
    return request;
  }
  absl::StatusOr<v1::IssueCodeResponse> Issue(
      const Caller& caller, const v1::IssueCodeRequest& request) {
    return Await<v1::IssueCodeResponse>(
        [&](auto done) { hub().IssueCode(caller, request, std::move(done)); });
  }
  // For the permit of S, by whose record it is.
  std::string Code(const v1::IssueCodeRequest& request = Request(),
                   std::string_view agency = kPoliceSuzhou) {
    const auto issued = Issue(AgencyCaller(agency), request);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued.ok() ? issued->code() : "";
  }
  static v1::VerifyRequest Question(
      const std::string& code,
      Certificate::Kind kind = Certificate::KIND_RESIDENCE_PERMIT) {
    v1::VerifyRequest request;
    request.set_code(code);
    request.set_kind(kind);
    request.set_purpose(v1::PURPOSE_EMPLOYMENT_SERVICE);
    return request;
  }
  absl::StatusOr<VerifyResponse> Ask(std::string_view agency,
                                     const v1::VerifyRequest& request) {
    return Await<VerifyResponse>([&](auto done) {
      hub().Verify(AgencyCaller(agency), request, std::move(done));
    });
  }
  // The answer by its name, or why there is none.
  std::string Outcome(std::string_view agency,
                      const v1::VerifyRequest& request) {
    const auto answer = Ask(agency, request);
    if (!answer.ok()) return ReasonOf(answer.status());
    return VerifyResponse::Answer_Name(answer->answer());
  }
  absl::StatusOr<v1::WithdrawCodesResponse> Withdraw(
      const Caller& caller, v1::WithdrawCodesRequest request) {
    return Await<v1::WithdrawCodesResponse>([&](auto done) {
      hub().WithdrawCodes(caller, request, std::move(done));
    });
  }
  static v1::WithdrawCodesRequest Of(const std::string& key) {
    v1::WithdrawCodesRequest request;
    request.mutable_record()->set_record_key(key);
    return request;
  }
  v1::ReportVerificationsResponse Report(
      const v1::ReportVerificationsRequest& request = {}) {
    const auto report = hub().ReportVerifications(AuditorCaller(), request);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : v1::ReportVerificationsResponse();
  }
  std::vector<v1::AuditEvent> Leaves() {
    std::vector<v1::AuditEvent> found;
    for (const v1::LoggedEvent& logged : test_.Events()) {
      if (logged.event().kind() == v1::AuditEvent::KIND_HOLDER_CODE) {
        found.push_back(logged.event());
      }
    }
    return found;
  }
  // A code that nobody was given.
  static std::string Guess(uint64_t number) {
    std::array<uint8_t, codes::kHolderCodeBytes> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<uint8_t>(number * 2 >> (8 * i));
    }
    return codes::WriteHolderCode(bytes);
  }

  TestHub test_;
};

TEST_F(Verify, ACodeWorksOnce) {
  const auto issued = Issue(AgencyCaller(kPoliceSuzhou), Request());
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->issuer(), kPoliceSuzhou);
  EXPECT_FALSE(issued->replaces());
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(issued->expire_time()),
            absl::ToUnixMicros(test_.Now() + absl::Minutes(15)));

  const auto answer = Ask(kLaborFuyang, Question(issued->code()));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->answer(), VerifyResponse::ANSWER_VALID);
  EXPECT_TRUE(answer->has_as_of_time());
  ASSERT_THAT(answer->notice(), SizeIs(2));
  EXPECT_EQ(answer->notice(0).language(), "zh");
  EXPECT_EQ(answer->notice(0).text(), "不得因本次查验结果拒绝提供任何服务");
  EXPECT_EQ(answer->notice(1).text(),
            "No service may be refused because of this answer");

  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(Outcome(kLaborFuyang, Question(issued->code())),
              "CODE_NOT_VALID");
    EXPECT_EQ(Outcome(kCommerceSuzhou, Question(issued->code())),
              "CODE_NOT_VALID");
    test_.Restart();
  }
}

TEST_F(Verify, ReadsACodeAsPeopleTypeIt) {
  std::string code = Code();
  for (char& c : code) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  EXPECT_EQ(Outcome(kLaborFuyang, Question(" " + code + " ")), "ANSWER_VALID");
}

TEST_F(Verify, OfTwoDesksOneIsAnswered) {
  for (int round = 0; round < 20; ++round) {
    const std::string code = Code();
    std::multiset<std::string> outcomes;
    std::mutex mutex;
    std::barrier start(2);
    std::vector<std::jthread> desks;
    for (const std::string_view desk : {kLaborFuyang, kCommerceSuzhou}) {
      desks.emplace_back([&, desk] {
        start.arrive_and_wait();
        const std::string outcome = Outcome(desk, Question(code));
        const std::lock_guard lock(mutex);
        outcomes.insert(outcome);
      });
    }
    desks.clear();
    EXPECT_THAT(outcomes, ElementsAre("ANSWER_VALID", "CODE_NOT_VALID"));
  }
}

TEST_F(Verify, ACodeIsForOneKindAndIsNotUsedUpByAnother) {
  const std::string code = Code();
  EXPECT_EQ(
      Outcome(kLaborFuyang, Question(code, Certificate::KIND_SERVICE_CARD)),
      "CODE_NOT_VALID");
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "ANSWER_VALID");
}

TEST_F(Verify, ACodeExpires) {
  v1::IssueCodeRequest request = Request();
  request.mutable_lifetime()->set_seconds(600);
  const std::string early = Code(request);
  test_.Advance(absl::Minutes(10) - absl::Microseconds(1));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(early)), "ANSWER_VALID");
  const std::string late = Code(request);
  test_.Advance(absl::Minutes(10));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(late)), "CODE_NOT_VALID");
  // Those that are over go with the next ones.
  Code(request);
  const auto held = test_.store().ListHolderCodes(std::nullopt, 10);
  ASSERT_TRUE(held.ok());
  EXPECT_THAT(*held, SizeIs(1));
}

TEST_F(Verify, LifetimesAreBounded) {
  for (const auto& [seconds, nanos, reason] :
       {std::tuple(59, 0, "INVALID_REQUEST"),
        {60, 0, ""},
        {3 * 86'400, 0, ""},
        {3 * 86'400 + 1, 0, "INVALID_REQUEST"},
        {60, 1, "INVALID_REQUEST"},
        {-600, 0, "INVALID_REQUEST"}}) {
    v1::IssueCodeRequest request = Request();
    request.mutable_lifetime()->set_seconds(seconds);
    request.mutable_lifetime()->set_nanos(nanos);
    EXPECT_EQ(ReasonOf(Issue(AgencyCaller(kPoliceSuzhou), request).status()),
              reason)
        << seconds;
  }
}

TEST_F(Verify, ANewCodeEndsTheOneBefore) {
  const std::string first = Code();
  const auto second = Issue(AgencyCaller(kPoliceSuzhou), Request());
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->replaces());
  EXPECT_EQ(Outcome(kLaborFuyang, Question(first)), "CODE_NOT_VALID");
  EXPECT_EQ(Outcome(kLaborFuyang, Question(second->code())), "ANSWER_VALID");
  // Of another certificate it ends none.
  v1::IssueCodeRequest training = Request("L", Certificate::KIND_TRAINING);
  training.set_number("T-1");
  const std::string one = Code(training, kLaborSuzhou);
  training.set_number("T-2");
  const std::string two = Code(training, kLaborSuzhou);
  EXPECT_EQ(Outcome(kCommerceSuzhou, Question(one, Certificate::KIND_TRAINING)),
            "ANSWER_VALID");
  EXPECT_EQ(Outcome(kCommerceSuzhou, Question(two, Certificate::KIND_TRAINING)),
            "ANSWER_NOT_VALID");
}

TEST_F(Verify, APreviewGivesNoCode) {
  const std::string code = Code();
  v1::IssueCodeRequest request = Request();
  request.set_validate_only(true);
  const auto preview = Issue(AgencyCaller(kPoliceSuzhou), request);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_EQ(preview->code(), "");
  EXPECT_TRUE(preview->replaces());
  EXPECT_TRUE(preview->has_expire_time());
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "ANSWER_VALID");
}

TEST_F(Verify, TheCertificateIsNamed) {
  const auto reason = [&](const v1::IssueCodeRequest& request) {
    return ReasonOf(Issue(AgencyCaller(kLaborSuzhou), request).status());
  };
  v1::IssueCodeRequest request = Request("L", Certificate::KIND_TRAINING);
  EXPECT_EQ(reason(request), "CERTIFICATE_AMBIGUOUS");
  request.set_entry(3);
  EXPECT_EQ(reason(request), "NOT_AVAILABLE");
  request.set_entry(-1);
  EXPECT_EQ(reason(request), "NOT_AVAILABLE");
  request.set_entry(2);
  EXPECT_EQ(Outcome(kCommerceSuzhou, Question(Code(request, kLaborSuzhou),
                                              Certificate::KIND_TRAINING)),
            "ANSWER_NOT_VALID");
  request.set_number("T-9");
  EXPECT_EQ(reason(request), "NOT_AVAILABLE");
  // However it is spelled; the one on the paper at the desk, too.
  request = Request("L", Certificate::KIND_LICENCE);
  request.set_number(" b12");
  v1::VerifyRequest question =
      Question(Code(request, kLaborSuzhou), Certificate::KIND_LICENCE);
  question.set_number("Ｂ12");
  EXPECT_EQ(Outcome(kCommerceSuzhou, question), "ANSWER_VALID");
  // Another paper than the one that the code is for.
  question.set_code(Code(request, kLaborSuzhou));
  question.set_number("B13");
  EXPECT_EQ(Outcome(kCommerceSuzhou, question), "ANSWER_NOT_VALID");

  EXPECT_EQ(reason(Request("L", Certificate::KIND_VACCINATION)),
            "VERIFY_NOT_ALLOWED");
  EXPECT_EQ(reason(Request("L", Certificate::KIND_SERVICE_CARD)),
            "NOT_AVAILABLE");
  EXPECT_EQ(reason(Request("L", Certificate::KIND_UNSPECIFIED)),
            "FIELD_MISSING");
  EXPECT_EQ(reason(Request("L", static_cast<Certificate::Kind>(7))),
            "FIELD_MISSING");
  EXPECT_EQ(reason(Request("none", Certificate::KIND_TRAINING)),
            "NOT_AVAILABLE");
  request = Request("L", Certificate::KIND_LICENCE);
  request.clear_asked();
  EXPECT_EQ(reason(request), "FIELD_MISSING");
  request = Request("L", Certificate::KIND_LICENCE);
  request.clear_purpose();
  EXPECT_EQ(reason(request), "PURPOSE_MISSING");
}

TEST_F(Verify, StatesInsuranceWithoutAnyBenefitDrawn) {
  v1::IssueCodeRequest request =
      Request("L", Certificate::KIND_BENEFIT_STATEMENT);
  request.set_scheme(SocialInsurance::SCHEME_MATERNITY);
  v1::VerifyRequest question = Question(Code(request, kLaborSuzhou),
                                        Certificate::KIND_BENEFIT_STATEMENT);
  // Not as another statement.
  EXPECT_EQ(Outcome(kHealthSuzhou, question), "CODE_NOT_VALID");
  question.set_scheme(SocialInsurance::SCHEME_PENSION_EMPLOYEE);
  EXPECT_EQ(Outcome(kHealthSuzhou, question), "CODE_NOT_VALID");
  question.set_scheme(SocialInsurance::SCHEME_MATERNITY);
  EXPECT_EQ(Outcome(kHealthSuzhou, question), "ANSWER_VALID");

  request.set_scheme(SocialInsurance::SCHEME_UNEMPLOYMENT);
  question.set_scheme(SocialInsurance::SCHEME_UNEMPLOYMENT);
  question.set_code(Code(request, kLaborSuzhou));
  EXPECT_EQ(Outcome(kLaborFuyang, question), "ANSWER_NOT_VALID");
  request.set_scheme(SocialInsurance::SCHEME_WORK_INJURY);
  EXPECT_EQ(ReasonOf(Issue(AgencyCaller(kLaborSuzhou), request).status()),
            "NOT_AVAILABLE");
  // Of nothing but a statement, and by nobody but those who insure.
  request = Request();
  request.set_scheme(SocialInsurance::SCHEME_MATERNITY);
  EXPECT_EQ(ReasonOf(Issue(AgencyCaller(kPoliceSuzhou), request).status()),
            "INVALID_REQUEST");
  request.set_kind(Certificate::KIND_BENEFIT_STATEMENT);
  EXPECT_EQ(ReasonOf(Issue(AgencyCaller(kPoliceSuzhou), request).status()),
            "VERIFY_NOT_ALLOWED");
}

TEST_F(Verify, ASectorThatMayNotAskDoesNotTouchTheCode) {
  v1::IssueCodeRequest request =
      Request("L", Certificate::KIND_BENEFIT_STATEMENT);
  request.set_scheme(SocialInsurance::SCHEME_MATERNITY);
  v1::VerifyRequest question = Question(Code(request, kLaborSuzhou),
                                        Certificate::KIND_BENEFIT_STATEMENT);
  question.set_scheme(SocialInsurance::SCHEME_MATERNITY);
  EXPECT_EQ(Outcome(kPoliceFuyang, question), "VERIFY_NOT_ALLOWED");
  EXPECT_EQ(Outcome(kCommerceSuzhou, question), "VERIFY_NOT_ALLOWED");
  EXPECT_EQ(Outcome(kHealthSuzhou, question), "ANSWER_VALID");
  // Whether or not there is a code.
  for (const Certificate::Kind kind :
       {Certificate::KIND_TRAINING, Certificate::KIND_LICENCE,
        Certificate::KIND_SERVICE_CARD, Certificate::KIND_VACCINATION}) {
    EXPECT_EQ(Outcome(kPoliceFuyang, Question(Guess(1), kind)),
              "VERIFY_NOT_ALLOWED");
  }
  EXPECT_EQ(Outcome(kPoliceFuyang, Question(Code())), "ANSWER_VALID");
}

TEST_F(Verify, CodesComeFromWhomTheyConcern) {
  v1::IssueCodeRequest request = Request();
  // Nobody gives out codes for another agency's record, nor learns of it.
  for (const std::string_view other : {kPoliceFuyang, kLaborSuzhou}) {
    EXPECT_EQ(ReasonOf(Issue(AgencyCaller(other), request).status()),
              "NOT_AVAILABLE");
    request.mutable_record()->set_agency(std::string(kPoliceSuzhou));
    EXPECT_EQ(ReasonOf(Issue(AgencyCaller(other), request).status()),
              "NOT_AVAILABLE");
    request.mutable_record()->clear_agency();
  }
  EXPECT_TRUE(Issue(ClerkOf(kPoliceSuzhou, "li"), request).ok());
  for (const Caller& caller : {OperatorCaller(), AuditorCaller()}) {
    EXPECT_EQ(ReasonOf(Issue(caller, request).status()), "WRONG_ROLE");
  }
  // The office names agency and number, so that it learns nothing else.
  EXPECT_EQ(ReasonOf(Issue(OfficeCaller(), request).status()), "FIELD_MISSING");
  request.mutable_record()->set_agency(std::string(kPoliceSuzhou));
  EXPECT_EQ(ReasonOf(Issue(OfficeCaller(), request).status()), "FIELD_MISSING");
  request.set_number("RP-8");
  EXPECT_EQ(ReasonOf(Issue(OfficeCaller(), request).status()), "NOT_AVAILABLE");
  request.set_number("RP-7");
  const auto issued = Issue(OfficeCaller(), request);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(Outcome(kLaborFuyang, Question(issued->code())), "ANSWER_VALID");
  request.mutable_record()->set_agency("police.none");
  EXPECT_EQ(ReasonOf(Issue(OfficeCaller(), request).status()), "NOT_AVAILABLE");

  for (const Caller& caller :
       {OfficeCaller(), OperatorCaller(), AuditorCaller()}) {
    const auto asked = Await<VerifyResponse>([&](auto done) {
      hub().Verify(caller, Question(Guess(1)), std::move(done));
    });
    EXPECT_EQ(ReasonOf(asked.status()), "WRONG_ROLE");
  }
}

TEST_F(Verify, TheAnswerIsThatOfTheDay) {
  v1::IssueCodeRequest request = Request();
  request.mutable_lifetime()->set_seconds(86'400);
  // The permit's last day, and the day after, in China.
  test_.SetTime(absl::FromCivil(absl::CivilSecond(2027, 5, 1, 23, 0, 0),
                                absl::FixedTimeZone(8 * 3600)));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(Code(request))), "ANSWER_VALID");
  const std::string code = Code(request);
  test_.Advance(absl::Hours(1));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "ANSWER_NOT_VALID");
  // What its agency no longer says, nobody knows.
  const std::string other = Code(request);
  test_.Submit(kPoliceSuzhou, Say("S", 2).TakeBack("residence_permit"));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(other)), "ANSWER_UNKNOWN");
}

TEST_F(Verify, CodesAreTakenBack) {
  const std::string permit = Code();
  const std::string card = Code(Request("S", Certificate::KIND_SERVICE_CARD));
  v1::WithdrawCodesRequest request = Of("S");
  request.set_validate_only(true);
  EXPECT_EQ(Withdraw(AgencyCaller(kPoliceSuzhou), request)->codes(), 2);
  request.set_validate_only(false);
  request.set_kind(Certificate::KIND_SERVICE_CARD);
  EXPECT_EQ(ReasonOf(Withdraw(AgencyCaller(kLaborSuzhou), request).status()),
            "NOT_AVAILABLE");
  EXPECT_EQ(Withdraw(ClerkOf(kPoliceSuzhou, "li"), request)->codes(), 1);
  EXPECT_EQ(
      Outcome(kLaborFuyang, Question(card, Certificate::KIND_SERVICE_CARD)),
      "CODE_NOT_VALID");
  request.clear_kind();
  request.mutable_record()->set_agency(std::string(kPoliceSuzhou));
  EXPECT_EQ(Withdraw(OfficeCaller(), request)->codes(), 1);
  EXPECT_EQ(Outcome(kLaborFuyang, Question(permit)), "CODE_NOT_VALID");
  EXPECT_EQ(Withdraw(OfficeCaller(), request)->codes(), 0);
}

TEST_F(Verify, ErasureEndsCodesForGood) {
  const std::string code = Code();
  test_.Submit(
      kPoliceSuzhou,
      Say("S", 2).Retract(v1::RecordRetraction::REASON_ERASURE_REQUESTED));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "CODE_NOT_VALID");
  // Also where the record comes back.
  test_.Submit(kPoliceSuzhou, Holder(3).Permit("RP-7", 2027, 5, 1));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "CODE_NOT_VALID");
  EXPECT_EQ(Outcome(kLaborFuyang, Question(Code())), "ANSWER_VALID");
}

TEST_F(Verify, ARetractionOfBeforeEndsNoCode) {
  test_.Submit(kPoliceSuzhou, Holder(5).Permit("RP-7", 2027, 5, 1));
  const std::string code = Code();
  test_.Submit(kPoliceSuzhou,
               Say("S", 4).Retract(v1::RecordRetraction::REASON_MOVED_OUT));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "ANSWER_VALID");
}

TEST_F(Verify, AMillionGuessesComeToNothing) {
  const std::string code = Code();
  constexpr int kLimit = 50;
  int wrong = 0;
  int refused = 0;
  // What is over the limit never reaches the store, so a million would take a
  // while and say no more.
  for (uint64_t guess = 1; guess <= 5'000; ++guess) {
    const std::string outcome = Outcome(kLaborFuyang, Question(Guess(guess)));
    wrong += outcome == "CODE_NOT_VALID" ? 1 : 0;
    refused += outcome == "TOO_MANY_WRONG_CODES" ? 1 : 0;
  }
  EXPECT_EQ(wrong, kLimit);
  EXPECT_EQ(refused, 5'000 - kLimit);
  // The right one is not told apart either, and a restart forgets nothing.
  EXPECT_EQ(Outcome(kLaborFuyang, Question(code)), "TOO_MANY_WRONG_CODES");
  test_.Restart();
  const auto answer = Ask(kLaborFuyang, Question(code));
  EXPECT_EQ(ReasonOf(answer.status()), "TOO_MANY_WRONG_CODES");
  EXPECT_GT(errors::RetryAfter(answer.status()), absl::ZeroDuration());
  EXPECT_LE(errors::RetryAfter(answer.status()), absl::Hours(24));
  // Others go on; the next day it may ask again.
  EXPECT_EQ(Outcome(kCommerceSuzhou, Question(code)), "ANSWER_VALID");
  test_.Advance(errors::RetryAfter(answer.status()));
  EXPECT_EQ(Outcome(kLaborFuyang, Question(Code())), "ANSWER_VALID");

  int leaves = 0;
  for (const v1::AuditEvent& leaf : Leaves()) {
    leaves += leaf.reason() == "CODE_NOT_VALID" ? 1 : 0;
  }
  EXPECT_EQ(leaves, kLimit);
}

TEST_F(Verify, GuessesAtOnceAreBoundedToo) {
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> desks;
  for (uint64_t desk = 0; desk < 8; ++desk) {
    desks.emplace_back([&, desk] {
      for (uint64_t guess = 1; guess <= 40; ++guess) {
        wrong += Outcome(kLaborFuyang, Question(Guess(desk << 20 | guess))) ==
                 "CODE_NOT_VALID";
      }
    });
  }
  desks.clear();
  EXPECT_EQ(wrong, 50);
}

TEST_F(Verify, AMistypedCodeIsNoGuess) {
  std::string code = Code();
  code[0] = code[0] == '7' ? '8' : '7';
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Outcome(kLaborFuyang, Question(code)), "CODE_MISTYPED");
  }
  for (const char* typed : {"", "7K3M", "7K3M-9QXW-2F8D-1", "一二三四"}) {
    EXPECT_EQ(Outcome(kLaborFuyang, Question(typed)), "CODE_MISTYPED");
  }
  EXPECT_THAT(Report().days(), IsEmpty());
}

TEST_F(Verify, ReportsWhoAsksHowOften) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Outcome(kLaborFuyang, Question(Code())), "ANSWER_VALID");
  }
  for (uint64_t i = 1; i <= 6; ++i) {
    Outcome(kCommerceSuzhou, Question(Guess(i)));
  }
  EXPECT_EQ(Outcome(kHealthSuzhou, Question(Code())), "ANSWER_VALID");
  for (int life = 0; life < 2; ++life) {
    const auto report = Report();
    EXPECT_EQ(report.most_wrong_codes(), 50);
    ASSERT_THAT(report.days(), SizeIs(3));
    EXPECT_EQ(report.days(0).agency(), kCommerceSuzhou);
    EXPECT_EQ(report.days(0).wrong_codes(), 6);
    EXPECT_THAT(report.days(0).unusual(),
                ElementsAre(VerificationDay::UNUSUAL_WRONG_CODES));
    EXPECT_EQ(report.days(1).agency(), kHealthSuzhou);
    EXPECT_THAT(report.days(1).unusual(), IsEmpty());
    EXPECT_EQ(report.days(2).agency(), kLaborFuyang);
    EXPECT_EQ(report.days(2).valid(), 20);
    EXPECT_THAT(report.days(2).unusual(),
                ElementsAre(VerificationDay::UNUSUAL_OFTEN));
    test_.Restart();
  }
  v1::ReportVerificationsRequest request;
  request.set_unusual_only(true);
  request.set_page_size(1);
  std::vector<std::string> agencies;
  do {
    const auto page = Report(request);
    ASSERT_LE(page.days_size(), 1);
    for (const auto& day : page.days()) agencies.push_back(day.agency());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(agencies, ElementsAre(kCommerceSuzhou, kLaborFuyang));
  request.Clear();
  request.set_agency(std::string(kHealthSuzhou));
  EXPECT_THAT(Report(request).days(), SizeIs(1));

  test_.Advance(absl::Hours(24));
  request.Clear();
  request.set_days(1);
  EXPECT_THAT(Report(request).days(), IsEmpty());
  request.set_days(93);
  EXPECT_EQ(
      ReasonOf(hub().ReportVerifications(OfficeCaller(), request).status()),
      "INVALID_REQUEST");
  for (const Caller& caller : {AgencyCaller(kLaborFuyang), OperatorCaller()}) {
    EXPECT_EQ(ReasonOf(hub().ReportVerifications(caller, {}).status()),
              "WRONG_ROLE");
  }
}

TEST_F(Verify, LeavesATraceThatNamesNoPerson) {
  const std::string code = Code();
  Outcome(kLaborFuyang, Question(code));
  Outcome(kLaborFuyang, Question(code));
  EXPECT_EQ(Withdraw(AgencyCaller(kPoliceSuzhou), Of("S"))->codes(), 0);
  const auto leaves = Leaves();
  ASSERT_THAT(leaves, SizeIs(3));
  EXPECT_EQ(leaves[0].act(), "VerifyService.IssueCode");
  EXPECT_EQ(leaves[0].agency(), kPoliceSuzhou);
  EXPECT_EQ(leaves[0].object(), "residence_permit");
  EXPECT_THAT(leaves[0].attributes(), ElementsAre("residence_permit"));
  EXPECT_EQ(leaves[0].details_root().size(), 32U);
  EXPECT_EQ(leaves[1].act(), "VerifyService.Verify");
  EXPECT_EQ(leaves[1].actor(), AgencyCaller(kLaborFuyang).path);
  // The issuer does not learn where its certificate was shown.
  EXPECT_EQ(leaves[1].agency(), kLaborFuyang);
  EXPECT_EQ(leaves[1].purpose(), v1::PURPOSE_EMPLOYMENT_SERVICE);
  EXPECT_EQ(leaves[1].details_root().size(), 32U);
  EXPECT_EQ(leaves[1].reason(), "");
  EXPECT_EQ(leaves[2].reason(), "CODE_NOT_VALID");
  EXPECT_EQ(leaves[2].details_root(), "");

  // The code is nowhere, nor whose it was.
  test_.Stop();
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test_.folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(code), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find(*codes::ReadHolderCode(code)), std::string::npos)
        << entry.path();
    EXPECT_EQ(bytes.find("RP-7"), std::string::npos) << entry.path();
  }
}

class RestoredVerify : public Verify {
 protected:
  RestoredVerify() : Verify({.rules = {}, .backups = true}) {}
};

TEST_F(RestoredVerify, WhatWasUsedSinceTheBackupStaysUsed) {
  v1::IssueCodeRequest request = Request();
  request.mutable_lifetime()->set_seconds(86'400);
  const std::string used = Code(request);
  request.set_kind(Certificate::KIND_SERVICE_CARD);
  const std::string open = Code(request);
  request = Request("L", Certificate::KIND_LICENCE);
  request.mutable_lifetime()->set_seconds(86'400);
  const std::string taken_back = Code(request, kLaborSuzhou);
  const auto backup = hub().CreateBackup(OperatorCaller());
  ASSERT_TRUE(backup.ok()) << backup.status();

  EXPECT_EQ(Outcome(kLaborFuyang, Question(used)), "ANSWER_VALID");
  EXPECT_EQ(Withdraw(AgencyCaller(kLaborSuzhou), Of("L"))->codes(), 1);
  const absl::Status restored = test_.TryRestore(backup->backup().name());
  ASSERT_TRUE(restored.ok()) << restored;
  EXPECT_EQ(Outcome(kLaborFuyang, Question(used)), "CODE_NOT_VALID");
  EXPECT_EQ(
      Outcome(kHealthSuzhou, Question(taken_back, Certificate::KIND_LICENCE)),
      "CODE_NOT_VALID");
  EXPECT_EQ(
      Outcome(kLaborFuyang, Question(open, Certificate::KIND_SERVICE_CARD)),
      "ANSWER_VALID");
}

TEST_F(RestoredVerify, WhatTheJournalMissedIsMadeUpForAtTheNextStart) {
  v1::IssueCodeRequest request = Request();
  request.mutable_lifetime()->set_seconds(86'400);
  const std::string used = Code(request);
  const auto backup = hub().CreateBackup(OperatorCaller());
  ASSERT_TRUE(backup.ok()) << backup.status();
  // As a crash between the commit and the journal leaves it.
  const auto journal = test_.folder() / "journal" / "administration.jsonl";
  const auto size = std::filesystem::file_size(journal);
  EXPECT_EQ(Outcome(kLaborFuyang, Question(used)), "ANSWER_VALID");
  test_.Stop();
  ASSERT_GT(std::filesystem::file_size(journal), size);
  std::filesystem::resize_file(journal, size);
  ASSERT_EQ(test_.TryStart(), absl::OkStatus());
  const absl::Status restored = test_.TryRestore(backup->backup().name());
  ASSERT_TRUE(restored.ok()) << restored;
  EXPECT_EQ(Outcome(kLaborFuyang, Question(used)), "CODE_NOT_VALID");
}

}  // namespace
}  // namespace waystation::hub
