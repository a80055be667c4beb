// SPDX-License-Identifier: Apache-2.0
// How long superseded claims stay (design 4). Each update is kept as it was
// sent, beside the log. A claim of it that stands no longer stays for its
// attribute's retention time, counted in whole days, and is then shredded.
//
//     superseded := a claim of which a later revision says otherwise, or which
//                   a retraction of the record took back
//     due        := superseded for more than the attribute's retention_days
#ifndef WAYSTATION_SERVER_DOMAIN_RETENTION_H_
#define WAYSTATION_SERVER_DOMAIN_RETENTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/date.h"
#include "server/domain/attributes.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {

// The day's number: days since 1970-01-01.
std::uint32_t DayNumber(codes::Date day);

// Attributes of one kept update that are due.
struct Due {
  // Index in StoredRecord::kept.
  int kept = 0;
  AttributeSet attributes = 0;
  bool operator==(const Due&) const = default;
};

// What is due on that day, in the order of `kept`.
std::vector<Due> DueOn(codes::Date day,
                       const ::waystation::store::v1::StoredRecord& record);

// Notes that the attributes are no longer in the kept updates, and forgets the
// updates of which nothing is left.
void MarkShredded(const std::vector<Due>& due,
                  ::waystation::store::v1::StoredRecord& record);

// The kept update, with nothing standing, that came first: what goes before its
// time where a record has too many of them. nullopt where all stand.
std::optional<int> OldestSuperseded(
    const ::waystation::store::v1::StoredRecord& record);

// A serialised v1.Update without what it says of the attributes: values, times
// and what the source spelled. nullopt where no value is left. Precondition: it
// is an update.
std::optional<std::string> Without(AttributeSet attributes,
                                   std::string_view update);

// The longest retention time among the attributes, in days.
int RetentionDays(AttributeSet attributes);

// All retention times that there are, in days, ascending.
std::vector<int> RetentionTimes();

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_RETENTION_H_
