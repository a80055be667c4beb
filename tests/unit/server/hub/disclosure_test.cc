// SPDX-License-Identifier: Apache-2.0
// Who learns what, by which way: views, matches, mailboxes, refusals and the
// bytes on disk. Real agreements, the ceiling's default set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "proto/agreement/ceiling.h"
#include "proto/errors/error.h"
#include "server/domain/attributes.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

Say Core(std::string_view key) {
  return Say(key, 1).Core(kNumber, "王芳", 1990, 3, 7);
}

// Reads all that waits and takes it as read.
std::vector<v1::MailboxEntry> Empty(TestHub& test, std::string_view agency) {
  const auto page = test.Pull(agency);
  EXPECT_TRUE(page.ok()) << page.status();
  v1::AcknowledgeRequest request;
  request.set_page_token(page->last_token());
  EXPECT_TRUE(test.hub().Acknowledge(AgencyCaller(agency), request).ok());
  return {page->entries().begin(), page->entries().end()};
}

std::string SectorOf(std::string_view agency) {
  return std::string(agency.substr(0, agency.find('.')));
}

// --- the first case of all ---

TEST(Disclosure, NewerAddressOfAClinicOrEmployerNeverReachesPolice) {
  for (const std::string_view teller :
       {kHealthSuzhou, kLaborSuzhou, kCommerceSuzhou}) {
    SCOPED_TRACE(teller);
    TestHub test;
    for (const std::string_view police : {kPoliceFuyang, kPoliceSuzhou}) {
      test.Submit(police, Core("P").Lives("320505", "新市路1号"));
    }
    test.Submit(teller, Core("T"));
    Empty(test, kPoliceFuyang);
    Empty(test, kPoliceSuzhou);
    const auto before =
        test.GetPerson(kPoliceFuyang, "P", v1::PURPOSE_RESIDENCE_REGISTRATION);
    ASSERT_TRUE(before.ok()) << before.status();

    const auto mailbox_before =
        test.hub().GetMailbox(AgencyCaller(kPoliceFuyang));
    int woken = 0;
    const auto watch =
        test.hub().WatchMailbox(AgencyCaller(kPoliceFuyang), {},
                                {.wake = [&] { ++woken; }, .take = nullptr});
    test.Advance(absl::Hours(1));
    test.Submit(teller, Say("T", 2)
                            .Lives("320506", "木渎镇9号")
                            .Phone("13900001234")
                            .Works("苏州电子厂")
                            .ValidFrom(2026, 5, 1));
    // Not the address, not that there is one, not that anything happened.
    EXPECT_THAT(Empty(test, kPoliceFuyang), IsEmpty());
    EXPECT_THAT(Empty(test, kPoliceSuzhou), IsEmpty());
    EXPECT_EQ(woken, 0);
    EXPECT_EQ(test.hub().GetMailbox(AgencyCaller(kPoliceFuyang))->waiting(),
              mailbox_before->waiting());
    const auto after =
        test.GetPerson(kPoliceFuyang, "P", v1::PURPOSE_RESIDENCE_REGISTRATION);
    ASSERT_TRUE(after.ok());
    EXPECT_EQ(after->view().SerializeAsString(),
              before->view().SerializeAsString());
    v1::MatchClaimRequest match;
    match.set_record_key("P");
    match.set_purpose(v1::PURPOSE_RESIDENCE_REGISTRATION);
    match.set_attribute("residence");
    match.mutable_offered()->mutable_residence()->set_division("320506");
    const auto matched = Await<v1::MatchClaimResponse>([&](auto done) {
      test.hub().MatchClaim(AgencyCaller(kPoliceFuyang), match,
                            std::move(done));
    });
    ASSERT_TRUE(matched.ok()) << matched.status();
    EXPECT_NE(matched->answer(), v1::MatchClaimResponse::ANSWER_MATCH);
  }
}

// --- asking before a record is made ---

v1::LookUpPersonRequest Presented(std::string_view agency) {
  v1::LookUpPersonRequest request;
  request.set_purpose(PurposeOf(agency));
  v1::Person& offered = *request.mutable_offered();
  v1::Identifier& identifier = *offered.add_identifiers();
  identifier.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
  identifier.set_number(kNumber);
  offered.mutable_name()->set_full("王芳");
  v1::Date& date = *offered.mutable_birth_date()->mutable_date();
  date.set_year(1990);
  date.set_month(3);
  date.set_day(7);
  offered.mutable_sex()->set_value(v1::SEX_FEMALE);
  return request;
}

absl::StatusOr<v1::LookUpPersonResponse> LookUp(
    TestHub& test, std::string_view agency,
    const v1::LookUpPersonRequest& request) {
  return Await<v1::LookUpPersonResponse>([&](auto done) {
    test.hub().LookUpPerson(AgencyCaller(agency), request, std::move(done));
  });
}

// "name=MATCH birth_date=DIFFERS", without what is unknown.
std::string Known(const absl::StatusOr<v1::LookUpPersonResponse>& response) {
  EXPECT_TRUE(response.ok()) << response.status();
  if (!response.ok()) return "";
  std::string known;
  for (const v1::AttributeAnswer& one : response->answers()) {
    if (one.answer() == v1::MatchClaimResponse::ANSWER_UNSPECIFIED) continue;
    known +=
        one.attribute() + (one.answer() == v1::MatchClaimResponse::ANSWER_MATCH
                               ? "=match "
                               : "=differs ");
  }
  return known;
}

TEST(LookUp, SaysWhatMatchClaimWouldOnceTheRecordIsMade) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("P").Sex(v1::SEX_MALE).Lives("320505", "x"));
  v1::LookUpPersonRequest request = Presented(kLaborSuzhou);
  request.mutable_offered()->mutable_contact()->add_phones("13900001234");
  const auto before = LookUp(test, kLaborSuzhou, request);
  EXPECT_EQ(Known(before), "name=match sex=differs birth_date=match ");
  EXPECT_EQ(before->record_key(), "");
  EXPECT_EQ(before->handle(), "");

  test.Submit(kLaborSuzhou, Core("L"));
  const auto after = LookUp(test, kLaborSuzhou, request);
  EXPECT_EQ(after->record_key(), "L");
  const auto shown = test.GetPerson(kLaborSuzhou, "L", PurposeOf(kLaborSuzhou));
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(after->handle(), shown->view().handle());
  for (const v1::AttributeAnswer& one : after->answers()) {
    SCOPED_TRACE(one.attribute());
    v1::MatchClaimRequest match;
    match.set_record_key("L");
    match.set_purpose(PurposeOf(kLaborSuzhou));
    match.set_attribute(one.attribute());
    const v1::Person& offered = request.offered();
    if (one.attribute() == "identifiers") {
      *match.mutable_offered()->mutable_identifiers() = offered.identifiers();
    } else if (one.attribute() == "name") {
      *match.mutable_offered()->mutable_name() = offered.name();
    } else if (one.attribute() == "sex") {
      *match.mutable_offered()->mutable_sex() = offered.sex();
    } else if (one.attribute() == "birth_date") {
      *match.mutable_offered()->mutable_birth_date() = offered.birth_date();
    } else {
      *match.mutable_offered()->mutable_contact() = offered.contact();
    }
    const auto matched = Await<v1::MatchClaimResponse>([&](auto done) {
      test.hub().MatchClaim(AgencyCaller(kLaborSuzhou), match, std::move(done));
    });
    ASSERT_TRUE(matched.ok()) << matched.status();
    EXPECT_EQ(matched->answer(), one.answer());
  }
}

// Nobody, another name, a birth date that contradicts, not the caller's to
// know, two persons of one number and name: one answer, and one leaf.
TEST(LookUp, SaysTheSameWhereThereIsNobodyAndWhereNothingMayBeSaid) {
  std::set<std::string> answers;
  std::set<std::string> leaves;
  const auto ask = [&](TestHub& test, const v1::LookUpPersonRequest& request) {
    auto response = LookUp(test, kLaborSuzhou, request);
    ASSERT_TRUE(response.ok()) << response.status();
    response->clear_as_of_time();
    answers.insert(response->ShortDebugString());
    v1::AuditEvent event = test.Events().back().event();
    event.clear_time();
    leaves.insert(event.ShortDebugString());
  };
  {
    TestHub test;
    ask(test, Presented(kLaborSuzhou));
  }
  {
    TestHub test;
    test.Submit(kPoliceFuyang, Core("P"));
    v1::LookUpPersonRequest request = Presented(kLaborSuzhou);
    request.mutable_offered()->mutable_name()->set_full("李强");
    ask(test, request);
    request = Presented(kLaborSuzhou);
    request.mutable_offered()->mutable_birth_date()->mutable_date()->set_year(
        1971);
    ask(test, request);
  }
  {
    TestHub test;
    test.Submit(kHealthSuzhou, Core("H").Sex(v1::SEX_MALE));
    ask(test, Presented(kLaborSuzhou));
  }
  {
    // Each person has one record there, so these are two persons.
    TestHub test;
    v1::PutAgencyRequest put;
    put.mutable_agency()->set_id(std::string(kPoliceFuyang));
    put.mutable_agency()->set_sector("public_security");
    put.mutable_agency()->set_jurisdiction("3412");
    put.mutable_agency()->set_unsigned_frames(true);
    put.mutable_agency()->set_unique_keys(true);
    const auto done = Await<v1::PutAgencyResponse>([&](auto done) {
      test.hub().PutAgency(OperatorCaller(), put, std::move(done));
    });
    ASSERT_TRUE(done.ok()) << done.status();
    test.Submit(kPoliceFuyang, Core("P"));
    test.Submit(kPoliceFuyang, Core("Q"));
    ASSERT_EQ(test.hub().GetHubStatus()->persons(), 2u);
    ask(test, Presented(kLaborSuzhou));
  }
  EXPECT_THAT(answers, SizeIs(1));
  EXPECT_THAT(leaves, SizeIs(1));
}

// What is only linked to the number holder is not said to be.
TEST(LookUp, FindsTheCallersOwnRecordByTheNumberAlone) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("P").Phone("13900001234"));
  test.Submit(kLaborSuzhou,
              Say("L", 1).Name("王芳").Born(1990, 3, 7).Phone("13900001234"));
  ASSERT_EQ(test.hub().GetHubStatus()->persons(), 1u) << "linked by score";
  const auto asked = LookUp(test, kLaborSuzhou, Presented(kLaborSuzhou));
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->record_key(), "");
  EXPECT_EQ(asked->handle(), "");
}

TEST(LookUp, LeavesItsTraceWhereItTells) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("P").Sex(v1::SEX_MALE));
  ASSERT_TRUE(LookUp(test, kLaborSuzhou, Presented(kLaborSuzhou)).ok());
  const v1::AuditEvent event = test.Events().back().event();
  EXPECT_EQ(event.act(), "RegistryService.LookUpPerson");
  EXPECT_EQ(event.agency(), kLaborSuzhou);
  EXPECT_EQ(event.count(), 1u);
  EXPECT_THAT(event.attributes(), ElementsAre("name", "sex", "birth_date"));
  EXPECT_FALSE(event.details_root().empty());
}

TEST(LookUp, NamesWhatIsMissingOrCannotBeRead) {
  TestHub test;
  const auto field = [&](const v1::LookUpPersonRequest& request) {
    const auto answer = LookUp(test, kLaborSuzhou, request);
    EXPECT_EQ(ReasonOf(answer.status()), "INVALID_REQUEST");
    return errors::ViolationsOf(answer.status())[0].field;
  };
  // By name and birth date alone nobody is found.
  v1::LookUpPersonRequest request = Presented(kLaborSuzhou);
  request.mutable_offered()->clear_identifiers();
  EXPECT_EQ(field(request), "offered");
  request = Presented(kLaborSuzhou);
  request.mutable_offered()->clear_birth_date();
  EXPECT_EQ(field(request), "offered");
  request = Presented(kLaborSuzhou);
  *request.mutable_offered()->add_identifiers() =
      request.offered().identifiers(0);
  EXPECT_EQ(field(request), "offered.identifiers");
  request = Presented(kLaborSuzhou);
  request.mutable_offered()->mutable_birth_date()->mutable_date()->set_month(
      13);
  EXPECT_EQ(field(request), "offered.birth_date.date");
  request = Presented(kLaborSuzhou);
  request.clear_purpose();
  EXPECT_EQ(ReasonOf(LookUp(test, kLaborSuzhou, request).status()),
            "PURPOSE_MISSING");
}

// --- the whole matrix, from the ceiling's own rows ---

// Says everything of which a claim can be made, in values that name their
// teller.
Say Everything(std::string_view agency) {
  return Core("R")
      .Sex(v1::SEX_FEMALE)
      .Lives("320505010", "某路" + std::string(agency))
      .Works("厂" + std::string(agency))
      .Phone("13900001234")
      .Trained("C1", "课" + std::string(agency));
}

TEST(Disclosure, EachSectorSeesWhatTheCeilingSaysAndNothingElse) {
  const std::string_view agencies[] = {kPoliceFuyang, kHealthSuzhou,
                                       kLaborFuyang, kCommerceSuzhou};
  const std::string_view readers[] = {kPoliceSuzhou, kHealthSuzhou,
                                      kLaborSuzhou, kCommerceSuzhou};
  for (const std::string_view teller : agencies) {
    for (const std::string_view reader : readers) {
      if (teller == reader) continue;
      SCOPED_TRACE(std::string(teller) + " to " + std::string(reader));
      TestHub test;
      test.Submit(reader, Core("R"));
      test.Submit(teller, Everything(teller));
      std::set<std::string> allowed = {"identifiers", "name", "birth_date"};
      for (const agreement::CeilingRow& row : agreement::CompiledRows()) {
        if (row.from == SectorOf(teller) && row.to == SectorOf(reader) &&
            row.is_default &&
            (row.form == v1::FORM_VALUE || row.form == v1::FORM_PARTIAL)) {
          allowed.insert(std::string(row.attribute));
        }
      }
      const auto person = test.GetPerson(reader, "R", PurposeOf(reader));
      ASSERT_TRUE(person.ok()) << person.status();
      for (const v1::AttributeView& view : person->view().attributes()) {
        EXPECT_THAT(allowed, Contains(view.attribute()));
        if (view.form() == v1::FORM_PARTIAL) {
          EXPECT_EQ(person->view().person().residence().address(), "");
        }
      }
      for (const v1::MailboxEntry& entry : Empty(test, reader)) {
        for (const std::string& attribute : entry.attributes()) {
          EXPECT_THAT(allowed, Contains(attribute));
        }
        EXPECT_EQ(entry.view().person().contact().phones_size(), 0);
      }
    }
  }
}

TEST(Disclosure, OriginLearnsThatResidenceBegan) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Core("B").Lives("320505010", "新市路1号"));
  const auto entries = Empty(test, kPoliceFuyang);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_THAT(entries[0].attributes(), ElementsAre("residence"));
  EXPECT_EQ(entries[0].view().person().residence().division(), "320505");
  EXPECT_EQ(entries[0].view().person().residence().address(), "");
}

TEST(Disclosure, NamesAPersonToEachAgencyByAHandleOfItsOwn) {
  TestHub test;
  test.Submit(kPoliceSuzhou, Core("B"));
  test.Submit(kLaborSuzhou, Core("S"));
  EXPECT_EQ(test.hub().GetHubStatus()->persons(), 1U);
  const auto police =
      test.GetPerson(kPoliceSuzhou, "B", v1::PURPOSE_RESIDENCE_REGISTRATION);
  const auto labor =
      test.GetPerson(kLaborSuzhou, "S", v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  ASSERT_TRUE(police.ok()) << police.status();
  ASSERT_TRUE(labor.ok()) << labor.status();
  EXPECT_NE(police->view().handle(), labor->view().handle());
}

TEST(Disclosure, EndsWithTheLastDayOfTheAgreement) {
  TestHub test;
  test.Submit(kLaborSuzhou, Core("S"));
  const auto read = [&] {
    return ReasonOf(
        test.GetPerson(kLaborSuzhou, "S", v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER)
            .status());
  };
  const absl::TimeZone china = absl::FixedTimeZone(8 * 3600);
  v1::Date last;
  const auto agreements = test.hub().ListAgreements(OperatorCaller(), {});
  ASSERT_TRUE(agreements.ok()) << agreements.status();
  for (const v1::AgreementStatus& status : agreements->agreements()) {
    if (status.agreement().id() != "labor") continue;
    last = status.agreement().valid_until();
  }
  ASSERT_GT(last.year(), 0U);
  const absl::Time end = absl::FromCivil(
      absl::CivilDay(last.year(), last.month(), last.day()) + 1, china);
  test.SetTime(end - absl::Minutes(1));
  test.Submit(kLaborFuyang, Core("A").Works("苏州电子厂"));
  EXPECT_EQ(read(), "");
  test.SetTime(end + absl::Minutes(1));
  EXPECT_EQ(read(), "NOT_AVAILABLE");
  // What was put there while it was in force is not told any more either.
  EXPECT_THAT(Empty(test, kLaborSuzhou), IsEmpty());
}

// --- refusals ---

TEST(Disclosure, RefusalsAreAlike) {
  TestHub test;
  test.Submit(kLaborSuzhou, Core("S"));
  test.Submit(kLaborSuzhou, Say("narrow", 1).Name("王芳"));
  const auto mine = test.Submit(kPoliceSuzhou, Core("B"));
  const auto ask = [&](const std::function<void(v1::GetPersonRequest&)>& set) {
    v1::GetPersonRequest request;
    request.set_purpose(v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
    set(request);
    const auto answer = Await<v1::GetPersonResponse>([&](auto done) {
      test.hub().GetPerson(AgencyCaller(kLaborSuzhou), request,
                           std::move(done));
    });
    return answer.status();
  };
  const absl::Status refusals[] = {
      ask([](auto& request) { request.set_record_key("nobody"); }),
      ask([](auto& request) {
        request.set_handle("p-aaaaaaaaaaaaaaaaaaaaaaaaaa");
      }),
      ask([&](auto& request) { request.set_handle(mine.handle()); }),
      ask([](auto& request) { request.set_record_key("narrow"); }),
      ask([](auto& request) {
        request.set_record_key("S");
        request.set_purpose(v1::PURPOSE_BUSINESS_SERVICE);
      }),
  };
  for (const absl::Status& refusal : refusals) {
    EXPECT_EQ(ReasonOf(refusal), "NOT_AVAILABLE");
    EXPECT_EQ(refusal, refusals[0]) << "alike to the last byte";
  }
  EXPECT_EQ(ReasonOf(ask([](auto& request) {
              request.set_record_key("S");
              request.set_purpose(v1::PURPOSE_UNSPECIFIED);
            })),
            "PURPOSE_MISSING");
}

TEST(Disclosure, OtherRolesAreRefusedAndCounted) {
  TestHub test;
  EXPECT_EQ(
      ReasonOf(
          test.hub().ListConflicts(AgencyCaller(kPoliceFuyang), {}).status()),
      "WRONG_ROLE");
  Caller subject = OfficeCaller();
  subject.name = "subject";
  EXPECT_EQ(ReasonOf(test.hub().ListConflicts(subject, {}).status()),
            "WRONG_ROLE");
  EXPECT_EQ(ReasonOf(test.hub().ListRecords(OperatorCaller(), {}).status()),
            "WRONG_ROLE");
  EXPECT_EQ(ReasonOf(test.hub().ListEvents(OperatorCaller(), {}).status()),
            "WRONG_ROLE");
  test.Restart();  // Draining writes what was counted.
  int counted = 0;
  for (const v1::LoggedEvent& event : test.Events()) {
    if (event.event().kind() != v1::AuditEvent::KIND_REFUSED) continue;
    EXPECT_EQ(event.event().reason(), "WRONG_ROLE");
    counted += static_cast<int>(event.event().count());
  }
  EXPECT_EQ(counted, 4);
}

TEST(Disclosure, AClerkSeesWhatTheOwnAgencyMaySee) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kLaborSuzhou, Core("S"));
  Caller clerk = AgencyCaller(kLaborSuzhou);
  clerk.role = Role::kClerk;
  clerk.name = "li";
  clerk.path += "/clerk/li";
  v1::GetPersonRequest request;
  request.set_record_key("S");
  request.set_purpose(PurposeOf(kLaborSuzhou));
  const auto seen = Await<v1::GetPersonResponse>([&](auto done) {
    test.hub().GetPerson(clerk, request, std::move(done));
  });
  ASSERT_TRUE(seen.ok()) << seen.status();
  const auto by_agency =
      test.GetPerson(kLaborSuzhou, "S", PurposeOf(kLaborSuzhou));
  EXPECT_EQ(seen->view().SerializeAsString(),
            by_agency->view().SerializeAsString());
  EXPECT_EQ(test.hub().ListRecords(clerk, {})->records_size(), 1);
  EXPECT_TRUE(test.hub().GetMailbox(clerk).ok());
  const auto events = test.hub().ListEvents(clerk, {});
  ASSERT_TRUE(events.ok()) << events.status();
  for (const v1::LoggedEvent& event : events->events()) {
    EXPECT_EQ(event.event().agency(), kLaborSuzhou);
  }
  // What only the agency's own system does.
  EXPECT_EQ(ReasonOf(Await<v1::PullResponse>([&](auto done) {
                       test.hub().Pull(clerk, {}, std::move(done));
                     }).status()),
            "WRONG_ROLE");
  EXPECT_EQ(ReasonOf(Await<v1::SubmitRecordResponse>([&](auto done) {
                       test.hub().SubmitRecord(clerk, {}, std::move(done));
                     }).status()),
            "WRONG_ROLE");
}

TEST(Disclosure, RevokedAgreementEndsAtOnce) {
  TestHub test;
  test.Submit(kLaborSuzhou, Core("S"));
  test.Submit(kLaborFuyang, Core("F").Works("阜阳纺织厂"));
  EXPECT_TRUE(
      test.GetPerson(kLaborSuzhou, "S", v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER)
          .ok());
  ASSERT_EQ(test.Revoke("labor"), absl::OkStatus());
  EXPECT_EQ(ReasonOf(test.GetPerson(kLaborSuzhou, "S",
                                    v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER)
                         .status()),
            "NOT_AVAILABLE");
  EXPECT_THAT(Empty(test, kLaborSuzhou), IsEmpty())
      << "what waits tells nothing any more";
  test.Submit(kLaborFuyang, Say("F", 2).Works("阜阳服装厂"));
  EXPECT_EQ(test.hub().GetMailbox(AgencyCaller(kLaborSuzhou))->waiting(), 0U);
}

TEST(Disclosure, DecisionDoesNotShowThroughToWhoMayNotKnow) {
  TestHub test;
  test.Submit(kPoliceFuyang, Core("A"));
  test.Submit(kPoliceSuzhou, Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3));
  test.Submit(kCommerceSuzhou, Core("C"));
  Empty(test, kCommerceSuzhou);
  const auto conflict = test.OnlyConflict();
  ASSERT_TRUE(conflict.ok());
  const auto decided = test.Choose(*conflict, kPoliceSuzhou);
  ASSERT_TRUE(decided.ok());
  EXPECT_THAT(decided->effect().recipients(),
              testing::Not(Contains(std::string(kCommerceSuzhou))));
  EXPECT_THAT(Empty(test, kCommerceSuzhou), IsEmpty());
}

// --- at rest ---

TEST(Disclosure, FilesHoldNoPersonalValue) {
  TestHub test;
  test.Submit(kPoliceFuyang,
              Core("A").Lives("320505", "观前街雕花楼").Phone("13912345678"));
  test.Submit(
      kPoliceSuzhou,
      Say("B", 1).Core(kNumber, "王芳", 1990, 7, 3).Works("太湖丝绸织造厂"));
  const auto conflict = test.OnlyConflict();
  ASSERT_TRUE(conflict.ok());
  ASSERT_TRUE(test.Choose(*conflict, kPoliceSuzhou).ok());
  EXPECT_TRUE(
      test.GetPerson(kPoliceFuyang, "A", v1::PURPOSE_RESIDENCE_REGISTRATION)
          .ok());
  Empty(test, kPoliceFuyang);
  const std::string secrets[] = {
      kNumber,       kNumber.substr(6, 8), "王芳",           "观前街雕花楼",
      "13912345678", "太湖丝绸织造厂",     "paper file seen"};
  const auto search = [&] {
    size_t bytes = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(test.folder())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      bytes += content.size();
      for (const std::string& secret : secrets) {
        EXPECT_EQ(content.find(secret), std::string::npos)
            << entry.path() << " holds a value";
      }
    }
    EXPECT_GT(bytes, 10'000U);
  };
  search();
  test.Stop();
  search();
}

}  // namespace
}  // namespace waystation::hub
