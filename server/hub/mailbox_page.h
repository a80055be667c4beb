// SPDX-License-Identifier: Apache-2.0
// One page of a mailbox: entries without values become views, under the
// agreements in force when it is made (design 9).
#ifndef WAYSTATION_SERVER_HUB_MAILBOX_PAGE_H_
#define WAYSTATION_SERVER_HUB_MAILBOX_PAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/hub/budgets.h"
#include "server/hub/caller.h"
#include "server/hub/core.h"
#include "server/hub/person_reader.h"
#include "server/hub/registry.h"
#include "server/storage/store.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::hub {

// Changes that a page covers at most, whatever the reader asks for.
inline constexpr size_t kMostOnPage = 256;

// Who reads a mailbox, what for and when. All are borrowed.
struct MailboxReading {
  const Caller& caller;
  const AgencyEntry& agency;
  const Access& access;
  v1::Purpose purpose = v1::PURPOSE_UNSPECIFIED;
  // Microseconds since 1970 UTC.
  int64_t now = 0;

  Purse purse() const;
  // How many changes one page covers, of those that the reader asked for; 0:
  // as many as may be.
  absl::StatusOr<size_t> SizeOf(int32_t asked) const;
};

// A page and the leaf that has to be durable before it is told.
struct PreparedPage {
  // Without its leaf and without the range that it covers.
  v1::MailboxPage page;
  v1::AuditEvent event;
  std::vector<storage::DetailRow> details;

  // The records by which it names persons.
  std::vector<storage::Uid> uids() const;
};

// `persons` are those that hold the rows' records, nullptr for who is gone. An
// entry that by now tells nothing is left out without trace. nullopt: it is too
// much for one page (design 17).
std::optional<PreparedPage> PreparePage(
    Core& core, const MailboxReading& reading,
    std::span<const storage::MailboxRow> rows,
    std::span<const std::shared_ptr<const Person>> persons);

// Writes which positions the page covers: those after `first`, up to `last`.
void SetRange(const Core& core, const Caller& caller, uint64_t first,
              uint64_t last, v1::MailboxPage& page);

// Positions of the caller's mailbox as it sees them, and back: 0 for an empty
// token, PAGE_TOKEN_INVALID for somebody else's.
std::string TokenOf(const PageTokens& tokens, const Caller& caller,
                    uint64_t position);
absl::StatusOr<uint64_t> PositionOf(const PageTokens& tokens,
                                    const Caller& caller,
                                    std::string_view token);

// Puts the leaf on a page whose leaf is durable, and counts what is told.
void SetLeaf(Core& core, uint64_t leaf, v1::MailboxPage& page);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_MAILBOX_PAGE_H_
