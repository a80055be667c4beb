// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/group.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/packing.h"

namespace waystation::storage {

std::string PackShares(const std::vector<MailboxShare>& shares) {
  std::string bytes;
  for (const MailboxShare& share : shares) {
    PackNumber(share.agency, bytes);
    PackNumber(share.base, bytes);
    PackNumber(share.count, bytes);
  }
  return bytes;
}

std::vector<MailboxShare> UnpackShares(std::string_view bytes) {
  std::vector<MailboxShare> shares;
  for (Unpacker unpacker(bytes); unpacker;) {
    MailboxShare& share = shares.emplace_back();
    share.agency = static_cast<AgencyNumber>(unpacker.Number());
    share.base = unpacker.Number();
    share.count = unpacker.Number();
  }
  return shares;
}

int64_t SumOf(const ChecksumKey& key, const GroupRow& group) {
  Checksum sum(key, Table::kCommitGroup);
  sum.Add(group.number)
      .Add(group.batch)
      .Add(group.first_leaf)
      .Add(group.frontier.Serialize())
      .Add(PackShares(group.mailboxes))
      .Add(group.decided)
      .Add(group.tally.records)
      .Add(group.tally.persons)
      .Add(group.tally.conflicts)
      .Add(group.tally.candidates)
      .Add(group.tally.identifiers)
      .Add(group.tally.decisions)
      .Add(group.tally.objects);
  // A group of before there were edges has the sum that it had.
  // The same of what came later.
  const bool has_codes = group.tally.codes != 0;
  const bool has_notices = group.tally.notices != 0 || has_codes;
  if (group.tally.edges != 0 || has_notices) sum.Add(group.tally.edges);
  if (has_notices) sum.Add(group.tally.notices);
  if (has_codes) sum.Add(group.tally.codes);
  return sum.Finish();
}

int64_t SumOfAgency(const ChecksumKey& key, AgencyNumber agency,
                    uint64_t records) {
  return Checksum(key, Table::kAgency).Add(agency).Add(records).Finish();
}

std::string PlaceOfGroup(uint64_t number) {
  return absl::StrCat("commit_group ", number);
}

Committed AnswerFor(const GroupRow& group) {
  return {.group = group.number,
          .first_leaf = group.first_leaf,
          .log_size = group.frontier.size()};
}

Advance NextGroup(const State& state, const Batch& batch) {
  Advance next;
  next.group.number = state.newest.number + 1;
  next.group.batch = batch.id;
  next.group.first_leaf = state.tree.size();
  next.group.decided = state.newest.decided;
  next.group.tally = state.newest.tally;
  next.tree = state.tree;
  return next;
}

absl::StatusOr<bool> MayHaveMoved(const State& state, const Batch& batch) {
  if (batch.id == BatchId{}) {
    return absl::InvalidArgumentError("a batch has an id");
  }
  if (batch.leaves.empty()) {
    return absl::InvalidArgumentError("a batch has a leaf");
  }
  if (batch.reads.log_size.has_value() &&
      *batch.reads.log_size != state.tree.size()) {
    return absl::AbortedError("the log has grown since the batch was read");
  }
  if (batch.reads.group == state.newest.number) return false;
  if (batch.reads.group < state.newest.decided) {
    return absl::AbortedError("a decision was made since the batch was read");
  }
  return true;
}

absl::Status FollowsNotices(const NoticeRow& notice, uint64_t held) {
  const bool is_new = notice.version == 0;
  if (notice.number == 0 || notice.number > held + (is_new ? 1 : 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("notice ", notice.number, " is not the next"));
  }
  if (is_new && notice.number <= held) {
    return absl::AbortedError("another notice has that number");
  }
  return absl::OkStatus();
}

absl::Status TakeTree(absl::StatusOr<auditlog::TreeAppender> tree,
                      State& state) {
  if (absl::IsNotFound(tree.status())) {
    return absl::DataLossError(tree.status().message());
  }
  if (!tree.ok()) return tree.status();
  if (tree->frontier() != state.newest.frontier) {
    return Damaged(PlaceOfGroup(state.newest.number),
                   "its frontier is not that of the stored leaves");
  }
  state.tree = *std::move(tree);
  return absl::OkStatus();
}

void CompareTally(const Tally& counted, const Tally& told, Findings& findings) {
  const auto compare = [&](const char* table, uint64_t rows, uint64_t wanted) {
    if (rows == wanted) return;
    findings.Add(
        table, table,
        absl::StrCat(rows, " rows where the newest group tells of ", wanted));
  };
  compare("record", counted.records, told.records);
  compare("membership", counted.persons, told.persons);
  compare("identifier", counted.identifiers, told.identifiers);
  compare("edge", counted.edges, told.edges);
  compare("open_item", counted.conflicts + counted.candidates,
          told.conflicts + told.candidates);
  compare("decision", counted.decisions, told.decisions);
  compare("object", counted.objects, told.objects);
  compare("notice", counted.notices, told.notices);
  compare("holder_code", counted.codes, told.codes);
}

void Remember(const GroupRow& group, State& state) {
  BatchId& slot = state.ring[group.number % GroupRow::kRing];
  state.recent.erase(slot);
  slot = group.batch;
  state.recent[group.batch] = AnswerFor(group);
}

void Apply(Advance advance, State& state) {
  for (const MailboxShare& share : advance.group.mailboxes) {
    state.mailboxes[share.agency].last = share.base + share.count;
  }
  for (const auto& [agency, records] : advance.agencies) {
    state.agencies[agency] = records;
  }
  state.newest = std::move(advance.group);
  state.tree = std::move(advance.tree);
  Remember(state.newest, state);
}

void Apply(Progress progress, State& state) {
  if (progress.groups.empty()) return;
  for (const GroupRow& group : progress.groups) {
    for (const MailboxShare& share : group.mailboxes) {
      state.mailboxes[share.agency].last = share.base + share.count;
    }
    Remember(group, state);
  }
  state.newest = std::move(progress.groups.back());
  state.tree = std::move(progress.tree);
  state.agencies = std::move(progress.agencies);
}

absl::Status CompareMailboxes(std::span<const GroupRow> groups,
                              const State& state) {
  for (const GroupRow& group : groups) {
    for (const MailboxShare& share : group.mailboxes) {
      const auto held = state.mailboxes.find(share.agency);
      if (held == state.mailboxes.end() ||
          held->second.last < share.base + share.count) {
        return Damaged(
            absl::StrCat("mailbox ", share.agency, "/",
                         share.base + share.count),
            absl::StrCat("it is missing, group ", group.number, " wrote it"));
      }
    }
  }
  return absl::OkStatus();
}

std::map<AgencyNumber, uint64_t> NewestEntries(
    std::span<const GroupRow> groups) {
  std::map<AgencyNumber, uint64_t> newest;
  for (const GroupRow& group : groups) {
    for (const MailboxShare& share : group.mailboxes) {
      newest[share.agency] = share.base + share.count;
    }
  }
  return newest;
}

}  // namespace waystation::storage
