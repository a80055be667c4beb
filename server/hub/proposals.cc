// SPDX-License-Identifier: Apache-2.0
#include "server/hub/proposals.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "server/hub/pair_item.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using config::v1::SecondPerson;
using storage::OpenItem;
using storage::OpenItemKey;

constexpr std::string_view kPrefix = "p-";
constexpr std::string_view kPending = "pending";

}  // namespace

std::string ProposalId(uint64_t number) {
  return std::string(kPrefix) + std::to_string(number);
}

std::optional<uint64_t> ProposalNumber(std::string_view id) {
  uint64_t number = 0;
  if (!id.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits = id.substr(kPrefix.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (ProposalId(number) != id) return std::nullopt;
  return number;
}

bool NeedsSecondPerson(const SecondPerson& configured,
                       SecondPerson::Ruling ruling) {
  return std::ranges::find(configured.rulings(), static_cast<int>(ruling)) !=
         configured.rulings().end();
}

bool NeedsSecondPerson(const SecondPerson& configured,
                       v1::Decision::Kind kind) {
  switch (kind) {
    case v1::Decision::KIND_SAME:
      return NeedsSecondPerson(configured, SecondPerson::RULING_SAME);
    case v1::Decision::KIND_DIFFERENT:
      return NeedsSecondPerson(configured, SecondPerson::RULING_DIFFERENT);
    case v1::Decision::KIND_CHOOSE_CLAIM:
      return NeedsSecondPerson(configured, SecondPerson::RULING_CHOOSE_CLAIM);
    case v1::Decision::KIND_SET_VALUE:
      return NeedsSecondPerson(configured, SecondPerson::RULING_SET_VALUE);
    default:
      // The others rule nothing.
      return false;
  }
}

absl::StatusOr<std::optional<OpenItemKey>> ItemKeyOf(const Core& core,
                                                     const std::string& id) {
  if (const auto pair = core.subjects.DecodePair(id)) return pair;
  const auto conflict = core.subjects.DecodeConflict(id);
  if (!conflict.has_value()) return std::nullopt;
  if (conflict->own) {
    return OpenItemKey{.kind = OpenItem::Kind::kOwnConflict,
                       .a = conflict->uid,
                       .attribute = conflict->attribute,
                       .entry = conflict->entry};
  }
  const storage::Uid uid[] = {conflict->uid};
  const auto persons = core.store.PersonsOf(uid);
  if (!persons.ok()) return StoreError(persons.status());
  if (!persons->front().has_value()) return std::nullopt;
  return OpenItemKey{.a = *persons->front(),
                     .attribute = conflict->attribute,
                     .entry = conflict->entry};
}

absl::StatusOr<Proposals> Proposals::Load(const storage::Store& store) {
  const auto rows = store.ListObjects(kProposalsObject);
  if (!rows.ok()) return StoreError(rows.status());
  Proposals proposals;
  for (const storage::ObjectRow& row : *rows) {
    if (row.id != kPending || !proposals.stored_.ParseFromString(row.bytes)) {
      return errors::Error("STORE_DAMAGED",
                           {.metadata = {{"table", "object"},
                                         {"row", row.kind + " " + row.id}}});
    }
  }
  return proposals;
}

const Proposals::Proposal* Proposals::Find(uint64_t number) const {
  const auto found =
      std::ranges::find(stored_.proposals(), number, &Proposal::number);
  return found == stored_.proposals().end() ? nullptr : &*found;
}

absl::StatusOr<const Proposals::Proposal*> Proposals::FindOn(
    const Core& core, const OpenItemKey& key, bool or_undo) const {
  for (const Proposal& proposal : stored_.proposals()) {
    if (proposal.undo() && !or_undo) continue;
    const auto on = ItemKeyOf(core, proposal.subject());
    if (!on.ok()) return on.status();
    if (*on == key || (on->has_value() && TwinOf(**on) == key)) {
      return &proposal;
    }
  }
  return nullptr;
}

absl::Status Proposals::Add(Proposal proposal) {
  if (static_cast<size_t>(stored_.proposals_size()) >= kMostProposals) {
    return errors::Error("LIMIT_REACHED",
                         {.rule = "at most 1000 proposals that wait"});
  }
  *stored_.add_proposals() = std::move(proposal);
  return absl::OkStatus();
}

void Proposals::Remove(uint64_t number) {
  auto& all = *stored_.mutable_proposals();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const Proposal& proposal) {
                             return proposal.number() == number;
                           }),
            all.end());
}

storage::ObjectRow Proposals::Row() const {
  return {.kind = std::string(kProposalsObject),
          .id = std::string(kPending),
          .bytes = stored_.SerializeAsString()};
}

OpenItem ItemOf(const Proposals::Proposal& proposal) {
  OpenItem item{
      .kind = kProposalKind,
      .a = proposal.number(),
      .attribute = proposal.attribute(),
      .opened_time = proposal.proposed_time(),
      .agencies = {proposal.agencies().begin(), proposal.agencies().end()},
      .reason = errors::FindReason("APPROVAL_NEEDED")->number};
  if (proposal.etag().size() == item.etag.size()) {
    std::ranges::copy(proposal.etag(), item.etag.begin());
  }
  return item;
}

absl::Status StillProposed(const Proposals::Proposal& proposal) {
  return errors::Error(
      "DECISION_PROPOSED",
      {.metadata = {{"decision", std::to_string(proposal.number())}}});
}

}  // namespace waystation::hub
