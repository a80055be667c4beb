// SPDX-License-Identifier: Apache-2.0
// Updates from the frame to the answer, and who hears of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "proto/errors/error.h"
#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kNumber = DemoNumber("341202", "19900307", 41);

TEST(Updates, AnswerEachByItself) {
  TestHub test;
  const auto answer = test.Submit(
      kPoliceFuyang,
      {Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7),
       Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7),
       Say("A1", 1).Core(kNumber, "王方", 1990, 3, 7),
       Say("A2", 0).Name("李娜"), Say("A1", 2).Sex(v1::SEX_FEMALE)});
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->results_size(), 5);
  EXPECT_EQ(answer->results(0).outcome(), v1::UpdateResult::OUTCOME_APPLIED);
  EXPECT_EQ(answer->results(1).outcome(), v1::UpdateResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(answer->results(2).outcome(), v1::UpdateResult::OUTCOME_REJECTED);
  EXPECT_EQ(answer->results(2).violations(0).reason(), "REVISION_REUSED");
  EXPECT_EQ(answer->results(3).outcome(), v1::UpdateResult::OUTCOME_REJECTED);
  EXPECT_EQ(answer->results(4).outcome(), v1::UpdateResult::OUTCOME_APPLIED);
  EXPECT_EQ(answer->results(0).handle(), answer->results(4).handle());
  EXPECT_THAT(answer->results(0).handle(), testing::StartsWith("p-"));
  EXPECT_EQ(answer->leaf().origin(), "test.example/log");

  const auto again = test.Submit(
      kPoliceFuyang,
      std::vector<Say>{Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7)});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->results(0).outcome(), v1::UpdateResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(again->results(0).handle(), answer->results(0).handle());
  EXPECT_FALSE(again->has_leaf()) << "nothing was written";
}

// Frames that wait for each other are committed in one group. Each has an entry
// of its own all the same, with all of its updates.
TEST(Updates, EachFrameHasAnEntryWhateverItIsCommittedWith) {
  constexpr uint64_t kFrames = 100;
  TestHub test;
  std::vector<std::future<absl::StatusOr<v1::SubmitRecordsResponse>>> answers;
  for (uint64_t i = 0; i < kFrames; ++i) {
    v1::SubmitRecordsRequest request;
    for (const char* key : {"A", "B"}) {
      request.mutable_frame()->add_updates(
          Say(key + std::to_string(i), 1).Name("王芳").bytes());
    }
    auto answer = std::make_shared<
        std::promise<absl::StatusOr<v1::SubmitRecordsResponse>>>();
    answers.push_back(answer->get_future());
    test.hub().SubmitFrame(AgencyCaller(kPoliceFuyang), request,
                           [answer](auto got) { answer->set_value(got); });
  }
  std::set<uint64_t> leaves;
  for (auto& future : answers) {
    const auto answer = future.get();
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_TRUE(answer->has_leaf());
    leaves.insert(answer->leaf().index());
  }
  EXPECT_THAT(leaves, SizeIs(kFrames));
  uint64_t entries = 0;
  for (const v1::LoggedEvent& logged : test.Events()) {
    if (logged.event().kind() != v1::AuditEvent::KIND_UPDATES) continue;
    ++entries;
    EXPECT_EQ(logged.event().count(), 2U);
  }
  EXPECT_EQ(entries, kFrames);
  EXPECT_LT(test.hub().GetStatistics().commit_groups, kFrames)
      << "some were committed together";
}

TEST(Updates, SurviveARestart) {
  TestHub test;
  const auto before = test.Submit(
      kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Restart();
  const auto after = test.Submit(
      kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  EXPECT_EQ(after.outcome(), v1::UpdateResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(after.handle(), before.handle());
}

TEST(Updates, ValidateOnlyWritesNothing) {
  TestHub test;
  const size_t leaves = test.Events().size();
  const auto answer = test.Submit(
      kPoliceFuyang, {Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7)}, true);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->results(0).outcome(), v1::UpdateResult::OUTCOME_APPLIED);
  EXPECT_FALSE(answer->has_leaf());
  EXPECT_THAT(test.Events(), SizeIs(leaves));
  EXPECT_EQ(test.hub().GetHubStatus()->records(), 0);
}

TEST(Mailbox, CarriesEmploymentToTheNewPlace) {
  TestHub test;
  test.Submit(
      kLaborFuyang,
      Say("F7", 1).Core(kNumber, "王芳", 1990, 3, 7).Works("阜阳纺织厂"));
  EXPECT_THAT(test.Pull(kLaborFuyang)->entries(), IsEmpty())
      << "an agency is not told what it said itself";
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));

  const auto page = test.Pull(kLaborSuzhou);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->entries(), SizeIs(1));
  const v1::MailboxEntry& entry = page->entries(0);
  EXPECT_EQ(entry.kind(), v1::CHANGE_KIND_CHANGED);
  EXPECT_EQ(entry.view().person().employment().employer(), "阜阳纺织厂");
  EXPECT_THAT(entry.view().record_keys(), ElementsAre("S1"));
  EXPECT_TRUE(page->at_end());
  EXPECT_TRUE(page->has_leaf());

  v1::AcknowledgeRequest acknowledge;
  acknowledge.set_page_token(page->last_token());
  EXPECT_TRUE(
      test.hub().Acknowledge(AgencyCaller(kLaborSuzhou), acknowledge).ok());
  EXPECT_THAT(test.Pull(kLaborSuzhou)->entries(), IsEmpty());
  EXPECT_EQ(test.hub().GetMailbox(AgencyCaller(kLaborSuzhou))->waiting(), 0);
}

TEST(Mailbox, CoalescesEntriesOfOnePerson) {
  TestHub test;
  test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(
      kLaborFuyang,
      Say("F7", 1).Core(kNumber, "王芳", 1990, 3, 7).Works("阜阳纺织厂"));
  test.Submit(kLaborFuyang, Say("F7", 2).Works("阜阳服装厂"));
  const auto page = test.Pull(kLaborSuzhou);
  ASSERT_THAT(page->entries(), SizeIs(1));
  EXPECT_EQ(page->entries(0).view().person().employment().employer(),
            "阜阳服装厂");
  const auto first = test.Pull(kLaborSuzhou, {}, 1);
  EXPECT_FALSE(first->at_end());
  EXPECT_EQ(first->first_token(), page->first_token());
}

// What one agency says at length must not keep another from reading on.
TEST(Mailbox, LargeViewsMakeSmallPages) {
  TestHub test;
  constexpr int kPersons = 12;
  const std::string title(2'000, 'x');
  for (int i = 0; i < kPersons; ++i) {
    const std::string number = DemoNumber("341202", "19900307", 100 + i);
    const std::string key = std::to_string(i);
    test.Submit(kLaborSuzhou, Say(key, 1).Core(number, "王芳", 1990, 3, 7));
    Say trained(key, 1);
    trained.Core(number, "王芳", 1990, 3, 7);
    for (int j = 0; j < 60; ++j) {
      trained.Trained("C" + std::to_string(j), title);
    }
    ASSERT_EQ(test.Submit(kLaborFuyang, trained).outcome(),
              v1::UpdateResult::OUTCOME_APPLIED);
  }
  std::set<std::string> told;
  std::string token;
  int pages = 0;
  for (bool at_end = false; !at_end; ++pages) {
    const auto page = test.Pull(kLaborSuzhou, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->ByteSizeLong(), size_t{1} << 20);
    if (pages > 0) {
      EXPECT_EQ(page->first_token(), token);
    }
    for (const v1::MailboxEntry& entry : page->entries()) {
      EXPECT_EQ(entry.view().person().training_size(), 60);
      told.insert(entry.view().handle());
    }
    token = page->last_token();
    at_end = page->at_end();
  }
  EXPECT_GT(pages, 1);
  EXPECT_THAT(told, SizeIs(kPersons));
}

TEST(Mailbox, TokenOfAnotherAgencyIsRefused) {
  TestHub test;
  const auto page = test.Pull(kLaborSuzhou);
  const auto refused = test.Pull(kLaborFuyang, page->last_token());
  EXPECT_EQ(errors::ReasonOf(refused.status()), "PAGE_TOKEN_INVALID");
}

// Or a stolen certificate could carry an agency's records off unseen.
TEST(Reads, OfAnAgencysOwnRecordsLeaveATrace) {
  TestHub test;
  test.Submit(kLaborSuzhou, Say("S", 1).Core(kNumber, "王芳", 1990, 3, 7));
  v1::GetRecordRequest get;
  get.set_record_key("S");
  ASSERT_TRUE(test.hub().GetRecord(AgencyCaller(kLaborSuzhou), get).ok());
  v1::AuditEvent read = test.Events().back().event();
  EXPECT_EQ(read.kind(), v1::AuditEvent::KIND_READ);
  EXPECT_EQ(read.act(), "RegistryService.GetRecord");
  EXPECT_EQ(read.agency(), kLaborSuzhou);
  EXPECT_THAT(read.attributes(),
              ElementsAre("identifiers", "name", "birth_date"));
  EXPECT_EQ(read.details_root().size(), 32U);
  ASSERT_TRUE(test.hub().ListRecords(AgencyCaller(kLaborSuzhou), {}).ok());
  read = test.Events().back().event();
  EXPECT_EQ(read.kind(), v1::AuditEvent::KIND_READ);
  EXPECT_EQ(read.act(), "RegistryService.ListRecords");
  EXPECT_EQ(read.count(), 1U);
}

TEST(Reads, HandleOfAnotherAgencyIsNotAvailable) {
  TestHub test;
  const auto result =
      test.Submit(kLaborSuzhou, Say("S1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  v1::GetPersonRequest request;
  request.set_handle(result.handle());
  request.set_purpose(v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER);
  const auto ask = [&](std::string_view agency) {
    return Await<v1::GetPersonResponse>([&](auto done) {
      test.hub().GetPerson(AgencyCaller(agency), request, std::move(done));
    });
  };
  EXPECT_TRUE(ask(kLaborSuzhou).ok());
  EXPECT_EQ(errors::ReasonOf(ask(kLaborFuyang).status()), "NOT_AVAILABLE");
}

TEST(Conflicts, AreDecidedAndUndone) {
  TestHub test;
  test.Submit(kPoliceFuyang, Say("A1", 1).Core(kNumber, "王芳", 1990, 3, 7));
  test.Submit(kPoliceSuzhou, Say("B1", 1).Core(kNumber, "王芳", 1990, 7, 3));
  const auto conflict = test.OnlyConflict();
  ASSERT_TRUE(conflict.ok()) << conflict.status();
  EXPECT_EQ(conflict->conflict().attribute(), "birth_date");
  EXPECT_THAT(conflict->groups(), SizeIs(2));
  const auto decided = test.Choose(*conflict, kPoliceSuzhou);
  ASSERT_TRUE(decided.ok()) << decided.status();
  EXPECT_EQ(decided->decision().number(), 1);
  EXPECT_EQ(decided->effect().status_after(), v1::STATUS_DECIDED);
  EXPECT_EQ(decided->effect().after().birth_date().date().month(), 7);
  EXPECT_TRUE(decided->decision().has_leaf());
  EXPECT_THAT(test.hub().ListConflicts(OfficeCaller(), {})->conflicts(),
              IsEmpty());
  const auto undone = test.Undo(1);
  ASSERT_TRUE(undone.ok()) << undone.status();
  EXPECT_EQ(undone->effect().status_after(), v1::STATUS_CONFLICT);
  EXPECT_TRUE(test.OnlyConflict().ok());
}

}  // namespace
}  // namespace waystation::hub
