// SPDX-License-Identifier: Apache-2.0
#include "server/domain/claims.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>

#include "server/domain/meaning.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;

// The wanted claims of one record that are still to come, in order of
// attributes.
class Cursor {
 public:
  Cursor(const store::StoredRecord& record, AttributeSet wanted)
      : record_(record), wanted_(wanted) {
    Settle();
  }

  // nullptr at the end.
  const AttributeInfo* attribute() const { return attribute_; }
  const store::StoredClaim& claim() const { return record_.claims(next_); }

  void Advance() {
    ++next_;
    Settle();
  }

 private:
  // Passes over retractions, and over what a later release wrote.
  void Settle() {
    attribute_ = nullptr;
    for (; next_ < record_.claims_size(); ++next_) {
      const store::StoredClaim& claim = record_.claims(next_);
      if (claim.retracted()) continue;
      attribute_ =
          FindAttribute(static_cast<AttributeNumber>(claim.attribute()));
      if (attribute_ == nullptr) continue;
      if ((attribute_->bit() & wanted_) != 0) return;
      attribute_ = nullptr;
    }
  }

  const store::StoredRecord& record_;
  const AttributeSet wanted_;
  int next_ = 0;
  const AttributeInfo* attribute_ = nullptr;
};

}  // namespace

Claim ClaimOf(const RecordView& view, std::uint32_t record,
              const AttributeInfo& attribute, const store::StoredClaim& held,
              int entry) {
  const google::protobuf::Message* value =
      ValueOf(attribute, held.value(), entry);
  return {.uid = view.uid,
          .record = record,
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
          .revision = held.revision(),
          .ruling = view.ruling};
}

bool IsRuledOver(const store::StoredDecision& ruling, const Claim& claim) {
  return !claim.is_office() &&
         std::ranges::any_of(ruling.over(), [&](const store::RuledOver& over) {
           return over.uid() == claim.uid;
         });
}

PersonClaims::PersonClaims(std::span<const RecordView> records,
                           AttributeSet wanted)
    : records_(records.begin(), records.end()) {
  std::ranges::sort(records_, {}, [](const RecordView& view) {
    return std::tuple<std::string_view, std::string_view>(
        view.record->agency(), view.record->record_key());
  });
  std::vector<Cursor> cursors;
  cursors.reserve(records_.size());
  std::size_t held = 0;
  for (const RecordView& view : records_) {
    cursors.emplace_back(*view.record, wanted);
    held += static_cast<std::size_t>(view.record->claims_size());
  }
  claims_.reserve(held + 8);

  // Merges the records, each of which is in the order of attributes.
  std::size_t filled = 0;
  for (;;) {
    const AttributeInfo* next = nullptr;
    for (const Cursor& cursor : cursors) {
      if (cursor.attribute() != nullptr &&
          (next == nullptr || cursor.attribute()->number < next->number)) {
        next = cursor.attribute();
      }
    }
    const std::size_t until = next == nullptr
                                  ? begin_.size()
                                  : static_cast<std::size_t>(next->number) + 1;
    for (; filled < until; ++filled) {
      begin_[filled] = static_cast<std::uint32_t>(claims_.size());
    }
    if (next == nullptr) break;
    const std::size_t first = claims_.size();
    for (std::uint32_t i = 0; i < cursors.size(); ++i) {
      if (cursors[i].attribute() != next) continue;
      const store::StoredClaim& claim = cursors[i].claim();
      const int entries = EntryCount(*next, claim.value());
      for (int entry = 0; entry < entries; ++entry) {
        claims_.push_back(ClaimOf(records_[i], i, *next, claim, entry));
      }
      cursors[i].Advance();
    }
    DropOrphans(*next, first);
    if (claims_.size() > first) attributes_ |= next->bit();
  }
}

// Of the claims from `first` on, which are all of the attribute.
void PersonClaims::DropOrphans(const AttributeInfo& attribute,
                               std::size_t first) {
  const auto from = claims_.begin() + static_cast<std::ptrdiff_t>(first);
  if (std::ranges::none_of(from, claims_.end(), &Claim::is_office)) return;
  const std::vector<Claim> all(from, claims_.end());
  const auto is_orphan = [&](const Claim& claim) {
    if (!claim.is_office()) return false;
    const std::string entry = EntryKey(attribute, *claim.value);
    return std::ranges::none_of(all, [&](const Claim& other) {
      return IsRuledOver(*claim.ruling, other) &&
             EntryKey(attribute, *other.value) == entry;
    });
  };
  claims_.erase(std::remove_if(from, claims_.end(), is_orphan), claims_.end());
}

}  // namespace waystation::domain
