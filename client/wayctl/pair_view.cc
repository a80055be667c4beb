// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/pair_view.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "absl/strings/str_format.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"

namespace waystation::wayctl {
namespace {

constexpr int kLongestBar = 24;

// "++++" speaks for one person, "---" for two: signs, since not everybody sees
// colours.
std::string Bar(double weight) {
  const int signs =
      std::min(kLongestBar, static_cast<int>(std::lround(std::abs(weight))));
  return std::string(static_cast<size_t>(signs), weight < 0 ? '-' : '+');
}

}  // namespace

Cell WeightCell(double weight) {
  return Cell(weight == 0 ? "0" : absl::StrFormat("%+.1f", weight));
}

Table ContributionRows(
    const google::protobuf::RepeatedPtrField<v1::Contribution>& contributions) {
  Table table{.columns = {{"field", Say("COMPARED")},
                          {"level", Say("HOW")},
                          {"weight", Say("BITS"), true},
                          {"bar", Say("AGAINST -, FOR +")},
                          {"share", Say("SHARED BY"), true}}};
  for (const v1::Contribution& one : contributions) {
    table.rows.push_back(
        {Cell(SayName(one.field()), one.field()),
         Cell(SayName(one.level()), one.level()), WeightCell(one.weight()),
         Cell(Bar(one.weight())),
         one.share() > 0 ? Cell(absl::StrFormat("%.4g %%", 100 * one.share()),
                                absl::StrFormat("%g", one.share()))
                         : Cell("")});
  }
  return table;
}

}  // namespace waystation::wayctl
