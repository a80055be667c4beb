// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/group.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/rows/findings.h"
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
  if (group.tally.edges != 0) sum.Add(group.tally.edges);
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
