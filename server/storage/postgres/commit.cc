// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/commit.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"
#include "server/storage/rows/findings.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

// Writes one batch in three round trips: what was read is verified, rows are
// put, and the group's row says what there is now.
class BatchWriter {
 public:
  BatchWriter(Session& session, const State& state, const Batch& batch)
      : session_(session),
        state_(state),
        batch_(batch),
        next_(NextGroup(state, batch)) {}

  absl::StatusOr<Advance> Write() {
    if (absl::Status status = Verify(); !status.ok()) return status;
    if (absl::Status status = PutRows(); !status.ok()) {
      // A row that is new to the store and is there already was not written by
      // it.
      return absl::IsAlreadyExists(status)
                 ? Damaged(std::string(status.message()), "it is there already")
                 : status;
    }
    if (absl::Status status = PutGroup(); !status.ok()) return status;
    return std::move(next_);
  }

 private:
  absl::Status Verify() {
    const absl::StatusOr<bool> may = MayHaveMoved(state_, batch_);
    if (!may.ok() || !*may) return may.status();
    Pipeline pipeline;
    session_.records.Verify(batch_.reads, pipeline);
    return pipeline.Run(*session_.connection);
  }

  absl::Status PutRows() {
    Pipeline pipeline;
    if (absl::Status status = session_.records.Put(batch_, records_, pipeline);
        !status.ok()) {
      return status;
    }
    if (absl::Status status = session_.clerks.Put(
            batch_, next_.group.tally.decisions, clerks_, pipeline);
        !status.ok()) {
      return status;
    }
    if (!batch_.decisions.empty()) next_.group.decided = next_.group.number;
    if (absl::Status status =
            session_.notices.Put(batch_, next_.group.tally.notices, pipeline);
        !status.ok()) {
      return status;
    }
    if (absl::Status status = session_.codes.Put(batch_, codes_, pipeline);
        !status.ok()) {
      return status;
    }
    PutMailboxes(pipeline);
    if (absl::Status status = session_.log.PutDetails(batch_, pipeline);
        !status.ok()) {
      return status;
    }
    PutLeaves(pipeline);
    PutAgencies(pipeline);
    return pipeline.Run(*session_.connection);
  }

  void PutMailboxes(Pipeline& pipeline) {
    std::map<AgencyNumber, std::vector<const MailboxRow*>> mailboxes;
    for (const MailboxRow& entry : batch_.mailbox) {
      mailboxes[entry.agency].push_back(&entry);
    }
    std::vector<MailboxSegment> all;
    for (const auto& [agency, entries] : mailboxes) {
      const auto held = state_.mailboxes.find(agency);
      const uint64_t base =
          held == state_.mailboxes.end() ? 0 : held->second.last;
      for (MailboxSegment& segment : PackEntries(agency, base + 1, entries)) {
        all.push_back(std::move(segment));
      }
      next_.group.mailboxes.push_back({agency, base, entries.size()});
    }
    session_.groups.PutMailboxes(all, pipeline);
  }

  void PutLeaves(Pipeline& pipeline) {
    std::vector<auditlog::Hash> hashes;
    hashes.reserve(batch_.leaves.size());
    for (const LeafRow& leaf : batch_.leaves) {
      hashes.push_back(auditlog::LeafHash(leaf.event));
    }
    session_.log.Append(next_.group.first_leaf, batch_.leaves,
                        next_.tree.Append(hashes), pipeline);
    next_.group.frontier = next_.tree.frontier();
  }

  void PutAgencies(Pipeline& pipeline) {
    for (const auto& [agency, added] : records_.new_records) {
      const auto held = state_.agencies.find(agency);
      next_.agencies[agency] =
          added + (held == state_.agencies.end() ? 0 : held->second);
    }
    session_.groups.PutAgencies(next_.agencies, pipeline);
  }

  absl::Status PutGroup() {
    int64_t records = 0;
    for (const auto& [agency, count] : records_.new_records) {
      records += static_cast<int64_t>(count);
    }
    if (records_.memberships != records) {
      return absl::InvalidArgumentError(
          "a new record comes with its membership, and no other");
    }
    Tally& tally = next_.group.tally;
    tally.records = Sum(tally.records, records);
    tally.persons = Sum(tally.persons, records_.persons);
    tally.identifiers = Sum(tally.identifiers, records_.identifiers);
    tally.edges = Sum(tally.edges, records_.edges);
    tally.conflicts = Sum(tally.conflicts, clerks_.conflicts);
    tally.candidates = Sum(tally.candidates, clerks_.candidates);
    tally.decisions = Sum(tally.decisions, clerks_.decisions);
    tally.objects = Sum(tally.objects, clerks_.objects);
    tally.codes = Sum(tally.codes, codes_);
    Pipeline pipeline;
    session_.records.PutHeld(batch_, records_, pipeline);
    session_.groups.Put(next_.group, pipeline);
    return pipeline.Run(*session_.connection);
  }

  Session& session_;
  const State& state_;
  const Batch& batch_;
  Advance next_;
  RecordTables::Change records_;
  ClerkTables::Change clerks_;
  int64_t codes_ = 0;
};

}  // namespace

absl::StatusOr<State> LoadState(Session& session) {
  State state;
  const auto groups = session.groups.Load();
  if (!groups.ok()) return groups.status();
  for (const GroupRow& group : *groups) Remember(group, state);
  if (!groups->empty()) state.newest = groups->back();
  if (absl::Status status =
          TakeTree(session.log.LoadTree(state.newest.frontier.size()), state);
      !status.ok()) {
    return status;
  }
  auto agencies = session.groups.LoadAgencies();
  if (!agencies.ok()) return agencies.status();
  state.agencies = *std::move(agencies);
  auto mailboxes = session.groups.LoadMailboxes();
  if (!mailboxes.ok()) return mailboxes.status();
  state.mailboxes = *std::move(mailboxes);
  if (absl::Status status = CompareMailboxes(*groups, state); !status.ok()) {
    return status;
  }
  return state;
}

absl::StatusOr<std::optional<Progress>> LoadProgress(Session& session,
                                                     const State& state) {
  // More are not read one by one.
  constexpr size_t kLeaves = 4096;
  Progress progress;
  progress.tree = state.tree;
  std::vector<LeafRow> leaves;
  Pipeline pipeline;
  session.groups.LoadSince(state.newest.number, progress.groups, pipeline);
  session.groups.LoadAgencies(progress.agencies, pipeline);
  session.log.ReadEvents(state.tree.size(), kLeaves, leaves, pipeline);
  if (absl::Status status = pipeline.Run(*session.connection); !status.ok()) {
    return status;
  }
  if (progress.groups.empty()) return progress;
  if (progress.groups.front().number != state.newest.number + 1 ||
      leaves.size() == kLeaves) {
    return std::nullopt;
  }
  std::vector<auditlog::Hash> hashes;
  hashes.reserve(leaves.size());
  for (const LeafRow& leaf : leaves) {
    hashes.push_back(auditlog::LeafHash(leaf.event));
  }
  (void)progress.tree.Append(hashes);
  const GroupRow& newest = progress.groups.back();
  if (progress.tree.frontier() != newest.frontier) {
    return Damaged(PlaceOfGroup(newest.number),
                   "its frontier is not that of the stored leaves");
  }
  return progress;
}

absl::StatusOr<Advance> WriteBatch(Session& session, const State& state,
                                   const Batch& batch) {
  return BatchWriter(session, state, batch).Write();
}

std::vector<Finding> CheckStore(
    Session& session,
    const std::function<std::optional<Finding>(const RecordRow&)>& record) {
  Findings findings;
  const auto groups = session.groups.Load();
  findings.Add("commit_group", groups.status());
  GroupRow newest;
  if (groups.ok() && !groups->empty()) newest = groups->back();

  const RecordTables::Tally records = session.records.Check(record, findings);
  const ClerkTables::Tally clerks = session.clerks.Check(findings);
  const uint64_t notices = session.notices.Check(findings);
  const uint64_t codes = session.codes.Check(findings);
  session.log.Check(newest.frontier, findings);
  if (groups.ok()) {
    session.groups.CheckMailboxes(NewestEntries(*groups), findings);
  }
  const auto agencies = session.groups.LoadAgencies();
  if (!agencies.ok()) {
    findings.Add("agency", agencies.status());
  } else if (*agencies != records.agencies) {
    findings.Add("agency", "agency", "counts are not those of the records");
  }

  CompareTally({.records = records.records,
                .persons = records.persons,
                .conflicts = clerks.conflicts,
                .candidates = clerks.candidates,
                .identifiers = records.identifiers,
                .decisions = clerks.decisions,
                .objects = clerks.objects,
                .edges = records.edges,
                .notices = notices,
                .codes = codes},
               newest.tally, findings);

  const auto next_uid = session.groups.LoadNextUid();
  findings.Add("store", next_uid.status());
  if (next_uid.ok() && records.highest_uid >= *next_uid) {
    findings.Add("store", "store", "a record has a uid that was not given out");
  }
  return std::move(findings).Take();
}

}  // namespace waystation::storage::postgres
