// SPDX-License-Identifier: Apache-2.0
// Views of what records claim, without copies: what Resolve and disclosure work
// on.
#ifndef WAYSTATION_SERVER_DOMAIN_CLAIMS_H_
#define WAYSTATION_SERVER_DOMAIN_CLAIMS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/domain/attributes.h"
#include "server/domain/ids.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::store::v1 {
class StoredClaim;
class StoredDecision;
class StoredRecord;
}  // namespace waystation::store::v1

namespace waystation::domain {

// Who makes the reconciliation office's own claims; no agency has such an id.
inline constexpr std::string_view kOfficeAgency = "office/reconciliation";

// A record as the domain sees it; borrowed for one call. The office's own
// claims come as a record of the office for each decision that makes one,
// without uid and sector: no agreement names it.
struct RecordView {
  Uid uid = 0;
  // Sector of the record's agency, such as "labor".
  std::string_view sector;
  // Holds agency and record key.
  const ::waystation::store::v1::StoredRecord* record = nullptr;
  // The agency says that each person has one record there.
  bool unique_keys = false;
  // Of a record of the office: the decision that makes its claim, and says over
  // whose claims; else nullptr.
  const ::waystation::store::v1::StoredDecision* ruling = nullptr;
};

// One claim on one entry of one attribute.
struct Claim {
  Uid uid = 0;
  // Index of the record in PersonClaims::records().
  std::uint32_t record = 0;
  std::string_view agency;
  std::string_view record_key;
  std::string_view sector;
  // The entry itself, as far as the viewer may know it.
  const google::protobuf::Message* value = nullptr;
  // As the record holds it: `value` unless that was cut to its PARTIAL form.
  // Never shown; a decision's choice is recognised by it.
  const google::protobuf::Message* full = nullptr;
  // Index of the entry in the record's attribute; 0 for a single attribute.
  int entry = 0;
  v1::Grade grade = v1::GRADE_OK;
  v1::Evidence evidence = v1::EVIDENCE_UNSPECIFIED;
  // Microseconds since 1970 UTC. `recorded` is 0 where the agency did not say;
  // nothing is decided by `received`.
  std::int64_t recorded = 0;
  std::int64_t received = 0;
  // nullptr where not known.
  const v1::Date* valid_from = nullptr;
  std::uint64_t revision = 0;
  // As of RecordView.
  const ::waystation::store::v1::StoredDecision* ruling = nullptr;

  bool is_office() const { return ruling != nullptr; }
};

// One entry of what a record holds; `record` is its index among others. Valid
// as long as the record.
Claim ClaimOf(const RecordView& view, std::uint32_t record,
              const AttributeInfo& attribute,
              const ::waystation::store::v1::StoredClaim& held, int entry);

// Whether `claim` is one of those that the office's value was set over, by its
// record.
bool IsRuledOver(const ::waystation::store::v1::StoredDecision& ruling,
                 const Claim& claim);

// The claims of a set of records, by attribute. Retractions are not claims; nor
// is what the office claims where none of the claims that it was set over is
// left on the entry, since the office registers nothing by itself. Valid as
// long as the records are.
class PersonClaims {
 public:
  PersonClaims() = default;
  // `wanted` leaves other attributes aside.
  explicit PersonClaims(std::span<const RecordView> records,
                        AttributeSet wanted = ~AttributeSet{0});

  // Ordered by (agency, record key, entry).
  std::span<const Claim> Of(AttributeNumber attribute) const {
    return std::span(claims_).subspan(
        begin_[static_cast<std::size_t>(attribute)],
        begin_[static_cast<std::size_t>(attribute) + 1] -
            begin_[static_cast<std::size_t>(attribute)]);
  }
  // Attributes with at least one claim.
  AttributeSet attributes() const { return attributes_; }

  // Ordered by (agency, record key); those that claim nothing included.
  std::span<const RecordView> records() const { return records_; }

 private:
  void DropOrphans(const AttributeInfo& attribute, std::size_t first);

  std::vector<RecordView> records_;
  std::vector<Claim> claims_;
  std::array<std::uint32_t, 65> begin_{};
  AttributeSet attributes_ = 0;
};

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_CLAIMS_H_
