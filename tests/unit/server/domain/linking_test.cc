// SPDX-License-Identifier: Apache-2.0
#include "server/domain/linking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/text_format.h"
#include "waystation/config/v1/rules.pb.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

config::v1::Linking LinkingOf(std::string_view text) {
  config::v1::Linking linking;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                            &linking));
  return linking;
}

TEST(CheckLinking, NamesFieldAndRule) {
  const struct {
    std::string_view linking;
    std::vector<std::string> want;
  } cases[] = {
      {"", {}},
      {"levels{field:'name' level:'exact' m:0.9 u:1e-6} "
       "names{name:'王伟' share:0.0002} automatic:false block_cap:2 "
       "thresholds{upper:20 lower:20 margin:0 large_set:1 "
       "neighbourhood_limit:1}"
       "block_list{kind:KIND_PHONE value:'0512 65211234' "
       "since{year:2015} until{year:2015 month:2 day:28} reason:'a factory'}",
       {}},
      // A typo names what may have been meant.
      {"levels{field:'brith_date' level:'exact' m:0.9 u:0.1}",
       {"levels[0].field: one of number, name, birth_date, sex, phone, "
        "household, address; did you mean \"birth_date\"?"}},
      {"levels{field:'sex' level:'sane' m:0.9 u:0.1} "
       "levels{field:'phone' level:'jaro_winkler' m:0.9 u:0.1}"
       "levels{m:0.9 u:0.1}",
       {"levels[0].level: one of same, differs; did you mean \"same\"?",
        "levels[1].level: one of same, near, differs",
        "levels[2].field: one of number, name, birth_date, sex, phone, "
        "household, address"}},
      {"levels{field:'sex' level:'same' m:1.5 u:-0.1} "
       "levels{field:'sex' level:'differs' m:nan} "
       "levels{field:'sex' level:'same' m:0.9 u:0.1}",
       {"levels[0].m: over 0 and under 1", "levels[0].u: over 0 and under 1",
        "levels[1].m: over 0 and under 1", "levels[1].u: over 0 and under 1",
        "levels[2].level: each level once"}},
      {"names{name:'不详' share:0.1} names{name:'王 伟' share:0} "
       "names{name:'王伟' share:1} names{name:'王偉' share:0.1}",
       {"names[0].name: a name of somebody",
        "names[1].name: a name of somebody",
        "names[1].share: over 0 and under 1",
        "names[2].share: over 0 and under 1", "names[3].name: each name once"}},
      {"thresholds{upper:12 lower:24}",
       {"thresholds.lower: not over the upper threshold, which is 12"}},
      // One of them is the default.
      {"thresholds{lower:24.5}",
       {"thresholds.lower: not over the upper threshold, which is 24"}},
      {"thresholds{upper:11.5}",
       {"thresholds.upper: not under the lower threshold, which is 12"}},
      {"thresholds{upper:nan}",
       {"thresholds.upper: not under the lower threshold, which is 12"}},
      {"thresholds{margin:-1 large_set:0 neighbourhood_limit:-5}",
       {"thresholds.margin: 0 or more", "thresholds.large_set: a number from 1",
        "thresholds.neighbourhood_limit: a number from 1"}},
      {"block_cap:1", {"block_cap: a number from 2 to 4096"}},
      {"block_cap:5000", {"block_cap: a number from 2 to 4096"}},
      {"block_list{}",
       {"block_list[0].kind: one of phone, name, address, number",
        "block_list[0].reason: why it identifies nobody"}},
      {"block_list{kind:KIND_NUMBER value:'12345' reason:'x'} "
       "block_list{kind:KIND_ADDRESS value:' ' reason:'x'} "
       "block_list{kind:KIND_NUMBER value:'04120319900430776x' reason:'x'}",
       {"block_list[0].value: 18 digits and letters",
        "block_list[1].value: a name, phone or address that can be read"}},
      {"block_list{kind:KIND_PHONE value:'14002007421' reason:'x' "
       "since{year:2021} until{year:2020}} "
       "block_list{kind:KIND_PHONE value:'14002007421' reason:'x' "
       "since{year:2021 month:2 day:30} until{year:-1}}",
       {"block_list[0].since: not after until",
        "block_list[1].since: a day of the calendar",
        "block_list[1].until: a day of the calendar"}},
  };
  for (const auto& [linking, want] : cases) {
    SCOPED_TRACE(linking);
    std::vector<std::string> got;
    for (const auto& violation : CheckLinking(LinkingOf(linking))) {
      EXPECT_EQ(violation.reason(), violation.field().ends_with(".reason")
                                        ? "FIELD_MISSING"
                                        : "CONFIG_INVALID");
      EXPECT_TRUE(violation.field().starts_with("linking."));
      got.push_back(violation.field().substr(8) + ": " + violation.rule());
    }
    EXPECT_EQ(got, want);
  }
}

TEST(ReadLinking, KeepsTheDefaultOfWhatIsNotSaid) {
  EXPECT_EQ(ReadLinking({}), Linking());
  const Linking read = ReadLinking(
      LinkingOf("levels{field:'sex' level:'same' m:0.8 u:0.4} "
                "names{name:'王伟' share:0.001} thresholds{margin:3}"));
  const Linking defaults;
  EXPECT_DOUBLE_EQ(read.weights.BitsOf(Level::kSexSame), 1);
  EXPECT_EQ(read.weights.BitsOf(Level::kSexDiffers),
            defaults.weights.BitsOf(Level::kSexDiffers));
  EXPECT_EQ(read.weights.ShareOf(codes::ComparableName("王偉")), 0.001);
  EXPECT_EQ(read.thresholds.margin, 3);
  EXPECT_EQ(read.thresholds.upper, defaults.thresholds.upper);
  EXPECT_EQ(read.block_cap, defaults.block_cap);
  EXPECT_TRUE(read.automatic);
  EXPECT_TRUE(read.block_list.empty());
}

// Nothing joins by score, and whatever would have is a candidate.
TEST(ReadLinking, LeavesAllToAClerkWithoutAutomaticLinks) {
  std::vector<LinkFeatures> records(2);
  records[0].uid = 1;
  records[0].agency = "a";
  records[1].uid = 2;
  records[1].agency = "b";
  const std::vector<Edge> scored = {
      {.a = 1, .b = 2, .score = 80, .kind = Edge::Kind::kScored}};
  const auto partition = [&](std::string_view linking) {
    return Partition(
        {.records = records,
         .scored = scored,
         .thresholds = ReadLinking(LinkingOf(linking)).thresholds});
  };
  EXPECT_THAT(partition("").persons, ElementsAre(ElementsAre(1, 2)));
  const Partitioned asked = partition("automatic:false");
  EXPECT_THAT(asked.persons, ElementsAre(ElementsAre(1), ElementsAre(2)));
  EXPECT_THAT(asked.candidates,
              ElementsAre(Candidate{.pair = {1, 2},
                                    .doubt = Doubt::kBetweenThresholds}));
}

// 2015-06-30 24:00 in China Standard Time, one microsecond either side.
constexpr std::int64_t kJuly = 1'435'680'000'000'000;

TEST(BlockList, HoldsForClaimsOfItsDays) {
  const BlockList list =
      ReadLinking(
          LinkingOf("block_list{kind:KIND_PHONE value:'+86 14002007421' "
                    "since{year:2015 month:7} until{year:2016} reason:'x'} "
                    "block_list{kind:KIND_PHONE value:'0512-65211234' "
                    "until{year:2015 month:6} reason:'x'} "
                    "block_list{kind:KIND_NAME value:'王 偉' reason:'x'} "
                    "block_list{kind:KIND_ADDRESS value:'丰收路１８号 宿舍' "
                    "reason:'x'} "
                    "block_list{kind:KIND_NUMBER value:'04120319900430776x' "
                    "reason:'x'}"))
          .block_list;
  const struct {
    ValueKind kind;
    std::string_view value;
    std::int64_t time;
    bool want;
  } cases[] = {
      {ValueKind::kPhone, "14002007421", kJuly, true},
      {ValueKind::kPhone, "14002007421", kJuly - 1, false},
      // Entered nobody knows when.
      {ValueKind::kPhone, "14002007421", 0, true},
      {ValueKind::kPhone, "0512-65211234", kJuly - 1, true},
      {ValueKind::kPhone, "0512-65211234", kJuly, false},
      {ValueKind::kPhone, "14002007422", 0, false},
      {ValueKind::kName, "王伟", kJuly, true},
      {ValueKind::kName, "王炜", kJuly, false},
      {ValueKind::kAddress, "丰收路18号宿舍", kJuly, true},
      {ValueKind::kAddress, "丰收路18号", kJuly, false},
      {ValueKind::kNumber, "04120319900430776X", kJuly, true},
      {ValueKind::kPhone, "04120319900430776X", kJuly, false},
      {ValueKind::kName, "", 0, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.value);
    EXPECT_EQ(list.Blocks(c.kind, c.value, c.time), c.want);
  }
  EXPECT_FALSE(BlockList().Blocks(ValueKind::kPhone, "14002007421", 0));
}

v1::Person& Claimed(store::v1::StoredRecord& record,
                    AttributeNumber attribute) {
  store::v1::StoredClaim& claim = *record.add_claims();
  claim.set_attribute(static_cast<uint32_t>(attribute));
  claim.set_grade(v1::GRADE_OK);
  claim.add_entry_grades(v1::GRADE_OK);
  claim.set_recorded_time(kJuly);
  return *claim.mutable_value();
}

TEST(BlockList, LeavesItsValuesOutOfWhatIsCompared) {
  store::v1::StoredRecord record;
  v1::Identifier& identifier = *Claimed(record, kIdentifiers).add_identifiers();
  identifier.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
  identifier.set_number("041203199004307763");
  Claimed(record, kName).mutable_name()->set_full("王伟");
  Claimed(record, kResidence).mutable_residence()->set_address("丰收路18号");
  v1::Contact& contact = *Claimed(record, kContact).mutable_contact();
  contact.add_phones("14002007421");
  contact.add_phones("14002007420");
  const BlockList list =
      ReadLinking(
          LinkingOf(
              "block_list{kind:KIND_PHONE value:'14002007421' reason:'x'} "
              "block_list{kind:KIND_NAME value:'王伟' reason:'x'} "
              "block_list{kind:KIND_ADDRESS value:'丰收路18号' reason:'x'} "
              "block_list{kind:KIND_NUMBER value:'041203199004307763' "
              "reason:'x'}"))
          .block_list;

  const MatchVector all = MatchVectorOf(record);
  EXPECT_THAT(all.numbers, ElementsAre("041203199004307763"));
  EXPECT_FALSE(all.name.is_nobody());
  EXPECT_THAT(all.phones, ElementsAre("14002007420", "14002007421"));
  EXPECT_EQ(all.address, "丰收路18号");
  const MatchVector left = MatchVectorOf(record, list);
  EXPECT_THAT(left.numbers, IsEmpty());
  EXPECT_THAT(left.doubtful_numbers, IsEmpty());
  EXPECT_TRUE(left.name.is_nobody());
  EXPECT_THAT(left.phones, ElementsAre("14002007420"));
  EXPECT_EQ(left.address, "");

  const RecordView view{
      .uid = 1, .sector = "labor", .record = &record, .unique_keys = false};
  EXPECT_EQ(FeaturesOf(view).name, "王伟");
  EXPECT_EQ(FeaturesOf(view).identifiers.size(), 1U);
  EXPECT_EQ(FeaturesOf(view, list).name, "");
  EXPECT_THAT(FeaturesOf(view, list).identifiers, IsEmpty());
}

}  // namespace
}  // namespace waystation::domain
