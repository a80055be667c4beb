// SPDX-License-Identifier: Apache-2.0
#include "server/domain/claims.h"

#include <algorithm>
#include <tuple>

#include "server/domain/meaning.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;

// Lists each claim of `record`, entry by entry.
template <typename Visit>
void ForEachClaim(const RecordView& view, Visit visit) {
  for (const store::StoredClaim& held : view.record->claims()) {
    if (held.retracted()) continue;
    const AttributeInfo* attribute =
        FindAttribute(static_cast<AttributeNumber>(held.attribute()));
    if (attribute == nullptr) continue;  // written by a later release
    const int entries = EntryCount(*attribute, held.value());
    for (int entry = 0; entry < entries; ++entry) {
      visit(*attribute, held, entry);
    }
  }
}

Claim MakeClaim(const RecordView& view, const AttributeInfo& attribute,
                const store::StoredClaim& held, int entry) {
  const google::protobuf::Message* value =
      ValueOf(attribute, held.value(), entry);
  return {.uid = view.uid,
          .agency = view.record->agency(),
          .record_key = view.record->record_key(),
          .sector = view.sector,
          .value = value,
          .full = value,
          .entry = entry,
          .grade = entry < held.entry_grades_size() ? held.entry_grades(entry)
                                                    : held.grade(),
          .evidence = held.evidence(),
          .recorded = held.recorded_time(),
          .received = held.received_time(),
          .valid_from = held.has_valid_from() ? &held.valid_from() : nullptr,
          .revision = held.revision()};
}

}  // namespace

PersonClaims::PersonClaims(std::span<const RecordView> records) {
  std::vector<RecordView> ordered(records.begin(), records.end());
  std::ranges::sort(ordered, {}, [](const RecordView& view) {
    return std::tuple<std::string_view, std::string_view>(
        view.record->agency(), view.record->record_key());
  });

  // A counting sort by attribute, which keeps the order of records.
  for (const RecordView& view : ordered) {
    ForEachClaim(view, [&](const AttributeInfo& attribute,
                           const store::StoredClaim&, int) {
      ++begin_[static_cast<std::size_t>(attribute.number) + 1];
      attributes_ |= attribute.bit();
    });
  }
  for (std::size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
  claims_.resize(begin_.back());
  std::array<std::uint32_t, 65> next = begin_;
  for (const RecordView& view : ordered) {
    ForEachClaim(view, [&](const AttributeInfo& attribute,
                           const store::StoredClaim& held, int entry) {
      claims_[next[static_cast<std::size_t>(attribute.number)]++] =
          MakeClaim(view, attribute, held, entry);
    });
  }
}

}  // namespace waystation::domain
