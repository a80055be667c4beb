// SPDX-License-Identifier: Apache-2.0
#include "proto/directory/place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "waystation/config/v1/services.pb.h"

namespace waystation::directory {
namespace {

using ::testing::ElementsAre;

config::v1::ServicePoints Points(
    const std::vector<std::pair<std::string, std::string>>& all) {
  config::v1::ServicePoints file;
  for (const auto& [division, service] : all) {
    v1::ServicePoint& point = *file.add_points();
    point.set_id("p" + std::to_string(file.points_size()));
    point.set_division(division);
    point.add_services(service);
  }
  return file;
}

std::vector<std::string> Ids(const Nearest& nearest) {
  std::vector<std::string> ids;
  for (const v1::ServicePoint* point : nearest.points)
    ids.push_back(point->id());
  return ids;
}

TEST(PlacePrefix, DropsWhatIsNotReached) {
  EXPECT_EQ(PlacePrefix("32"), "32");
  EXPECT_EQ(PlacePrefix("320000"), "32");
  EXPECT_EQ(PlacePrefix("320500"), "3205");
  EXPECT_EQ(PlacePrefix("3205"), "3205");
  EXPECT_EQ(PlacePrefix("320505"), "320505");
  EXPECT_EQ(PlacePrefix("320505000000"), "320505");
  EXPECT_EQ(PlacePrefix("320505010000"), "320505010");
  EXPECT_EQ(PlacePrefix("320505010003007"), "320505010003007");
}

TEST(PlacePrefix, IsInTodaysNumbering) {
  // 320502 and two others became 320508 in 2012.
  EXPECT_EQ(PlacePrefix("320502"), "320508");
  EXPECT_TRUE(LiesIn("320502001", "320508"));
}

TEST(LiesIn, FollowsTheTree) {
  EXPECT_TRUE(LiesIn("320505010", "320505"));
  EXPECT_TRUE(LiesIn("320505", "320505"));
  EXPECT_TRUE(LiesIn("320505010003007", "32"));
  EXPECT_FALSE(LiesIn("320505", "320505010"));
  EXPECT_FALSE(LiesIn("320508", "320505"));
}

TEST(FindNearest, TakesTheSmallestThatHasOne) {
  const auto file = Points({{"320102002001007", "health.vaccination"},
                            {"320102002001", "health.vaccination"},
                            {"320102002", "health.vaccination"},
                            {"320104", "health.vaccination"},
                            {"320100", "legal_aid.advice"},
                            {"320505", "health.vaccination"}});
  const struct {
    std::string from;
    std::string division;
    std::vector<std::string> ids;
  } cases[] = {
      {"320102002001007", "320102002001007", {"p1"}},
      // Its community, which the unit is part of.
      {"320102002001008", "320102002001", {"p2", "p1"}},
      {"320102002001", "320102002001", {"p2", "p1"}},
      {"320102002002", "320102002", {"p3", "p2", "p1"}},
      {"320102003", "320102", {"p3", "p2", "p1"}},
      {"320102", "320102", {"p3", "p2", "p1"}},
      // Across the city.
      {"320106", "3201", {"p3", "p2", "p1", "p4"}},
      {"320100", "3201", {"p3", "p2", "p1", "p4"}},
  };
  for (const auto& [from, division, ids] : cases) {
    SCOPED_TRACE(from);
    const auto nearest = FindNearest(file, from, "health.vaccination");
    ASSERT_TRUE(nearest.has_value());
    EXPECT_EQ(nearest->division, division);
    EXPECT_EQ(Ids(*nearest), ids);
  }
}

TEST(FindNearest, LooksForTheServiceAlone) {
  const auto file = Points(
      {{"320102", "health.vaccination"}, {"320100", "legal_aid.advice"}});
  const auto nearest = FindNearest(file, "320102002", "legal_aid.advice");
  ASSERT_TRUE(nearest.has_value());
  EXPECT_EQ(nearest->division, "3201");
  EXPECT_THAT(Ids(*nearest), ElementsAre("p2"));
  EXPECT_THAT(Ids(*FindNearest(file, "320102002", "")), ElementsAre("p1"));
}

TEST(FindNearest, NeverLeavesTheCity) {
  const auto file = Points({{"320505", "health.vaccination"}});
  EXPECT_EQ(FindNearest(file, "320102002", "health.vaccination"), std::nullopt);
}

// Whatever is found lies in the division that is named, that one holds what was
// asked about, and no smaller one around it has any.
RC_GTEST_PROP(FindNearest, IsTheSmallestAround, ()) {
  const auto digit = rc::gen::inRange(1, 3);
  const auto any = [&] {
    std::string code = "32010";
    code += std::to_string(*digit + 1);
    for (int level = *rc::gen::inRange(0, 4); level > 0; --level) {
      code += "00";
      code += std::to_string(*digit);
    }
    return code;
  };
  config::v1::ServicePoints file;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    v1::ServicePoint& point = *file.add_points();
    point.set_id("p" + std::to_string(i));
    point.set_division(any());
    point.add_services("x.y");
  }
  const std::string from = any();
  const auto nearest = FindNearest(file, from, "x.y");
  RC_ASSERT(nearest.has_value() == (file.points_size() > 0));
  if (!nearest.has_value()) return;
  RC_ASSERT(LiesIn(from, nearest->division));
  for (const v1::ServicePoint& point : file.points()) {
    const bool is_in = LiesIn(point.division(), nearest->division);
    const bool is_named =
        std::ranges::find(nearest->points, &point) != nearest->points.end();
    RC_ASSERT(is_in == is_named);
    // No smaller one around `from` holds it.
    std::size_t shared = 0;
    while (shared < from.size() && shared < point.division().size() &&
           from[shared] == point.division()[shared]) {
      ++shared;
    }
    for (const std::size_t level : {15u, 12u, 9u, 6u}) {
      if (level > nearest->division.size() && level <= from.size()) {
        RC_ASSERT(shared < level);
      }
    }
  }
}

}  // namespace
}  // namespace waystation::directory
