// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/commit.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"
#include "proto/failpoint/failpoint.h"
#include "server/storage/rows/findings.h"

namespace waystation::storage::sqlite {
namespace {

// Writes one batch, table by table; the first error ends it.
class BatchWriter {
 public:
  BatchWriter(Session& session, const State& state, const Batch& batch)
      : session_(session),
        state_(state),
        batch_(batch),
        next_(NextGroup(state, batch)) {}

  absl::StatusOr<Advance> Write() {
    // A row that is new to the store and is there already was not written by
    // it.
    for (const auto step :
         {&BatchWriter::Verify, &BatchWriter::PutRecords,
          &BatchWriter::PutIdentifiers, &BatchWriter::PutEdges,
          &BatchWriter::PutItems, &BatchWriter::PutDecisions,
          &BatchWriter::PutObjects, &BatchWriter::PutNotices,
          &BatchWriter::PutCodes, &BatchWriter::PutMailboxes,
          &BatchWriter::PutDetails, &BatchWriter::PutLeaves,
          &BatchWriter::PutAgencies}) {
      if (absl::Status status = (this->*step)(); !status.ok()) {
        return absl::IsAlreadyExists(status)
                   ? Damaged(std::string(status.message()),
                             "it is there already")
                   : status;
      }
      WAYSTATION_FAILPOINT("commit/step");
    }
    if (absl::Status status = session_.groups.Put(next_.group); !status.ok()) {
      return status;
    }
    return std::move(next_);
  }

 private:
  absl::Status Verify() {
    const absl::StatusOr<bool> may = MayHaveMoved(state_, batch_);
    if (!may.ok() || !*may) return may.status();
    if (absl::Status status = session_.records.Verify(batch_.reads);
        !status.ok()) {
      return status;
    }
    return session_.edges.Verify(batch_.reads.edges);
  }

  absl::Status PutRecords() {
    for (const RecordRow& record : batch_.records) {
      if (absl::Status status = session_.records.Put(record, changed_);
          !status.ok()) {
        return status;
      }
    }
    for (const MembershipRow& membership : batch_.memberships) {
      if (absl::Status status = session_.records.Put(membership, changed_);
          !status.ok()) {
        return status;
      }
    }
    int64_t records = 0;
    for (const auto& [agency, count] : changed_.new_records) {
      records += static_cast<int64_t>(count);
    }
    if (changed_.memberships != records) {
      return absl::InvalidArgumentError(
          "a new record comes with its membership, and no other");
    }
    Tally& tally = next_.group.tally;
    tally.records = Sum(tally.records, records);
    tally.persons = Sum(tally.persons, changed_.persons);
    return absl::OkStatus();
  }

  absl::Status PutIdentifiers() {
    for (const IdentifierRow& identifier : batch_.identifiers_removed) {
      if (absl::Status status = session_.records.Remove(identifier, changed_);
          !status.ok()) {
        return status;
      }
    }
    // In the order of the tree, so that neighbours meet the same page.
    std::vector<const IdentifierRow*> added;
    added.reserve(batch_.identifiers_added.size());
    for (const IdentifierRow& row : batch_.identifiers_added) {
      added.push_back(&row);
    }
    std::sort(added.begin(), added.end(),
              [](const auto* a, const auto* b) { return a->hash < b->hash; });
    for (const IdentifierRow* identifier : added) {
      if (absl::Status status = session_.records.Put(*identifier, changed_);
          !status.ok()) {
        return status;
      }
    }
    Tally& tally = next_.group.tally;
    tally.identifiers = Sum(tally.identifiers, changed_.identifiers);
    return absl::OkStatus();
  }

  absl::Status PutEdges() {
    int64_t change = 0;
    for (const EdgeKey& edge : batch_.edges_removed) {
      if (absl::Status status = session_.edges.Remove(edge, change);
          !status.ok()) {
        return status;
      }
    }
    for (const EdgeRow& edge : batch_.edges_put) {
      if (absl::Status status = session_.edges.Put(edge, change);
          !status.ok()) {
        return status;
      }
    }
    Tally& tally = next_.group.tally;
    tally.edges = Sum(tally.edges, change);
    return absl::OkStatus();
  }

  absl::Status PutItems() {
    for (const OpenItemKey& item : batch_.items_removed) {
      if (absl::Status status = session_.clerks.Remove(item, clerks_changed_);
          !status.ok()) {
        return status;
      }
    }
    for (const OpenItem& item : batch_.items_put) {
      if (absl::Status status = session_.clerks.Put(item, clerks_changed_);
          !status.ok()) {
        return status;
      }
    }
    Tally& tally = next_.group.tally;
    tally.conflicts = Sum(tally.conflicts, clerks_changed_.conflicts);
    tally.candidates = Sum(tally.candidates, clerks_changed_.candidates);
    return absl::OkStatus();
  }

  absl::Status PutDecisions() {
    uint64_t& held = next_.group.tally.decisions;
    for (const DecisionRow& decision : batch_.decisions) {
      if (decision.number == 0 || decision.number > held + 1) {
        return absl::InvalidArgumentError(
            absl::StrCat("decision ", decision.number, " is not the next"));
      }
      const bool is_new = decision.number == held + 1;
      if (absl::Status status = session_.clerks.Put(decision, is_new);
          !status.ok()) {
        return status;
      }
      if (is_new) ++held;
      next_.group.decided = next_.group.number;
    }
    return absl::OkStatus();
  }

  absl::Status PutObjects() {
    for (const ObjectRow& object : batch_.objects) {
      if (absl::Status status = session_.clerks.Put(object, clerks_changed_);
          !status.ok()) {
        return status;
      }
    }
    Tally& tally = next_.group.tally;
    tally.objects = Sum(tally.objects, clerks_changed_.objects);
    return absl::OkStatus();
  }

  absl::Status PutNotices() {
    uint64_t& held = next_.group.tally.notices;
    for (const NoticeRow& notice : batch_.notices) {
      if (absl::Status status = FollowsNotices(notice, held); !status.ok()) {
        return status;
      }
      if (absl::Status status = session_.notices.Put(notice); !status.ok()) {
        return status;
      }
      if (notice.version == 0) ++held;
    }
    return absl::OkStatus();
  }

  absl::Status PutCodes() {
    int64_t change = 0;
    for (const KeyHash& hash : batch_.codes_removed) {
      if (absl::Status status = session_.codes.Remove(hash, change);
          !status.ok()) {
        return status;
      }
    }
    for (const HolderCodeRow& code : batch_.codes) {
      if (absl::Status status = session_.codes.Put(code, change);
          !status.ok()) {
        return status;
      }
    }
    Tally& tally = next_.group.tally;
    tally.codes = Sum(tally.codes, change);
    return absl::OkStatus();
  }

  absl::Status PutMailboxes() {
    std::map<AgencyNumber, std::vector<const MailboxRow*>> mailboxes;
    for (const MailboxRow& entry : batch_.mailbox) {
      mailboxes[entry.agency].push_back(&entry);
    }
    for (const auto& [agency, entries] : mailboxes) {
      const auto held = state_.mailboxes.find(agency);
      const uint64_t base =
          held == state_.mailboxes.end() ? 0 : held->second.last;
      if (absl::Status status =
              session_.mailboxes.Append(agency, base + 1, entries);
          !status.ok()) {
        return status;
      }
      next_.group.mailboxes.push_back({agency, base, entries.size()});
    }
    return absl::OkStatus();
  }

  absl::Status PutDetails() {
    std::map<uint64_t, std::vector<const DetailPut*>> leaves;
    for (const DetailPut& detail : batch_.details) {
      leaves[detail.leaf].push_back(&detail);
    }
    for (const auto& [leaf, details] : leaves) {
      if (absl::Status status = session_.log.Put(leaf, details); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status PutLeaves() {
    std::vector<auditlog::Hash> hashes;
    hashes.reserve(batch_.leaves.size());
    for (const LeafRow& leaf : batch_.leaves) {
      if (absl::Status status =
              session_.log.Append(next_.group.first_leaf + hashes.size(), leaf);
          !status.ok()) {
        return status;
      }
      hashes.push_back(auditlog::LeafHash(leaf.event));
    }
    for (const auditlog::Tile& tile : next_.tree.Append(hashes)) {
      if (absl::Status status = session_.log.Put(tile); !status.ok()) {
        return status;
      }
    }
    next_.group.frontier = next_.tree.frontier();
    return absl::OkStatus();
  }

  absl::Status PutAgencies() {
    for (const auto& [agency, added] : changed_.new_records) {
      const auto held = state_.agencies.find(agency);
      const uint64_t records =
          added + (held == state_.agencies.end() ? 0 : held->second);
      if (absl::Status status = session_.groups.PutAgency(agency, records);
          !status.ok()) {
        return status;
      }
      next_.agencies[agency] = records;
    }
    return absl::OkStatus();
  }

  Session& session_;
  const State& state_;
  const Batch& batch_;
  Advance next_;
  RecordTables::Change changed_;
  ClerkTables::Change clerks_changed_;
};

}  // namespace

absl::StatusOr<State> LoadState(Session& session) {
  State state;
  const absl::StatusOr<std::vector<GroupRow>> groups = session.groups.Load();
  if (!groups.ok()) return groups.status();
  for (const GroupRow& group : *groups) Remember(group, state);
  if (!groups->empty()) state.newest = groups->back();

  if (absl::Status status =
          TakeTree(session.log.LoadTree(state.newest.frontier.size()), state);
      !status.ok()) {
    return status;
  }

  absl::StatusOr<std::map<AgencyNumber, uint64_t>> agencies =
      session.groups.LoadAgencies();
  if (!agencies.ok()) return agencies.status();
  state.agencies = *std::move(agencies);

  absl::StatusOr<std::map<AgencyNumber, Store::MailboxState>> mailboxes =
      session.mailboxes.LoadStates();
  if (!mailboxes.ok()) return mailboxes.status();
  state.mailboxes = *std::move(mailboxes);
  if (absl::Status status = CompareMailboxes(*groups, state); !status.ok()) {
    return status;
  }
  return state;
}

absl::StatusOr<Advance> WriteBatch(Session& session, const State& state,
                                   const Batch& batch) {
  return BatchWriter(session, state, batch).Write();
}

}  // namespace waystation::storage::sqlite
