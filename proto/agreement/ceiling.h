// SPDX-License-Identifier: Apache-2.0
// The ceiling above every agreement (design 8): what it does not name is
// denied, whatever an agreement says.
//
// For four sectors it is compiled in, row by row. For all others the compiled
// rows say what any of them could ever have, and a file says which of them has
// it (waystation/config/v1/ceiling.proto). The file can only take away: what is
// under the ceiling is under both.
#ifndef WAYSTATION_PROTO_AGREEMENT_CEILING_H_
#define WAYSTATION_PROTO_AGREEMENT_CEILING_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/errors/error.h"
#include "waystation/v1/agreement.pb.h"

namespace waystation::config::v1 {
class SectorCeiling;
}  // namespace waystation::config::v1

namespace waystation::agreement {

namespace v1 = ::waystation::v1;

// Stands in a compiled row for every sector that has none of its own.
inline constexpr std::string_view kOtherSector = "*";

// deploy/ceiling/other_sectors.yaml as it was when the program was built.
extern const std::string_view kDefaultSectorRows;

// One attribute that `to` may know from `from`, and in which form.
struct CeilingRow {
  std::string_view from;
  std::string_view to;
  std::string_view attribute;
  v1::Form form = v1::FORM_UNSPECIFIED;
  // PARTIAL of a division: at most so many digits.
  int digits = 0;
  std::string_view predicate;
  // Part of the default set of agreements.
  bool is_default = false;
};

std::span<const CeilingRow> CompiledRows();

// Whether any file and any agreement could let `to` know `from`'s claims in
// this form. A ceiling of VALUE covers PARTIAL, MATCH and every predicate of
// the attribute; one of PARTIAL covers fewer digits; MATCH and PREDICATE cover
// themselves only.
bool UnderCompiled(std::string_view from, std::string_view to,
                   std::string_view attribute, v1::Form form, int digits,
                   std::string_view predicate);

// What is wrong with a file of rows, by field path such as "rows[2].form", in
// the order of the file; empty if nothing.
std::vector<errors::FieldViolation> CheckSectorRows(
    const config::v1::SectorCeiling& file);

// The whole of it. Immutable; thread-safe.
class Ceiling {
 public:
  // Without a file: nothing from or to any sector beyond the four.
  Ceiling() = default;
  // Rows that CheckSectorRows would complain of have no effect.
  explicit Ceiling(const config::v1::SectorCeiling& file);

  // Whether agreements may let `to` know `from`'s claims in this form.
  bool Covers(std::string_view from, std::string_view to,
              std::string_view attribute, v1::Form form, int digits,
              std::string_view predicate) const;

  // The same in words, for whoever wrote an agreement that is over it: "at most
  // partial with 6 digits", or "never from health to labor".
  std::string AtMost(std::string_view from, std::string_view to,
                     std::string_view attribute) const;

 private:
  struct Row {
    std::string from;
    std::string to;
    std::string attribute;
    v1::Form form = v1::FORM_UNSPECIFIED;
    std::string predicate;

    CeilingRow view() const;
  };
  std::vector<Row> rows_;
};

}  // namespace waystation::agreement

#endif  // WAYSTATION_PROTO_AGREEMENT_CEILING_H_
