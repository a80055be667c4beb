// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/rows.h"

#include "absl/strings/str_cat.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/tiles.h"

namespace waystation::storage {
namespace {

std::string HexOf(const KeyHash& hash) {
  return auditlog::ToHex(
      {reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace

// --- records ---

RecordRow RecordView::Row() const {
  return {.uid = uid,
          .agency = agency,
          .key = key,
          .version = version,
          .wrapped_key = std::string(wrapped_key),
          .sealed = std::string(sealed),
          .vector = std::string(vector),
          .received_time = received_time,
          .retracted = retracted};
}

VectorRow RecordView::Vector() const {
  return {.uid = uid,
          .version = version,
          .wrapped_key = std::string(wrapped_key),
          .vector = std::string(vector)};
}

int64_t SumOf(const ChecksumKey& key, const RecordView& record) {
  constexpr size_t kTag = 16;
  Checksum sum(key, Table::kRecord);
  sum.Add(record.uid)
      .Add(record.agency)
      .Add(record.key)
      .Add(record.version)
      .Add(record.received_time)
      .Add(record.retracted)
      .Add(record.wrapped_key);
  const auto add = [&](std::string_view sealed) {
    sum.Add(sealed.size())
        .Add(sealed.substr(sealed.size() - std::min(sealed.size(), kTag)));
  };
  add(record.sealed);
  if (!record.vector.empty()) add(record.vector);
  return sum.Finish();
}

int64_t SumOf(const ChecksumKey& key, const MembershipRow& membership) {
  return Checksum(key, Table::kMembership)
      .Add(membership.uid)
      .Add(membership.person)
      .Finish();
}

int64_t SumOf(const ChecksumKey& key, const IdentifierRow& identifier) {
  return Checksum(key, Table::kIdentifier)
      .Add(identifier.hash)
      .Add(identifier.epoch)
      .Add(identifier.uid)
      .Finish();
}

int64_t SumOf(const ChecksumKey& key, const EdgeRow& edge) {
  return Checksum(key, Table::kEdge)
      .Add(edge.a)
      .Add(edge.b)
      .Add(edge.bytes)
      .Finish();
}

std::string PlaceOf(const RecordView& record) {
  return absl::StrCat("record ", record.uid);
}

std::string PlaceOf(const MembershipRow& membership) {
  return absl::StrCat("membership ", membership.uid);
}

std::string PlaceOf(const IdentifierRow& identifier) {
  return absl::StrCat("identifier ", HexOf(identifier.hash), " of record ",
                      identifier.uid);
}

std::string PlaceOf(const EdgeRow& edge) {
  return absl::StrCat("edge ", edge.a, "/", edge.b);
}

// --- the clerks' table ---

int64_t SumOf(const ChecksumKey& key, const OpenItem& item) {
  Checksum sum(key, Table::kOpenItem);
  sum.Add(NumberOf(item.kind))
      .Add(item.a)
      .Add(item.b)
      .Add(item.attribute)
      .Add(item.entry)
      .Add(item.opened_time)
      .Add(item.reopened)
      .Add(item.etag)
      .Add(item.reason);
  for (const AgencyNumber agency : item.agencies) sum.Add(agency);
  return sum.Finish();
}

int64_t SumOf(const ChecksumKey& key, const DecisionRow& decision) {
  Checksum sum(key, Table::kDecision);
  sum.Add(decision.number)
      .Add(decision.active)
      .Add(decision.request)
      .Add(decision.wrapped_key)
      .Add(decision.sealed);
  for (const Uid uid : decision.uids) sum.Add(uid);
  return sum.Finish();
}

int64_t SumOf(const ChecksumKey& key, const ObjectRow& object) {
  return Checksum(key, Table::kObject)
      .Add(object.kind)
      .Add(object.id)
      .Add(object.bytes)
      .Finish();
}

int64_t SumOf(const ChecksumKey& key, const NoticeRow& notice) {
  return Checksum(key, Table::kNotice)
      .Add(notice.number)
      .Add(notice.version)
      .Add(notice.sender)
      .Add(notice.recipient)
      .Add(notice.waits_for)
      .Add(notice.uid)
      .Add(notice.due_time)
      .Add(notice.request)
      .Add(notice.bytes)
      .Add(notice.sealed)
      .Finish();
}

int64_t SumOf(const ChecksumKey& key, const HolderCodeRow& code) {
  return Checksum(key, Table::kHolderCode)
      .Add(code.hash)
      .Add(code.uid)
      .Add(code.expire_time)
      .Add(static_cast<uint64_t>(code.spent))
      .Add(code.sealed)
      .Finish();
}

std::string PlaceOf(const OpenItem& item) {
  return absl::StrCat("open_item ", NumberOf(item.kind), "/", item.a, "/",
                      item.b, "/", item.attribute);
}

std::string PlaceOf(const DecisionRow& decision) {
  return absl::StrCat("decision ", decision.number);
}

std::string PlaceOf(const ObjectRow& object) {
  return absl::StrCat("object ", object.kind, "/", object.id);
}

std::string PlaceOf(const NoticeRow& notice) {
  return absl::StrCat("notice ", notice.number);
}

std::string PlaceOf(const HolderCodeRow& code) {
  return absl::StrCat("holder_code ", HexOf(code.hash));
}

// --- mailboxes ---

std::vector<MailboxSegment> PackEntries(
    AgencyNumber agency, uint64_t first,
    std::span<const MailboxRow* const> entries) {
  std::vector<MailboxSegment> segments;
  while (!entries.empty()) {
    const size_t count = std::min(entries.size(), MailboxSegment::kSegment);
    MailboxSegment& segment = segments.emplace_back();
    segment.agency = agency;
    segment.first = first;
    for (const MailboxRow* entry : entries.first(count)) {
      PackNumber(entry->uid, segment.entries);
      PackNumber(entry->attributes, segment.entries);
      PackNumber(static_cast<uint64_t>(entry->kind), segment.entries);
    }
    entries = entries.subspan(count);
    first += count;
  }
  return segments;
}

std::vector<MailboxRow> UnpackEntries(AgencyNumber agency, uint64_t first,
                                      std::string_view entries) {
  std::vector<MailboxRow> rows;
  for (Unpacker unpacker(entries); unpacker; ++first) {
    MailboxRow& entry = rows.emplace_back();
    entry.agency = agency;
    entry.position = first;
    entry.uid = unpacker.Number();
    entry.attributes = unpacker.Number();
    entry.kind = static_cast<ChangeKind>(unpacker.Number());
  }
  return rows;
}

int64_t SumOfMailbox(const ChecksumKey& key, AgencyNumber agency,
                     uint64_t first, std::string_view entries) {
  return Checksum(key, Table::kMailbox)
      .Add(agency)
      .Add(first)
      .Add(entries)
      .Finish();
}

int64_t SumOfReader(const ChecksumKey& key, AgencyNumber agency,
                    uint64_t position, int64_t time) {
  return Checksum(key, Table::kMailboxReader)
      .Add(agency)
      .Add(position)
      .Add(time)
      .Finish();
}

std::string PlaceOfMailbox(AgencyNumber agency, uint64_t first) {
  return absl::StrCat("mailbox ", agency, "/", first);
}

// --- the log ---

std::string PackDetails(const std::vector<DetailRow>& details) {
  constexpr size_t kNumbers = 15;
  size_t size = 0;
  for (const DetailRow& detail : details) {
    size += detail.sealed.size() + auditlog::kHashSize + kNumbers;
  }
  std::string bytes;
  bytes.reserve(size);
  for (const DetailRow& detail : details) {
    PackNumber(detail.uid, bytes);
    bytes.append(auditlog::AsBytes(detail.hash));
    PackBytes(detail.sealed, bytes);
  }
  return bytes;
}

std::vector<DetailRow> UnpackDetails(std::string_view bytes) {
  std::vector<DetailRow> details;
  for (Unpacker unpacker(bytes); unpacker;) {
    DetailRow& detail = details.emplace_back();
    detail.uid = unpacker.Number();
    detail.hash = unpacker.Array<auditlog::kHashSize>();
    detail.sealed = std::string(unpacker.Bytes());
  }
  return details;
}

int64_t SumOfEvent(const ChecksumKey& key, uint64_t index,
                   std::string_view event) {
  return Checksum(key, Table::kLeafEvent).Add(index).Add(event).Finish();
}

int64_t SumOfDetails(const ChecksumKey& key, uint64_t index,
                     std::string_view details) {
  return Checksum(key, Table::kLeafDetails).Add(index).Add(details).Finish();
}

int64_t SumOfTile(const ChecksumKey& key, uint32_t level, uint64_t index,
                  std::string_view hashes) {
  return Checksum(key, Table::kTile).Add(level).Add(index).Add(hashes).Finish();
}

int64_t SumOf(const ChecksumKey& key, const CheckpointRow& checkpoint) {
  return Checksum(key, Table::kCheckpoint)
      .Add(checkpoint.size)
      .Add(checkpoint.note)
      .Add(checkpoint.time)
      .Finish();
}

int64_t SumOf(const ChecksumKey& key, const CosignatureRow& cosignature) {
  return Checksum(key, Table::kCosignature)
      .Add(cosignature.size)
      .Add(cosignature.witness)
      .Add(cosignature.key)
      .Add(cosignature.signature)
      .Finish();
}

uint64_t TilesOf(uint64_t leaves) {
  uint64_t tiles = 0;
  for (uint64_t hashes = leaves, level = 0; hashes > 0; ++level) {
    const uint64_t partial =
        level > 0 && hashes % auditlog::kTileWidth != 0 ? 1 : 0;
    hashes /= auditlog::kTileWidth;
    tiles += hashes + partial;
  }
  return tiles;
}

std::string PlaceOfLeaf(uint64_t index) { return absl::StrCat("leaf ", index); }

std::string PlaceOfTile(uint32_t level, uint64_t index) {
  return absl::StrCat("tile ", level, "/", index);
}

std::string PlaceOf(const CheckpointRow& checkpoint) {
  return absl::StrCat("checkpoint ", checkpoint.size);
}

std::string PlaceOf(const CosignatureRow& cosignature) {
  return absl::StrCat("cosignature ", cosignature.size, "/",
                      cosignature.witness);
}

// --- the store itself ---

int64_t KeyCheckOf(const ChecksumKey& key) {
  return Checksum(key, Table::kStore).Finish();
}

int64_t SumOfNextUid(const ChecksumKey& key, Uid next) {
  return Checksum(key, Table::kStore).Add(next).Finish();
}

}  // namespace waystation::storage
