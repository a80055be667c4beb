// SPDX-License-Identifier: Apache-2.0
#include "server/domain/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/unit/server/domain/fixtures.h"

namespace waystation::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Persons = std::vector<std::vector<Uid>>;

// A record as linking sees it; uids count from 1 in the order of a table.
struct Row {
  std::string agency;
  std::string numbers;  // letters, each a number: "a", "ab", ""
  std::string name;
  std::string birth;  // YYYYMMDD or empty
  bool is_only = false;
};

std::vector<LinkFeatures> FeaturesOf(const std::vector<Row>& rows) {
  std::vector<LinkFeatures> records;
  for (const Row& row : rows) {
    LinkFeatures& record = records.emplace_back();
    record.uid = records.size();
    record.agency = row.agency;
    record.record_key = "k" + std::to_string(records.size());
    for (const char number : row.numbers) {
      record.identifiers.push_back(std::string("0412021990010100") + number);
    }
    std::ranges::sort(record.identifiers);
    record.name = row.name;
    record.is_only = row.is_only;
    if (!row.birth.empty()) {
      const int date = std::stoi(row.birth);
      record.birth_date =
          codes::PartialDate{static_cast<std::int16_t>(date / 10'000),
                             static_cast<std::uint8_t>(date / 100 % 100),
                             static_cast<std::uint8_t>(date % 100)};
    }
  }
  return records;
}

// "1-3 NAME_CONTRADICTS".
std::vector<std::string> Describe(const std::vector<Candidate>& candidates) {
  std::vector<std::string> list;
  for (const Candidate& candidate : candidates) {
    list.push_back(std::to_string(candidate.pair.a) + "-" +
                   std::to_string(candidate.pair.b) + " " +
                   std::string(ReasonOf(candidate.doubt)));
  }
  std::ranges::sort(list);
  return list;
}

struct Case {
  std::string_view name;
  std::vector<Row> rows;
  std::vector<Pair> must = {};
  std::vector<Pair> cannot = {};
  std::vector<Edge> scored = {};
  Persons persons;
  std::vector<std::string> candidates = {};
};

// What the cases' scores are held against.
constexpr Thresholds kThresholds = {
    .upper = 12, .lower = 4, .margin = 3, .large_set = 2};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto records = FeaturesOf(c.rows);
    const Partitioned got = Partition({.records = records,
                                       .scored = c.scored,
                                       .must = c.must,
                                       .cannot = c.cannot,
                                       .thresholds = kThresholds});
    EXPECT_EQ(got.persons, c.persons);
    EXPECT_EQ(Describe(got.candidates), c.candidates);
    EXPECT_TRUE(got.over_limit.empty());
  }
}

Edge Scored(Uid a, Uid b, double score) {
  return {.a = a, .b = b, .score = score, .kind = Edge::Kind::kScored};
}

TEST(Partition, JoinsByNumberAndName) {
  Check({
      {.name = "same number, same name",
       .rows = {{"police", "a", "张伟", ""}, {"labor", "a", "张伟", ""}},
       .persons = {{1, 2}}},
      {.name = "a variant of the name",
       .rows = {{"police", "a", "钟山", ""}, {"labor", "a", "鍾山", ""}},
       .persons = {{1, 2}}},
      {.name = "another number",
       .rows = {{"police", "a", "张伟", ""}, {"labor", "b", "张伟", ""}},
       .persons = {{1}, {2}}},
      {.name = "no number at all",
       .rows = {{"police", "", "张伟", "19900307"},
                {"labor", "", "张伟", "19900307"}},
       .persons = {{1}, {2}}},
      // Numbers were issued twice, and both spell the same birth date.
      {.name = "a name that contradicts, whatever else agrees",
       .rows = {{"police", "a", "张伟", "19900307"},
                {"labor", "a", "李静", "19900307"}},
       .persons = {{1}, {2}},
       .candidates = {"1-2 NAME_CONTRADICTS"}},
      // A conflict between claims, not a doubt about the person.
      {.name = "a birth date that contradicts",
       .rows = {{"police", "a", "张伟", "19900307"},
                {"labor", "a", "张伟", "19900308"}},
       .persons = {{1, 2}}},
      {.name = "no name, but the birth date",
       .rows = {{"police", "a", "张伟", "19900307"},
                {"labor", "a", "", "19900307"}},
       .persons = {{1, 2}}},
      {.name = "missing is not agreement",
       .rows = {{"police", "a", "张伟", "19900307"}, {"labor", "a", "", ""}},
       .persons = {{1}, {2}},
       .candidates = {"1-2 NAME_MISSING"}},
      {.name = "no name, another birth date",
       .rows = {{"police", "a", "张伟", "19900307"},
                {"labor", "a", "", "19910101"}},
       .persons = {{1}, {2}},
       .candidates = {"1-2 NAME_MISSING"}},
      {.name = "neither says more than the number",
       .rows = {{"police", "a", "", ""}, {"labor", "a", "", ""}},
       .persons = {{1}, {2}},
       .candidates = {"1-2 NAME_MISSING"}},
  });
}

TEST(Partition, NeverPicksTheBetterOfTwo) {
  Check({
      {.name = "without a name it may be either",
       .rows = {{"police", "a", "张伟", "19900307"},
                {"labor", "a", "李静", "19900307"},
                {"health", "a", "", "19900307"}},
       .persons = {{1}, {2}, {3}},
       .candidates = {"1-2 NAME_CONTRADICTS", "1-3 AGREES_WITH_SEVERAL",
                      "2-3 AGREES_WITH_SEVERAL"}},
      {.name = "its birth date tells which",
       .rows = {{"police", "a", "张伟", "19900307"},
                {"labor", "a", "李静", "19910101"},
                {"health", "a", "", "19900307"}},
       .persons = {{1, 3}, {2}},
       .candidates = {"1-2 NAME_CONTRADICTS"}},
      {.name = "one edit from each of two names",
       .rows = {{"police", "a", "王小明", ""},
                {"labor", "a", "王大亮", ""},
                {"health", "a", "王大明", ""}},
       .persons = {{1}, {2}, {3}},
       .candidates = {"1-2 NAME_CONTRADICTS", "1-3 AGREES_WITH_SEVERAL",
                      "2-3 AGREES_WITH_SEVERAL"}},
      {.name = "the same name is no rival",
       .rows = {{"police", "a", "王小明", ""},
                {"labor", "a", "李静", ""},
                {"health", "a", "王小明", ""}},
       .persons = {{1, 3}, {2}},
       .candidates = {"2-3 NAME_CONTRADICTS"}},
  });
}

TEST(Partition, HeedsTheClerk) {
  Check({
      {.name = "SAME joins what the name keeps apart",
       .rows = {{"police", "a", "张伟", ""}, {"labor", "a", "李静", ""}},
       .must = {{1, 2}},
       .persons = {{1, 2}}},
      {.name = "and what comes later under either name",
       .rows = {{"police", "a", "张伟", ""},
                {"labor", "a", "李静", ""},
                {"health", "a", "李静", ""},
                {"commerce", "a", "张伟", ""}},
       .must = {{1, 2}},
       .persons = {{1, 2, 3, 4}}},
      {.name = "SAME makes two numbers one person's",
       .rows = {{"police", "a", "张伟", ""},
                {"labor", "b", "张伟", ""},
                {"health", "b", "张伟", ""},
                {"commerce", "a", "张伟", ""}},
       .must = {{1, 2}},
       .persons = {{1, 2, 3, 4}}},
      {.name = "DIFFERENT keeps apart and asks no more",
       .rows = {{"police", "a", "张伟", ""}, {"labor", "a", "张伟", ""}},
       .cannot = {{1, 2}},
       .persons = {{1}, {2}}},
      {.name = "DIFFERENT settles a candidate",
       .rows = {{"police", "a", "张伟", ""},
                {"labor", "a", "李静", ""},
                {"health", "a", "李静", ""}},
       .cannot = {{1, 2}},
       .persons = {{1}, {2, 3}}},
      {.name = "a record between two that are different joins the first",
       .rows = {{"a", "a", "张伟", ""},
                {"b", "a", "张伟", ""},
                {"c", "a", "张伟", ""}},
       .cannot = {{1, 2}},
       .persons = {{1, 3}, {2}}},
  });
}

TEST(Partition, KeepsContradictingNumbersApart) {
  Check({
      // People hold two numbers; one record that names both does not make the
      // others one without a clerk.
      {.name = "two numbers in one record",
       .rows = {{"a", "a", "张伟", ""},
                {"b", "ab", "张伟", ""},
                {"c", "b", "张伟", ""}},
       .persons = {{1, 2}, {3}},
       .candidates = {"2-3 KEPT_APART"}},
      // Each shares another number with the third, whose name is an edit away
      // from both; on the first number their names contradict.
      {.name = "two names of one number, joined by way of others",
       .rows = {{"a", "ac", "王小明", ""},
                {"b", "ab", "王大亮", ""},
                {"c", "bc", "王大明", ""}},
       .persons = {{1, 3}, {2}},
       .candidates = {"1-2 NAME_CONTRADICTS"}},
      {.name = "until one rules that they are",
       .rows = {{"a", "a", "张伟", ""},
                {"b", "ab", "张伟", ""},
                {"c", "b", "张伟", ""}},
       .must = {{1, 3}},
       .persons = {{1, 2, 3}}},
  });
}

TEST(Partition, KeepsTheOnlyRecordsOfAnAgencyApart) {
  Check({
      {.name = "two of an agency that has one record of a person",
       .rows = {{"a", "a", "张伟", "", true}, {"a", "a", "张伟", "", true}},
       .persons = {{1}, {2}},
       .candidates = {"1-2 KEPT_APART"}},
      {.name = "one of them is retracted",
       .rows = {{"a", "a", "张伟", "", true}, {"a", "a", "张伟", "", false}},
       .persons = {{1, 2}}},
      {.name = "two agencies have one each",
       .rows = {{"a", "a", "张伟", "", true}, {"b", "a", "张伟", "", true}},
       .persons = {{1, 2}}},
      {.name = "a third record belongs to one of them",
       .rows = {{"a", "a", "张伟", "", true},
                {"a", "a", "张伟", "", true},
                {"b", "a", "张伟", ""}},
       .persons = {{1, 3}, {2}},
       .candidates = {"1-2 KEPT_APART"}},
      {.name = "a clerk knows better",
       .rows = {{"a", "a", "张伟", "", true}, {"a", "a", "张伟", "", true}},
       .must = {{1, 2}},
       .persons = {{1, 2}}},
  });
}

TEST(Partition, TakesScoredEdgesUnlessTheyAreRivalled) {
  const std::vector<Row> three = {
      {"a", "", "x", ""}, {"b", "", "x", ""}, {"c", "", "x", ""}};
  Check({
      {.name = "over the upper threshold",
       .rows = three,
       .scored = {Scored(1, 2, 15)},
       .persons = {{1, 2}, {3}}},
      {.name = "between the thresholds",
       .rows = three,
       .scored = {Scored(1, 2, 8)},
       .persons = {{1}, {2}, {3}},
       .candidates = {"1-2 SCORE_BETWEEN_THRESHOLDS"}},
      {.name = "under the lower",
       .rows = three,
       .scored = {Scored(1, 2, 3)},
       .persons = {{1}, {2}, {3}}},
      {.name = "a third that is unconnected to the other end",
       .rows = three,
       .scored = {Scored(1, 2, 20), Scored(2, 3, 15)},
       .persons = {{1}, {2}, {3}},
       .candidates = {"1-2 AGREES_WITH_SEVERAL", "2-3 AGREES_WITH_SEVERAL"}},
      {.name = "within the margin, though under the threshold",
       .rows = three,
       .scored = {Scored(1, 2, 13), Scored(2, 3, 11)},
       .persons = {{1}, {2}, {3}},
       .candidates = {"1-2 AGREES_WITH_SEVERAL",
                      "2-3 SCORE_BETWEEN_THRESHOLDS"}},
      {.name = "outside of it",
       .rows = three,
       .scored = {Scored(1, 2, 13), Scored(2, 3, 9)},
       .persons = {{1, 2}, {3}},
       .candidates = {"2-3 SCORE_BETWEEN_THRESHOLDS"}},
      {.name = "all three connected",
       .rows = three,
       .scored = {Scored(1, 2, 20), Scored(2, 3, 15), Scored(1, 3, 5)},
       .persons = {{1, 2, 3}}},
      {.name = "but not if two of them are different",
       .rows = three,
       .cannot = {{1, 3}},
       .scored = {Scored(1, 2, 20), Scored(2, 3, 15), Scored(1, 3, 5)},
       .persons = {{1}, {2}, {3}},
       .candidates = {"1-2 AGREES_WITH_SEVERAL", "2-3 AGREES_WITH_SEVERAL"}},
      {.name = "a lone edge between two large sets (here: of two)",
       .rows = {{"a", "a", "x", ""},
                {"b", "a", "x", ""},
                {"c", "c", "x", ""},
                {"d", "c", "x", ""},
                {"e", "", "x", ""}},
       .scored = {Scored(1, 5, 20)},
       .persons = {{1, 2, 5}, {3, 4}}},
      {.name = "bridges them only if it is not alone",
       .rows = {{"a", "a", "x", ""},
                {"b", "a", "x", ""},
                {"c", "", "x", ""},
                {"d", "", "x", ""}},
       .must = {{3, 4}},
       .scored = {Scored(1, 3, 20)},
       .persons = {{1, 2}, {3, 4}},
       .candidates = {"1-3 BRIDGES_LARGE_SETS"}},
      {.name = "as these two are",
       .rows = {{"a", "a", "x", ""},
                {"b", "a", "x", ""},
                {"c", "", "x", ""},
                {"d", "", "x", ""}},
       .must = {{3, 4}},
       .scored = {Scored(1, 3, 20), Scored(2, 4, 20)},
       .persons = {{1, 2, 3, 4}}},
  });
}

// Twins, father and son: however much else agrees, a clerk is asked.
TEST(Partition, AsksWhereNamesOrBirthDatesContradict) {
  const Row ann = {"a", "", "Ann Lee", "19850307"};
  Check({
      {.name = "another given name",
       .rows = {ann, {"b", "", "Mary Lee", "19850307"}},
       .scored = {Scored(1, 2, 40)},
       .persons = {{1}, {2}},
       .candidates = {"1-2 SCORE_BETWEEN_THRESHOLDS"}},
      {.name = "another birth date",
       .rows = {ann, {"b", "", "Ann Lee", "19620818"}},
       .scored = {Scored(1, 2, 40)},
       .persons = {{1}, {2}},
       .candidates = {"1-2 SCORE_BETWEEN_THRESHOLDS"}},
      {.name = "a slip in each",
       .rows = {ann, {"b", "", "Anne Lea", "19850308"}},
       .scored = {Scored(1, 2, 40)},
       .persons = {{1, 2}}},
      {.name = "nothing known of them",
       .rows = {ann, {"b", "", "", ""}},
       .scored = {Scored(1, 2, 40)},
       .persons = {{1, 2}}},
      {.name = "a twin is no rival",
       .rows = {ann,
                {"b", "", "Anne Lee", "19850307"},
                {"c", "", "Mary Lee", "19850307"}},
       .scored = {Scored(1, 2, 40), Scored(1, 3, 30)},
       .persons = {{1, 2}, {3}},
       .candidates = {"1-3 SCORE_BETWEEN_THRESHOLDS"}},
  });
}

TEST(Partition, LeavesScoredEdgesAsideOverTheLimit) {
  const auto records = FeaturesOf({{"a", "a", "x", ""},
                                   {"b", "a", "x", ""},
                                   {"c", "", "y", ""},
                                   {"d", "", "z", ""}});
  const std::vector<Edge> scored = {Scored(1, 3, 20)};
  const Partitioned got = Partition({.records = records,
                                     .scored = scored,
                                     .must = {},
                                     .cannot = {},
                                     .thresholds = {.neighbourhood_limit = 2}});
  EXPECT_EQ(got.persons, (Persons{{1, 2}, {3}, {4}}));
  EXPECT_FALSE(got.over_limit.empty());
  EXPECT_THAT(Describe(got.candidates), ElementsAre("1-3 TOO_MANY_CANDIDATES"));
}

// What was not looked at counts for whoever leads there, and for nobody else.
TEST(Partition, HoldsWhatIsCutToBeOverTheLimit) {
  const auto records = FeaturesOf({{"a", "", "x", ""},
                                   {"b", "", "x", ""},
                                   {"c", "", "y", ""},
                                   {"d", "", "y", ""}});
  const std::vector<Edge> scored = {Scored(1, 2, 20), Scored(3, 4, 20)};
  const std::vector<Uid> cut = {2};
  const Partitioned got = Partition({.records = records,
                                     .scored = scored,
                                     .must = {},
                                     .cannot = {},
                                     .thresholds = {},
                                     .cut = cut});
  EXPECT_FALSE(got.over_limit.empty());
  EXPECT_THAT(
      Describe(got.candidates),
      ElementsAre("1-2 TOO_MANY_CANDIDATES", "3-4 SCORE_BETWEEN_THRESHOLDS"));
}

// A number that a factory gave to everybody: cost must not grow with pairs.
TEST(Partition, BearsANumberWithManyHolders) {
  std::vector<Row> rows;
  for (int i = 0; i < 3'000; ++i) {
    rows.push_back({"a", "a", i % 2 == 0 ? "张伟" : "李静", ""});
  }
  const Partitioned got = Partition({.records = FeaturesOf(rows)});
  ASSERT_EQ(got.persons.size(), 2U);
  EXPECT_EQ(got.persons[0].size(), 1'500U);
  EXPECT_EQ(got.candidates.size(), 1U);

  for (int i = 0; i < 3'000; ++i) {
    rows[static_cast<std::size_t>(i)].name = "张" + std::to_string(i);
  }
  const Partitioned many = Partition({.records = FeaturesOf(rows)});
  EXPECT_EQ(many.persons.size(), 3'000U);
  EXPECT_THAT(Describe(many.candidates), ElementsAre(testing::_));
}

// An agency learns that two of its records are one person only from its own.
TEST(OwnGroups, AreFormedByOwnEdgesAndDecisions) {
  const Thresholds thresholds;
  const auto own = FeaturesOf({{"labor", "", "张伟", ""},
                               {"labor", "a", "张伟", ""},
                               {"labor", "a", "张伟", ""},
                               {"labor", "b", "张伟", ""}});
  EXPECT_EQ(OwnGroups(own, {}, {}, {}, thresholds),
            (Persons{{1}, {2, 3}, {4}}));
  const std::vector<Pair> must = {{1, 4}, {1, 99}, {3, 99}};
  EXPECT_EQ(OwnGroups(own, {}, must, {}, thresholds),
            (Persons{{1, 4}, {2, 3}}));
}

// --- from records ---

TEST(FeaturesOf, TakesOnlyWhatIdentifies) {
  const std::string number = DemoNumber("19900307", 42);
  std::string wrong = DemoNumber("19900307", 44);
  wrong.back() = wrong.back() == '1' ? '2' : '1';
  Records records;
  records.Add("labor.320500", "k1",
              NumberText(number) +
                  "name{full:'张伟'} sex{value:SEX_FEMALE} "
                  "birth_date{date{year:1990 month:3 day:7}}");
  records.Add("labor.320500", "k2",
              NumberText("000000000000000000") +
                  "name{full:'无名氏'} birth_date{date{year:1900 month:1 "
                  "day:1}}");
  records.Add(
      "labor.320500", "k3",
      NumberText(wrong) + "identifiers{kind:KIND_PASSPORT number:'E12345678'}");
  const auto views = records.Views();
  const LinkFeatures sound = FeaturesOf(views[0]);
  EXPECT_THAT(sound.identifiers, ElementsAre(number));
  EXPECT_EQ(sound.name, "张伟");
  EXPECT_EQ(sound.birth_date, (codes::PartialDate{1990, 3, 7}));
  EXPECT_EQ(sound.sex, codes::Sex::kFemale);
  EXPECT_EQ(sound.record_key, "k1");
  const LinkFeatures filler = FeaturesOf(views[1]);
  EXPECT_THAT(filler.identifiers, IsEmpty());
  EXPECT_EQ(filler.name, "");
  EXPECT_EQ(filler.birth_date, std::nullopt);
  EXPECT_THAT(FeaturesOf(views[2]).identifiers, IsEmpty());

  records.Retract(1, 2, {"identifiers", "name"});
  EXPECT_THAT(FeaturesOf(records.Views()[0]).identifiers, IsEmpty());
}

// The same number filed under another kind, or with 15 digits, is the same.
TEST(FeaturesOf, SpellsANumberInOneWay) {
  Records records;
  records.Add("a.1", "k1",
              "identifiers{kind:KIND_HMT_RESIDENCE_PERMIT "
              "number:'810000199408230021'}");
  records.Add("a.1", "k2", NumberText("８１００００ 19940823 0021"));
  const auto views = records.Views();
  EXPECT_THAT(FeaturesOf(views[0]).identifiers,
              ElementsAre("810000199408230021"));
  EXPECT_EQ(FeaturesOf(views[0]).identifiers, FeaturesOf(views[1]).identifiers);
}

// --- properties ---

struct Any {
  std::vector<LinkFeatures> records;
  std::vector<Edge> scored;
  std::vector<Pair> must;
  std::vector<Pair> cannot;
  Thresholds thresholds = kThresholds;

  LinkInput Input() const {
    return {.records = records,
            .scored = scored,
            .must = must,
            .cannot = cannot,
            .thresholds = thresholds};
  }
};

Any AnyInput() {
  Any any;
  std::vector<Row> rows;
  const auto count = *rc::gen::inRange(2, 12);
  for (int i = 0; i < count; ++i) {
    rows.push_back(
        {*rc::gen::element<std::string>("a", "b", "c"),
         *rc::gen::element<std::string>("", "a", "a", "b", "b", "c", "ab"),
         *rc::gen::element<std::string>("", "王小明", "王大明", "王大亮",
                                        "李静", "钟山", "鍾山"),
         *rc::gen::element<std::string>("", "19900307", "19900308",
                                        "19900703")});
  }
  any.records = FeaturesOf(rows);
  const auto uid = [&] {
    return *rc::gen::inRange<Uid>(1, static_cast<Uid>(count) + 1);
  };
  std::map<Pair, double> scored;
  for (auto n = *rc::gen::inRange(0, 8); n > 0; --n) {
    const Pair pair = Pair::Of(uid(), uid());
    if (pair.a != pair.b) scored[pair] = *rc::gen::inRange(2, 24);
  }
  for (const auto& [pair, score] : scored) {
    any.scored.push_back(Scored(pair.a, pair.b, score));
  }
  for (auto n = *rc::gen::inRange(0, 3); n > 0; --n) {
    any.must.push_back(Pair::Of(uid(), uid()));
  }
  for (auto n = *rc::gen::inRange(0, 3); n > 0; --n) {
    any.cannot.push_back(Pair::Of(uid(), uid()));
  }
  any.thresholds.large_set = 3;
  any.thresholds.neighbourhood_limit = *rc::gen::element<std::size_t>(3, 100);
  return any;
}

std::size_t PersonOf(const Persons& persons, Uid uid) {
  for (std::size_t i = 0; i < persons.size(); ++i) {
    if (std::ranges::binary_search(persons[i], uid)) return i;
  }
  return persons.size();
}

RC_GTEST_PROP(Partition, IgnoresOrderAndTheNumberingOfRecords, ()) {
  Any any = AnyInput();
  const Partitioned want = Partition(any.Input());

  // New uids, as if the records had come in another order.
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  std::vector<Uid> renamed(any.records.size() + 1);
  std::iota(renamed.begin(), renamed.end(), Uid{0});
  std::shuffle(renamed.begin() + 1, renamed.end(), random);
  const auto rename = [&](Pair pair) {
    return Pair::Of(renamed[pair.a], renamed[pair.b]);
  };
  for (LinkFeatures& record : any.records) record.uid = renamed[record.uid];
  for (Edge& edge : any.scored) {
    edge.a = renamed[edge.a];
    edge.b = renamed[edge.b];
  }
  for (Pair& pair : any.must) pair = rename(pair);
  for (Pair& pair : any.cannot) pair = rename(pair);
  std::ranges::shuffle(any.records, random);
  std::ranges::shuffle(any.scored, random);
  std::ranges::shuffle(any.must, random);
  std::ranges::shuffle(any.cannot, random);
  const Partitioned got = Partition(any.Input());

  Persons persons;
  for (const auto& person : want.persons) {
    auto& set = persons.emplace_back();
    for (const Uid uid : person) set.push_back(renamed[uid]);
    std::ranges::sort(set);
  }
  std::ranges::sort(persons);
  RC_ASSERT(got.persons == persons);
  std::vector<Candidate> candidates = want.candidates;
  for (Candidate& candidate : candidates) {
    candidate.pair = rename(candidate.pair);
  }
  RC_ASSERT(Describe(got.candidates) == Describe(candidates));
}

// The neighbourhood that a change touches gives what all records together do.
RC_GTEST_PROP(Partition, OfANeighbourhoodEqualsThatOfEverything, ()) {
  const Any any = AnyInput();
  const Partitioned all = Partition(any.Input());

  // Components over shared numbers, must-links and edges over the threshold.
  const std::size_t n = any.records.size();
  std::vector<std::size_t> component(n + 1);
  std::iota(component.begin(), component.end(), std::size_t{0});
  const auto join = [&](Uid a, Uid b) {
    const auto from = component[a];
    const auto into = component[b];
    for (auto& c : component) c = c == from ? into : c;
  };
  for (const auto& a : any.records) {
    for (const auto& b : any.records) {
      for (const auto& number : a.identifiers) {
        if (std::ranges::find(b.identifiers, number) != b.identifiers.end()) {
          join(a.uid, b.uid);
        }
      }
    }
  }
  for (const Pair& pair : any.must) join(pair.a, pair.b);
  for (const Edge& edge : any.scored) {
    if (edge.score >= any.thresholds.lower) join(edge.a, edge.b);
  }

  Persons persons;
  std::vector<Candidate> candidates;
  std::vector<Uid> over_limit;
  for (std::size_t c = 1; c <= n; ++c) {
    Any part = any;
    std::erase_if(part.records, [&](const LinkFeatures& record) {
      return component[record.uid] != c;
    });
    if (part.records.empty()) continue;
    const Partitioned got = Partition(part.Input());
    persons.insert(persons.end(), got.persons.begin(), got.persons.end());
    candidates.insert(candidates.end(), got.candidates.begin(),
                      got.candidates.end());
    over_limit.insert(over_limit.end(), got.over_limit.begin(),
                      got.over_limit.end());
  }
  std::ranges::sort(persons);
  RC_ASSERT(persons == all.persons);
  RC_ASSERT(Describe(candidates) == Describe(all.candidates));
  std::ranges::sort(over_limit);
  RC_ASSERT(over_limit == all.over_limit);
}

RC_GTEST_PROP(Partition, NeverJoinsWhatAClerkRuledDifferent, ()) {
  const Any any = AnyInput();
  const Partitioned got = Partition(any.Input());
  std::size_t records = 0;
  for (const auto& person : got.persons) records += person.size();
  RC_ASSERT(records == any.records.size());
  for (const Pair& pair : any.cannot) {
    if (pair.a == pair.b) continue;
    RC_ASSERT(PersonOf(got.persons, pair.a) != PersonOf(got.persons, pair.b));
  }
  for (const Candidate& candidate : got.candidates) {
    const auto a = PersonOf(got.persons, candidate.pair.a);
    const auto b = PersonOf(got.persons, candidate.pair.b);
    RC_ASSERT(a != b);
    // What a clerk settled is not asked again.
    for (const Pair& pair : any.cannot) {
      const auto x = PersonOf(got.persons, pair.a);
      const auto y = PersonOf(got.persons, pair.b);
      RC_ASSERT(!(x == a && y == b) && !(x == b && y == a));
    }
  }
}

// Without a ruling no person has two names that contradict each other on one
// number, whoever else agrees with both.
RC_GTEST_PROP(Partition, NeverJoinsTwoNamesOfOneNumber, ()) {
  Any any = AnyInput();
  any.must.clear();
  any.scored.clear();
  const Partitioned got = Partition(any.Input());
  const Strong strong = StrongEdges(any.records, {});
  for (const Candidate& doubt : strong.doubts) {
    if (doubt.doubt != Doubt::kNameContradicts) continue;
    RC_ASSERT(PersonOf(got.persons, doubt.pair.a) !=
              PersonOf(got.persons, doubt.pair.b));
  }
}

// What a trace tells is what was done: its steps, one after the other, make the
// same persons, and each question stands in it with its doubt.
RC_GTEST_PROP(Partition, IsWhatItsTraceTells, ()) {
  const Any any = AnyInput();
  PartitionTrace trace;
  const Partitioned got = Partition(any.Input(), &trace);
  RC_ASSERT(got.persons == Partition(any.Input()).persons);
  RC_ASSERT(trace.steps.size() + got.persons.size() == any.records.size());
  std::map<Uid, std::set<Uid>> sets;
  for (const LinkFeatures& record : any.records) {
    sets[record.uid] = {record.uid};
  }
  PartitionTrace::Basis last = PartitionTrace::Basis::kRuling;
  for (const PartitionTrace::Step& step : trace.steps) {
    // Rulings, then numbers, then scores.
    RC_ASSERT(step.basis >= last);
    last = step.basis;
    std::set<Uid> joined = sets.at(step.pair.a);
    RC_ASSERT(!joined.contains(step.pair.b));
    joined.insert(sets.at(step.pair.b).begin(), sets.at(step.pair.b).end());
    RC_ASSERT(joined.size() == step.size);
    for (const Uid uid : joined) sets[uid] = joined;
  }
  for (const auto& [uid, set] : sets) {
    const auto& person = got.persons.at(PersonOf(got.persons, uid));
    RC_ASSERT(std::ranges::equal(set, person));
  }
  for (const Candidate& candidate : got.candidates) {
    RC_ASSERT(std::ranges::any_of(
        trace.asides, [&](const PartitionTrace::Aside& aside) {
          return aside.pair == candidate.pair && aside.doubt == candidate.doubt;
        }));
  }
  for (const PartitionTrace::Aside& aside : trace.asides) {
    RC_ASSERT((aside.doubt == Doubt::kKeptApart) ==
              (aside.apart != PartitionTrace::Apart::kNothing));
    RC_ASSERT(!aside.rival.has_value() || aside.doubt == Doubt::kRival);
    RC_ASSERT(aside.doubt != Doubt::kRival || aside.rival.has_value() ||
              aside.basis == PartitionTrace::Basis::kNumber);
  }
}

}  // namespace
}  // namespace waystation::domain
