// SPDX-License-Identifier: Apache-2.0
#include "server/hub/audit_reader.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/auditlog/tiles.h"
#include "proto/errors/error.h"
#include "server/hub/given_time.h"
#include "server/hub/page_size.h"
#include "server/hub/store_error.h"
#include "server/hub/stored_tiles.h"
#include "server/hub/update_proof.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

// Leaves that one call looks through for a page: with a filter that matches
// little, the page comes back short, with a token to go on.
constexpr uint64_t kMaxScanned = 20'000;
constexpr uint64_t kChunk = 500;
// What fits into one answer (design 17), roughly: a leaf is 20 KiB at most.
constexpr size_t kPageBytes = size_t{1} << 20;

absl::Status OutOfRange(const std::string& field) {
  return errors::Error("OUT_OF_RANGE", {.field = field});
}

// Whether an agency may read the event: it is about it, or it did it.
bool MayRead(const Caller& caller, const v1::AuditEvent& event) {
  if (caller.role == Role::kAuditor) return true;
  return event.agency() == caller.agency ||
         event.actor() == "agency/" + caller.agency ||
         event.actor().starts_with("agency/" + caller.agency + "/");
}

bool Matches(const v1::ListEventsRequest& request,
             const v1::AuditEvent& event) {
  const int64_t time = TimeUtil::TimestampToMicroseconds(event.time());
  return (request.kind() == v1::AuditEvent::KIND_UNSPECIFIED ||
          request.kind() == event.kind()) &&
         (request.agency().empty() || request.agency() == event.agency()) &&
         (request.actor().empty() || request.actor() == event.actor()) &&
         (request.act().empty() || request.act() == event.act()) &&
         (request.object().empty() || request.object() == event.object()) &&
         (!request.has_from_time() ||
          time >= TimeUtil::TimestampToMicroseconds(request.from_time())) &&
         (!request.has_until_time() ||
          time < TimeUtil::TimestampToMicroseconds(request.until_time()));
}

void AddDetails(const storage::LeafRow& leaf,
                google::protobuf::RepeatedPtrField<std::string>& details) {
  for (const storage::DetailRow& detail : leaf.details) {
    details.Add(std::string(auditlog::AsBytes(detail.hash)));
  }
}

// With what another hub wrote a moment ago, and has told of.
absl::StatusOr<auditlog::Frontier> NewestFrontier(storage::Store& store) {
  if (auto known = store.Refresh(); !known.ok()) return known;
  return store.LoadFrontier();
}

}  // namespace

absl::StatusOr<storage::CheckpointRow> AuditReader::Covering(
    uint64_t at_least, uint32_t witnesses) {
  return witnesses == 0 ? notary_.Covering(at_least)
                        : cosignatures_.Newest(witnesses, at_least);
}

absl::StatusOr<v1::GetCheckpointResponse> AuditReader::GetCheckpoint(
    const Caller& caller, const v1::GetCheckpointRequest& request) {
  v1::GetCheckpointResponse response;
  if (caller.role == Role::kAgency) {
    // First: a witness must not find more cosigned than there is.
    auto last = cosignatures_.LastOf(caller.agency);
    if (!last.ok()) return last.status();
    response.set_last_cosigned(*std::move(last));
  }
  const auto row = Covering(request.at_least(), request.witnesses());
  if (!row.ok()) return row.status();
  auto shown = cosignatures_.Shown(*row);
  if (!shown.ok()) return shown.status();
  response.set_checkpoint(*std::move(shown));
  response.set_verifier_key(notary_.verifier_key());
  return response;
}

absl::StatusOr<v1::ListCheckpointsResponse> AuditReader::ListCheckpoints(
    const v1::ListCheckpointsRequest& request) {
  const auto size = PageSize(request.page_size(), {.usual = 100, .most = 1000});
  if (!size.ok()) return size.status();
  const auto after =
      core_.tokens.DecodeNumber("checkpoints", request.page_token());
  if (!after.ok()) return after.status();
  const auto rows = core_.store.ListCheckpoints(*after, *size);
  if (!rows.ok()) return NamedStoreError(rows.status());
  auto shown = cosignatures_.Shown(*rows);
  if (!shown.ok()) return shown.status();
  v1::ListCheckpointsResponse response;
  size_t bytes = 0;
  size_t last = 0;
  for (; last < shown->size() && bytes < kPageBytes; ++last) {
    // With many witnesses a page is full before its number is reached.
    bytes += (*shown)[last].size();
    response.add_checkpoints(std::move((*shown)[last]));
  }
  if (last < rows->size() || rows->size() == *size) {
    response.set_next_page_token(
        core_.tokens.Encode("checkpoints", (*rows)[last - 1].size));
  }
  return response;
}

absl::StatusOr<std::string> AuditReader::CheckpointOf(uint64_t size) const {
  if (size == 0) return std::string();
  const auto rows = core_.store.ListCheckpoints(size - 1, 1);
  if (!rows.ok()) return NamedStoreError(rows.status());
  if (rows->empty() || rows->front().size != size) return std::string();
  return cosignatures_.Shown(rows->front());
}

absl::Status AuditReader::Prove(const storage::LeafRow& leaf, uint64_t size,
                                v1::GetInclusionProofResponse& proof) const {
  const auto path =
      auditlog::BuildInclusionProof(leaf.index, size, StoredTiles(core_.store));
  if (!path.ok()) return NamedStoreError(path.status());
  proof.set_index(leaf.index);
  proof.set_tree_size(size);
  for (const auditlog::Hash& hash : *path) {
    proof.add_path(std::string(auditlog::AsBytes(hash)));
  }
  proof.set_leaf(leaf.event);
  AddDetails(leaf, *proof.mutable_details());
  return absl::OkStatus();
}

absl::StatusOr<v1::GetInclusionProofResponse> AuditReader::GetInclusionProof(
    const Caller& caller, const v1::GetInclusionProofRequest& request) {
  const auto leaves = core_.store.ReadLeaves(request.index(), 1, true);
  if (!leaves.ok()) return NamedStoreError(leaves.status());
  v1::AuditEvent event;
  if (leaves->empty()) {
    // Where there is no leaf, one that is not the caller's could be.
    return caller.role == Role::kAuditor ? OutOfRange("index")
                                         : errors::Error("NOT_AVAILABLE");
  }
  if (!event.ParseFromString(leaves->front().event)) {
    return errors::Error(
        "STORE_DAMAGED",
        {.metadata = {{"table", "leaf"},
                      {"row", std::to_string(request.index())}}});
  }
  if (!MayRead(caller, event)) return errors::Error("NOT_AVAILABLE");

  uint64_t size = request.tree_size();
  v1::GetInclusionProofResponse response;
  if (size == 0) {
    const auto covering = notary_.Covering(request.index() + 1);
    if (!covering.ok()) return covering.status();
    size = covering->size;
    auto shown = cosignatures_.Shown(*covering);
    if (!shown.ok()) return shown.status();
    response.set_checkpoint(*std::move(shown));
  } else {
    const auto note = CheckpointOf(size);
    if (!note.ok()) return note.status();
    response.set_checkpoint(*note);
  }
  const auto frontier = NewestFrontier(core_.store);
  if (!frontier.ok()) return NamedStoreError(frontier.status());
  if (size > frontier->size() || request.index() >= size) {
    return OutOfRange("tree_size");
  }
  if (auto proved = Prove(leaves->front(), size, response); !proved.ok()) {
    return proved;
  }
  return response;
}

absl::StatusOr<OwnRead<v1::GetUpdateProofResponse>> AuditReader::GetUpdateProof(
    const Caller& caller, const v1::GetUpdateProofRequest& request) {
  const auto place = FindUpdate(core_, caller, request);
  if (!place.ok()) return place.status();
  const auto checkpoint = Covering(place->leaf.index + 1, request.witnesses());
  if (!checkpoint.ok()) return checkpoint.status();
  auto shown = cosignatures_.Shown(*checkpoint);
  if (!shown.ok()) return shown.status();

  OwnRead<v1::GetUpdateProofResponse> read;
  v1::GetUpdateProofResponse& response = read.response;
  v1::GetInclusionProofResponse& inclusion = *response.mutable_inclusion();
  inclusion.set_checkpoint(*std::move(shown));
  if (auto proved = Prove(place->leaf, checkpoint->size, inclusion);
      !proved.ok()) {
    return proved;
  }
  response.set_detail(place->detail);
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  if (const auto* key = SigningKeyOf(*registry, place->event)) {
    *response.mutable_signing_key() = *key;
  }
  if (caller.role != Role::kAuditor) {
    if (auto told = TellUpdate(core_, caller, *place, read); !told.ok()) {
      return told;
    }
  }
  return read;
}

absl::StatusOr<v1::GetConsistencyProofResponse>
AuditReader::GetConsistencyProof(
    const v1::GetConsistencyProofRequest& request) {
  uint64_t second = request.second();
  v1::GetConsistencyProofResponse response;
  if (second == 0) {
    const auto covering = notary_.Covering(request.first());
    if (!covering.ok()) return covering.status();
    second = covering->size;
    auto shown = cosignatures_.Shown(*covering);
    if (!shown.ok()) return shown.status();
    response.set_checkpoint(*std::move(shown));
  } else {
    const auto note = CheckpointOf(second);
    if (!note.ok()) return note.status();
    response.set_checkpoint(*note);
  }
  const auto frontier = NewestFrontier(core_.store);
  if (!frontier.ok()) return NamedStoreError(frontier.status());
  if (second > frontier->size()) return OutOfRange("second");
  if (request.first() > second) return OutOfRange("first");
  const auto path = auditlog::BuildConsistencyProof(request.first(), second,
                                                    StoredTiles(core_.store));
  if (!path.ok()) return NamedStoreError(path.status());
  response.set_first(request.first());
  response.set_second(second);
  for (const auditlog::Hash& hash : *path) {
    response.add_path(std::string(auditlog::AsBytes(hash)));
  }
  return response;
}

absl::StatusOr<v1::ListEventsResponse> AuditReader::ListEvents(
    const Caller& caller, const v1::ListEventsRequest& request) {
  const auto page_size =
      PageSize(request.page_size(), {.usual = 100, .most = 1000});
  if (!page_size.ok()) return page_size.status();
  for (const auto& [field, time] :
       {std::pair("from_time", &request.from_time()),
        std::pair("until_time", &request.until_time())}) {
    if (!IsGivenTime(*time)) {
      return errors::Error("INVALID_REQUEST",
                           {.field = field, .rule = "years 1 to 9999"});
    }
  }
  const std::string list = std::string("events ") +
                           (request.descending() ? "down " : "up ") +
                           caller.path;
  const auto frontier = NewestFrontier(core_.store);
  if (!frontier.ok()) return NamedStoreError(frontier.status());
  const uint64_t tree_size = frontier->size();
  // Leaves at or behind `next` are still to be looked at; downwards, those
  // before it.
  uint64_t next = request.descending() ? tree_size : request.from_index();
  if (!request.page_token().empty()) {
    const auto position = core_.tokens.DecodeNumber(list, request.page_token());
    if (!position.ok()) return position.status();
    next = *position;
  }
  const uint64_t lowest = request.from_index();

  v1::ListEventsResponse response;
  response.set_tree_size(tree_size);
  uint64_t scanned = 0;
  size_t bytes = 0;
  const auto at_end = [&] {
    return request.descending() ? next <= lowest : next >= tree_size;
  };
  const auto is_full = [&] {
    return bytes >= kPageBytes ||
           response.events_size() == static_cast<int>(*page_size);
  };
  while (!at_end() && scanned < kMaxScanned && !is_full()) {
    const uint64_t first = request.descending()
                               ? std::max(lowest, next - std::min(next, kChunk))
                               : next;
    const uint64_t limit = request.descending()
                               ? next - first
                               : std::min(kChunk, tree_size - next);
    auto leaves = core_.store.ReadLeaves(first, limit, request.with_bytes());
    if (!leaves.ok()) return NamedStoreError(leaves.status());
    if (leaves->empty()) break;
    if (request.descending()) std::ranges::reverse(*leaves);
    for (const storage::LeafRow& leaf : *leaves) {
      if (is_full()) break;
      ++scanned;
      next = request.descending() ? leaf.index : leaf.index + 1;
      v1::AuditEvent event;
      // What cannot be read is shown to auditors as it is: verifying tells.
      const bool readable = event.ParseFromString(leaf.event);
      if (!readable && caller.role != Role::kAuditor) continue;
      if (!MayRead(caller, event) || !Matches(request, event)) continue;
      v1::LoggedEvent& shown = *response.add_events();
      shown.set_index(leaf.index);
      *shown.mutable_event() = std::move(event);
      if (request.with_bytes()) {
        shown.set_leaf(leaf.event);
        AddDetails(leaf, *shown.mutable_details());
      }
      bytes += shown.ByteSizeLong();
    }
  }
  if (!at_end()) {
    response.set_next_page_token(core_.tokens.Encode(list, next));
  }
  return response;
}

}  // namespace waystation::hub
