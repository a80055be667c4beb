// SPDX-License-Identifier: Apache-2.0
#include "server/domain/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "waystation/v1/claim.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;
using testing::ElementsAre;
using testing::IsEmpty;

const AttributeSet kResidence = FindAttribute("residence")->bit();
const AttributeSet kNames = FindAttribute("name")->bit();

struct Kept {
  std::uint64_t revision;
  std::uint32_t day;
  AttributeSet attributes;
};

store::StoredRecord RecordOf(const std::vector<Kept>& kept) {
  store::StoredRecord record;
  for (const Kept& one : kept) {
    store::KeptUpdate& update = *record.add_kept();
    update.set_revision(one.revision);
    update.set_day(one.day);
    update.set_attributes(one.attributes);
  }
  return record;
}

codes::Date Day(int number) {
  return codes::Date{std::chrono::sys_days{std::chrono::days{number}}};
}

TEST(Retention, IsShortForPlacesAndLongForNames) {
  EXPECT_EQ(RetentionDays(kResidence), 30);
  EXPECT_EQ(RetentionDays(kNames), 1095);
  EXPECT_EQ(RetentionDays(kNames | kResidence), 1095);
  EXPECT_THAT(RetentionTimes(), ElementsAre(30, 180, 1095));
}

TEST(Retention, CountsFromTheDayOnWhichAClaimCeasedToStand) {
  const struct {
    std::string_view name;
    std::vector<Kept> kept;
    // What is due on the days 130 and 131.
    std::vector<Due> before, after;
  } cases[] = {
      {"what stands stays", {{1, 0, kResidence}}, {}, {}},
      {"a later revision supersedes",
       {{1, 0, kResidence}, {2, 100, kResidence}},
       {},
       {{0, kResidence}}},
      {"the first of several counts",
       {{1, 0, kResidence}, {2, 100, kResidence}, {3, 120, kResidence}},
       {},
       {{0, kResidence}}},
      {"each attribute by itself",
       {{1, 0, kResidence | kNames}, {2, 100, kResidence | kNames}},
       {},
       {{0, kResidence}}},
      {"of another attribute nothing is superseded",
       {{1, 0, kResidence}, {2, 100, kNames}},
       {},
       {}},
      {"what comes late was superseded when it came",
       {{2, 0, kResidence}, {1, 100, kResidence | kNames}},
       {},
       {{1, kResidence}}},
      {"a retraction of the record takes back all",
       {{1, 0, kResidence | kNames}, {2, 100, AllAttributes()}},
       {},
       {{0, kResidence}}},
      {"a retraction that is superseded itself",
       {{1, 0, AllAttributes()}, {2, 100, kResidence}},
       {},
       {{0, kResidence}}},
  };
  for (const auto& [name, kept, before, after] : cases) {
    SCOPED_TRACE(name);
    const store::StoredRecord record = RecordOf(kept);
    EXPECT_EQ(DueOn(Day(130), record), before);
    EXPECT_EQ(DueOn(Day(131), record), after);
  }
}

TEST(Retention, ForgetsAnUpdateOfWhichNothingIsLeft) {
  store::StoredRecord record = RecordOf({{1, 0, kResidence | kNames},
                                         {2, 1, kResidence},
                                         {3, 2, kResidence | kNames}});
  MarkShredded(DueOn(Day(50), record), record);
  ASSERT_EQ(record.kept_size(), 2);
  EXPECT_EQ(record.kept(0).revision(), 1U);
  EXPECT_EQ(record.kept(0).shredded(), kResidence);
  EXPECT_EQ(record.kept(1).revision(), 3U);
  EXPECT_THAT(DueOn(Day(50), record), IsEmpty());
  EXPECT_THAT(DueOn(Day(1'098), record), ElementsAre(Due{0, kNames}));
  MarkShredded(DueOn(Day(1'098), record), record);
  EXPECT_EQ(record.kept_size(), 1);
}

TEST(Retention, FindsTheOldestThatMayGo) {
  EXPECT_EQ(OldestSuperseded(RecordOf({})), std::nullopt);
  EXPECT_EQ(OldestSuperseded(RecordOf({{1, 0, kNames}, {2, 1, kResidence}})),
            std::nullopt);
  EXPECT_EQ(OldestSuperseded(RecordOf({{1, 0, kNames | kResidence},
                                       {2, 1, kResidence},
                                       {3, 2, kResidence}})),
            1)
      << "the first still names the person";
}

TEST(Retention, TakesAttributesOutOfAnUpdate) {
  v1::Update update;
  update.set_record_key("k");
  update.set_revision(3);
  update.mutable_claims()->mutable_name()->set_full("王芳");
  update.mutable_claims()->mutable_residence()->set_address("观前街");
  update.mutable_mask()->add_paths("name");
  update.mutable_mask()->add_paths("residence");
  for (const char* attribute : {"residence", "name"}) {
    v1::AttributeDetail& detail = *update.add_details();
    detail.set_attribute(attribute);
    detail.add_given()->set_bytes("given " + std::string(attribute));
  }
  const auto rest = Without(kResidence, update.SerializeAsString());
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(rest->find("观前街"), std::string::npos);
  EXPECT_EQ(rest->find("given residence"), std::string::npos);
  v1::Update read;
  ASSERT_TRUE(read.ParseFromString(*rest));
  EXPECT_EQ(read.claims().name().full(), "王芳");
  EXPECT_EQ(read.details_size(), 1);
  EXPECT_EQ(read.mask().paths_size(), 2);
  EXPECT_EQ(Without(kNames, *rest), std::nullopt) << "no value is left";
}

}  // namespace
}  // namespace waystation::domain
