// SPDX-License-Identifier: Apache-2.0
#include "server/domain/responsible.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/codes/division.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::domain {
namespace {

using Answer = Responsible::Answer;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// Agencies called <sector>.<jurisdiction>.
class Agencies {
 public:
  explicit Agencies(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
      const std::size_t dot = id.find('.');
      auto agency = std::make_unique<v1::Agency>();
      agency->set_id(id);
      agency->set_sector(id.substr(0, dot));
      // What follows a + tells two of one jurisdiction apart.
      const std::string rest = id.substr(dot + 1);
      agency->set_jurisdiction(rest.substr(0, rest.find('+')));
      all_.push_back(std::move(agency));
    }
    for (const auto& agency : all_) pointers_.push_back(agency.get());
  }
  const std::vector<const v1::Agency*>& all() const { return pointers_; }

 private:
  std::vector<std::unique_ptr<v1::Agency>> all_;
  std::vector<const v1::Agency*> pointers_;
};

std::vector<std::string> IdsOf(const Responsible& responsible) {
  std::vector<std::string> ids;
  for (const v1::Agency* const agency : responsible.agencies) {
    ids.push_back(agency->id());
  }
  return ids;
}

// Suzhou's police from the province down to a community of Gusu.
const std::vector<std::string> kTree = {
    "police.32",        "police.3205",         "police.320508",
    "police.320508014", "police.320508014003", "health.3205",
};

struct Case {
  std::string_view name;
  std::string_view sector;
  std::string_view division;
  std::vector<std::string> agencies;
  Answer answer = Answer::kNobody;
  std::vector<std::string> want = {};
};

void Check(const Case& one) {
  SCOPED_TRACE(one.name);
  const Agencies agencies(one.agencies);
  const Responsible got =
      FindResponsible(one.sector, one.division, agencies.all());
  EXPECT_EQ(got.answer, one.answer);
  EXPECT_THAT(IdsOf(got), ElementsAreArray(one.want));
}

TEST(FindSuperior, IsTheNextOneUp) {
  const Agencies agencies(kTree);
  const auto superior = [&](std::string_view id) -> std::string {
    const auto found = std::ranges::find(agencies.all(), id, &v1::Agency::id);
    const v1::Agency* up = FindSuperior(**found, agencies.all());
    return up == nullptr ? "" : up->id();
  };
  EXPECT_EQ(superior("police.320508014003"), "police.320508014");
  EXPECT_EQ(superior("police.320508014"), "police.320508");
  EXPECT_EQ(superior("police.320508"), "police.3205");
  EXPECT_EQ(superior("police.3205"), "police.32");
  EXPECT_EQ(superior("police.32"), "");
  EXPECT_EQ(superior("health.3205"), "");
}

TEST(FindSuperior, LeavesOutWhoIsNotThere) {
  const Agencies agencies({"police.32", "police.320500", "police.320508014",
                           "police.320505014", "police.320505"});
  const auto superior = [&](std::string_view id) -> std::string {
    const auto found = std::ranges::find(agencies.all(), id, &v1::Agency::id);
    const v1::Agency* up = FindSuperior(**found, agencies.all());
    return up == nullptr ? "" : up->id();
  };
  EXPECT_EQ(superior("police.320508014"), "police.320500");
  EXPECT_EQ(superior("police.320505014"), "police.320505");
  EXPECT_EQ(superior("police.320500"), "police.32");
}

TEST(FindSuperior, IsNobodyWhereTwoMayBe) {
  const Agencies agencies({"a.320508", "a.3205", "a.320500"});
  EXPECT_EQ(FindSuperior(*agencies.all().front(), agencies.all()), nullptr);
}

TEST(FindResponsible, WalksUpTheTree) {
  const Case cases[] = {
      {"a community has its own desk",
       "police",
       "320508014003",
       kTree,
       Answer::kFound,
       {"police.320508014003"}},
      {"its neighbour is its town's",
       "police",
       "320508014004",
       kTree,
       Answer::kFound,
       {"police.320508014"}},
      {"another town is the county's",
       "police",
       "320508015002",
       kTree,
       Answer::kFound,
       {"police.320508"}},
      {"another county is the city's",
       "police",
       "320505",
       kTree,
       Answer::kFound,
       {"police.3205"}},
      {"another city is the province's",
       "police",
       "321002",
       kTree,
       Answer::kFound,
       {"police.32"}},
      {"another sector has its own tree",
       "health",
       "320508014003",
       kTree,
       Answer::kFound,
       {"health.3205"}},
      {"a city is the city's, whoever is below",
       "police",
       "320500",
       kTree,
       Answer::kFound,
       {"police.3205"}},
      {"and the province the province's",
       "police",
       "320000",
       kTree,
       Answer::kFound,
       {"police.32"}},
      {"written short",
       "police",
       "3205",
       kTree,
       Answer::kFound,
       {"police.3205"}},
      {"written long",
       "police",
       "320508014000",
       kTree,
       Answer::kFound,
       {"police.320508014"}},
      {"a city under the province itself",
       "police",
       "429004",
       {"police.42"},
       Answer::kFound,
       {"police.42"}},
      {"a town of Beijing, which has no cities",
       "police",
       "110105001",
       {"police.11"},
       Answer::kFound,
       {"police.11"}},
      {"one agency for a whole province",
       "police",
       "320508014003",
       {"police.32"},
       Answer::kFound,
       {"police.32"}},
  };
  for (const Case& one : cases) Check(one);
}

TEST(FindResponsible, GivesGridUnitsToTheirCommunity) {
  const Case cases[] = {
      {"a unit of a community that has a desk",
       "police",
       "320508014003007",
       kTree,
       Answer::kFound,
       {"police.320508014003"}},
      {"a unit of one that has none",
       "police",
       "320508014004007",
       kTree,
       Answer::kFound,
       {"police.320508014"}},
      {"one digit too many or too few is no code", "police", "3205080140030071",
       kTree},
      {"", "police", "32050801400300", kTree},
  };
  for (const Case& one : cases) Check(one);
}

TEST(FindResponsible, SaysWhenThereIsNobody) {
  const Case cases[] = {
      {"no agency at all", "police", "320508", {}},
      {"none of the sector", "labor", "320508", kTree},
      {"another province", "police", "340100", kTree},
      {"agencies below a division are not responsible for all of it",
       "police",
       "320500",
       {"police.320505", "police.320506", "police.320508"}},
      {"no code", "police", "Suzhou", kTree},
      {"no code", "police", "", kTree},
      {"no code", "police", "000000", kTree},
      {"no code", "police", "32050", kTree},
  };
  for (const Case& one : cases) Check(one);
}

TEST(FindResponsible, KnowsWhatBecameOfCodes) {
  const Case cases[] = {
      // Wujiang became a district in 2012.
      {"renamed: the agency has today's code",
       "police",
       "320584",
       {"police.320509", "police.3205"},
       Answer::kFound,
       {"police.320509"}},
      {"renamed: the agency has the old code",
       "police",
       "320509",
       {"police.320584", "police.3205"},
       Answer::kFound,
       {"police.320584"}},
      {"renamed: both are registered, the one in force goes first",
       "police",
       "320584",
       {"police.320584", "police.320509"},
       Answer::kFound,
       {"police.320509"}},
      {"a town of the old county has the county's desk",
       "police",
       "320584105",
       {"police.320509", "police.320509105"},
       Answer::kFound,
       {"police.320509"}},
      {"unless one is registered under the very digits",
       "police",
       "320584105",
       {"police.320509", "police.320584105"},
       Answer::kFound,
       {"police.320584105"}},
      // Gusu is Canglang, Pingjiang and Jinchang of before 2012.
      {"merged",
       "police",
       "320503",
       {"police.320508", "police.3205"},
       Answer::kFound,
       {"police.320508"}},
      {"merged: what was written goes first of those not in force",
       "police",
       "320503",
       {"police.320502", "police.320503", "police.3205"},
       Answer::kFound,
       {"police.320503"}},
      {"merged: today's code says nothing of which part",
       "police",
       "320508",
       {"police.320502", "police.320503", "police.3205"},
       Answer::kAmbiguous,
       {"police.320502", "police.320503"}},
      // Shuyang left Huaiyin for Suqian.
      {"moved to another city",
       "police",
       "320823",
       {"police.3208", "police.3213"},
       Answer::kFound,
       {"police.3213"}},
      // A unit of the statistics bureau: the new district of Suzhou.
      {"in no list of the ministry",
       "police",
       "320571",
       {"police.3205", "police.32"},
       Answer::kFound,
       {"police.3205"}},
      {"in no list at all: by its digits",
       "police",
       "329998",
       {"police.3205", "police.32"},
       Answer::kFound,
       {"police.32"}},
      {"newer than our lists",
       "police",
       "320599",
       {"police.320599", "police.3205"},
       Answer::kFound,
       {"police.320599"}},
      // 市辖区 stands for all districts of the city.
      {"a collective code is the city's",
       "police",
       "320501",
       {"police.320508", "police.3205", "police.32"},
       Answer::kFound,
       {"police.3205"}},
  };
  for (const Case& one : cases) Check(one);
}

TEST(FindResponsible, LeavesDivisionsThatWereSplitToPeople) {
  // Wuxian of Suzhou became the districts Wuzhong and Xiangcheng.
  const Case cases[] = {
      {"each part has an agency",
       "police",
       "320586",
       {"police.320506", "police.320507", "police.3205"},
       Answer::kAmbiguous,
       {"police.320506", "police.320507"}},
      {"one has, the other is the city's",
       "police",
       "320586",
       {"police.320507", "police.3205"},
       Answer::kAmbiguous,
       {"police.3205", "police.320507"}},
      {"one has, the other nobody",
       "police",
       "320586",
       {"police.320507"},
       Answer::kAmbiguous,
       {"police.320507"}},
      {"one agency for both",
       "police",
       "320586",
       {"police.3205", "police.32"},
       Answer::kFound,
       {"police.3205"}},
      {"a town of it",
       "police",
       "320586102",
       {"police.320506", "police.320507"},
       Answer::kAmbiguous,
       {"police.320506", "police.320507"}},
      {"a town of it that has its own desk",
       "police",
       "320586102",
       {"police.320506", "police.320507", "police.320586102"},
       Answer::kFound,
       {"police.320586102"}},
      {"only the old one is registered",
       "police",
       "320586102",
       {"police.320586", "police.3205"},
       Answer::kFound,
       {"police.320586"}},
      {"the old one and one of the new",
       "police",
       "320586",
       {"police.320506", "police.320586"},
       Answer::kAmbiguous,
       {"police.320506", "police.320586"}},
      {"nobody for either", "police", "320586", {"police.3201"}},
      // Chaohu was a city; its counties went to three others.
      {"a city that was dissolved",
       "police",
       "341400",
       {"police.3401", "police.3402", "police.3405", "police.34"},
       Answer::kAmbiguous,
       {"police.3401", "police.3402", "police.3405"}},
      {"and is the province's where cities have none",
       "police",
       "341400",
       {"police.34"},
       Answer::kFound,
       {"police.34"}},
      {"what became of a county of it is known",
       "police",
       "341421",
       {"police.3401", "police.3402", "police.3405"},
       Answer::kFound,
       {"police.3401"}},
  };
  for (const Case& one : cases) Check(one);
}

TEST(FindResponsible, NamesAllThatAreRegisteredForTheSame) {
  const Case cases[] = {
      {"two of one jurisdiction",
       "police",
       "320508014",
       {"police.320508+a", "police.320508+b", "police.3205"},
       Answer::kAmbiguous,
       {"police.320508+a", "police.320508+b"}},
      {"two above harm nothing",
       "police",
       "320508014",
       {"police.320508", "police.3205+a", "police.3205+b"},
       Answer::kFound,
       {"police.320508"}},
      {"written short and long",
       "police",
       "320508",
       {"police.3205", "police.320500"},
       Answer::kAmbiguous,
       {"police.3205", "police.320500"}},
      {"all districts of Beijing are Beijing",
       "police",
       "110105",
       {"police.1101", "police.11"},
       Answer::kAmbiguous,
       {"police.11", "police.1101"}},
  };
  for (const Case& one : cases) Check(one);
}

// Counties of today under a city: those of Beijing lie under a collective code
// (110100), which is all of Beijing.
std::vector<std::string_view> PlainCounties() {
  std::vector<std::string_view> codes;
  for (const codes::Division& division : codes::AllDivisions()) {
    const codes::Division* const city =
        codes::FindDivision(codes::ParentDivision(division.code));
    if (division.is_valid() &&
        division.kind == codes::DivisionKind::kStandard &&
        codes::LevelOf(division.code) == codes::DivisionLevel::kCounty &&
        city != nullptr && city->kind == codes::DivisionKind::kStandard) {
      codes.push_back(division.code);
    }
  }
  return codes;
}

rc::Gen<std::string> AnyCode() {
  static const std::vector<std::string_view> counties = PlainCounties();
  return rc::gen::map(
      rc::gen::tuple(rc::gen::elementOf(counties), rc::gen::inRange(0, 3),
                     rc::gen::inRange(0, 3), rc::gen::inRange(0, 5)),
      [](const std::tuple<std::string_view, int, int, int>& drawn) {
        const auto& [county, town, village, cut] = drawn;
        const std::string full = std::string(county) + "00" +
                                 std::to_string(town + 1) + "00" +
                                 std::to_string(village + 1);
        constexpr std::size_t kSizes[] = {2, 4, 6, 9, 12};
        return full.substr(0, kSizes[cut]);
      });
}

// Agencies of one sector, at most one for each jurisdiction, near `division`
// and anywhere.
rc::Gen<std::vector<std::string>> AnyIds(const std::string& division) {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::container<std::set<std::string>>(AnyCode()),
                     rc::gen::container<std::set<std::size_t>>(
                         rc::gen::element<std::size_t>(2, 4, 6, 9, 12))),
      [division](const std::tuple<std::set<std::string>, std::set<std::size_t>>&
                     drawn) {
        std::set<std::string> codes = std::get<0>(drawn);
        for (const std::size_t size : std::get<1>(drawn)) {
          if (size <= division.size()) codes.insert(division.substr(0, size));
        }
        std::vector<std::string> ids;
        for (const std::string& code : codes) ids.push_back("police." + code);
        return ids;
      });
}

// Codes in force need no history: whoever cuts digits off finds the same.
RC_GTEST_PROP(FindResponsible, IsTheLongestPrefixOfCodesInForce, ()) {
  const std::string division = *AnyCode();
  const std::vector<std::string> ids = *AnyIds(division);
  std::vector<std::string> want;
  constexpr std::size_t kSizes[] = {12, 9, 6, 4, 2};
  for (const std::size_t size : kSizes) {
    if (!want.empty() || size > division.size()) continue;
    const std::string id = "police." + division.substr(0, size);
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) want = {id};
  }
  const Agencies agencies(ids);
  const Responsible got = FindResponsible("police", division, agencies.all());
  RC_ASSERT(IdsOf(got) == want);
  RC_ASSERT(got.answer == (want.empty() ? Answer::kNobody : Answer::kFound));
}

// Any code that ever was, among agencies of any code that ever was.
RC_GTEST_PROP(FindResponsible, DoesNotDependOnOrderOrOnOtherSectors, ()) {
  const auto all = codes::AllDivisions();
  const auto any =
      rc::gen::map(rc::gen::inRange<std::size_t>(0, all.size()),
                   [all](std::size_t at) { return std::string(all[at].code); });
  // Codes of one province meet each other often enough.
  const auto of_anhui = rc::gen::suchThat(
      any, [](const std::string& code) { return code.starts_with("34"); });
  const std::string division = *of_anhui;
  std::vector<std::string> ids;
  for (const std::string& code :
       *rc::gen::container<std::set<std::string>>(of_anhui)) {
    ids.push_back("police." + code);
  }
  const Agencies agencies(ids);
  const Responsible got = FindResponsible("police", division, agencies.all());
  std::vector<const v1::Agency*> turned(agencies.all().rbegin(),
                                        agencies.all().rend());
  const Agencies others({"health.34", "health.3401", "health." + division});
  turned.insert(turned.begin(), others.all().begin(), others.all().end());
  RC_ASSERT(FindResponsible("police", division, turned) == got);
  RC_ASSERT((got.answer == Answer::kNobody) == got.agencies.empty());
  if (got.answer == Answer::kFound) RC_ASSERT(got.agencies.size() == 1U);
}

}  // namespace
}  // namespace waystation::domain
