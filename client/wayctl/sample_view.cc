// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/sample_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"

namespace waystation::wayctl {
namespace {

// Pairs that there are, estimated unless all records were looked at.
Cell PairsCell(const v1::LinkageStratum& stratum) {
  const std::string raw = absl::StrFormat("%.1f", stratum.pairs());
  if (stratum.pairs_low() == stratum.pairs_high()) {
    return {absl::StrFormat("%.0f", stratum.pairs()), raw};
  }
  return {Say("$0 ($1 to $2)", absl::StrFormat("%.0f", stratum.pairs()),
              absl::StrFormat("%.0f", stratum.pairs_low()),
              absl::StrFormat("%.0f", stratum.pairs_high())),
          raw};
}

}  // namespace

Cell FractionCell(double value) {
  return {absl::StrFormat("%.6f", value), absl::StrFormat("%.9g", value)};
}

Cell WhyCell(const v1::LinkageEstimate& estimate) {
  const std::string& why = estimate.why();
  if (why == "NO_SAMPLE") return {Say("no sample was drawn"), why};
  if (why == "RULES_CHANGED") return {Say("the rules changed since"), why};
  return {Say("not enough answers"), why};
}

Cell EstimateCell(const v1::LinkageEstimate& estimate) {
  if (!estimate.has_value()) return WhyCell(estimate);
  return {Say("$0 ($1 to $2)", absl::StrFormat("%.4f", estimate.value()),
              absl::StrFormat("%.4f", estimate.low()),
              absl::StrFormat("%.4f", estimate.high())),
          absl::StrFormat("%.9g", estimate.value())};
}

Sheet SampleSheet(const v1::LinkageSample& sample,
                  const Surroundings& surroundings) {
  Table bands{.columns = {{"band", Say("PAIRS"), false, true},
                          {"pairs", Say("THERE ARE"), true},
                          {"drawn", Say("DRAWN"), true},
                          {"same", Say("SAME"), true},
                          {"different", Say("DIFFERENT"), true},
                          {"unsure", Say("UNSURE"), true},
                          {"waiting", Say("PENDING"), true},
                          {"gone", Say("GONE"), true},
                          {"share", Say("ONE HUMAN BEING"), true}}};
  for (const v1::LinkageStratum& stratum : sample.strata()) {
    bands.rows.push_back({EnumOf(stratum.band()), PairsCell(stratum),
                          Number(stratum.drawn()), Number(stratum.same()),
                          Number(stratum.different()), Number(stratum.unsure()),
                          Number(stratum.waiting()), Number(stratum.gone()),
                          EstimateCell(stratum.share())});
  }
  return {.facts = {{"sample", Say("Sample"), Number(sample.number())},
                    {"drawn_time", Say("Drawn"),
                     TimeCell(sample.drawn_time(), surroundings)},
                    {"drawn_by", Say("Drawn by"), sample.drawn_by()},
                    {"seed", Say("Seed"), absl::StrCat(sample.seed())},
                    {"sample_rules_version", Say("Under the rules"),
                     sample.rules_version()},
                    {"width", Say("Bits on either side"),
                     absl::StrFormat("%g", sample.width())},
                    {"records_looked_at", Say("Records looked at"),
                     Cell(Say("$0 of $1", sample.records_looked_at(),
                              sample.records()),
                          absl::StrCat(sample.records_looked_at()))}},
          .sections = {{Say("Pairs around the thresholds"), std::move(bands)}}};
}

}  // namespace waystation::wayctl
