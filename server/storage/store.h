// SPDX-License-Identifier: Apache-2.0
// The port between the hub and what keeps its data. One batch is one
// transaction, one commit group:
//
//   batch   := record* membership* identifier* edge* open_item* decision*
//              object* notice* holder_code* mailbox* detail* leaf+
//   leaf    := event-bytes detail*          index = leaf base + ordinal
//   mailbox := agency position uid bits     positions rise in commit order
//
// The store never sees a personal value: records, details and decisions arrive
// sealed, identifiers as keyed hashes. Rows that are not sealed carry a keyed
// checksum, since a database file does not notice bit rot.
//
// sqlite/ implements it; tests/conformance/ is its definition.
#ifndef WAYSTATION_SERVER_STORAGE_STORE_H_
#define WAYSTATION_SERVER_STORAGE_STORE_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/merkle.h"

namespace waystation::storage {

inline constexpr size_t kNoLimit = static_cast<size_t>(-1);

// Rows are plain values. Every member has a default, so that an initialiser
// need not name all.

// Immutable id of a source record; 0 is none. Given out by ReserveUids.
using Uid = uint64_t;
// A person is named by the smallest uid among its records.
using PersonId = uint64_t;
// Small number of an agency in this store; its text id stands in an object.
using AgencyNumber = uint32_t;
// First 16 bytes of a keyed hash: of (agency, record key), or of something that
// records are looked up by.
using KeyHash = std::array<uint8_t, 16>;

struct RecordRow {
  Uid uid = 0;
  AgencyNumber agency = 0;
  KeyHash key{};
  // As it was read, 0 for a new record: Commit finds it unmoved and stores one
  // more, so the first write is held as version 1.
  uint64_t version = 0;
  // The record's data key, wrapped under the key-encryption key that is named
  // inside. Empty after erasure.
  std::string wrapped_key{};
  // A sealed store.v1.StoredRecord.
  std::string sealed{};
  // A sealed store.v1.StoredVector: what the record is compared by. Empty in a
  // record that an earlier release wrote.
  std::string vector{};
  // Microseconds since 1970 UTC of the last applied update.
  int64_t received_time = 0;
  bool retracted = false;
  bool operator==(const RecordRow&) const = default;
};

// What there is to know of a record in order to compare it.
struct VectorRow {
  Uid uid = 0;
  // As of RecordRow.
  uint64_t version = 0;
  std::string wrapped_key{};
  std::string vector{};
  bool operator==(const VectorRow&) const = default;
};

struct MembershipRow {
  Uid uid = 0;
  PersonId person = 0;
  bool operator==(const MembershipRow&) const = default;
};

// Something that `hash` stands for is held by record `uid`: an identifier, a
// blocking key, the number of a business.
struct IdentifierRow {
  KeyHash hash{};
  uint32_t epoch = 0;
  Uid uid = 0;
  bool operator==(const IdentifierRow&) const = default;
};

// A pair of records that were held against each other, smaller uid first.
struct EdgeRow {
  Uid a = 0;
  Uid b = 0;
  // A serialised store.v1.StoredEdge: how far they agree, never a value.
  std::string bytes{};
  bool operator==(const EdgeRow&) const = default;
};

struct EdgeKey {
  Uid a = 0;
  Uid b = 0;
  auto operator<=>(const EdgeKey&) const = default;
};

// What waits for a clerk, as status bits: a conflict of one attribute (and
// entry) of one person, a candidate pair, or a pair of a sample. Never a value.
struct OpenItem {
  enum class Kind : uint8_t {
    kConflict = 1,
    kCandidate = 2,
    // 3 is held by no store: what waits for a second person.
    // A pair that was drawn at random.
    kSample = 4,
    // A pair that an agency's own clerks are asked about, by what its own
    // records say and nothing else.
    kOwnCandidate = 5,
    // A conflict that the view of one agency shows, by its agreements.
    kOwnConflict = 6,
  };
  Kind kind = Kind::kConflict;
  // Conflict: the person, and 0; of one agency's view, the record that its
  // handle names, and 0. A pair: smaller uid first.
  Uid a = 0;
  Uid b = 0;
  uint32_t attribute = 0;
  // Keyed hash of the entry's key in a set attribute, else zeros.
  KeyHash entry{};
  int64_t opened_time = 0;
  bool reopened = false;
  // Agencies that take part, ascending.
  std::vector<AgencyNumber> agencies{};
  // Changes with every claim and decision that takes part.
  KeyHash etag{};
  // Why it is open: number of a reason in proto/errors.
  uint32_t reason = 0;
  bool operator==(const OpenItem&) const = default;
};

struct OpenItemKey {
  OpenItem::Kind kind = OpenItem::Kind::kConflict;
  Uid a = 0;
  Uid b = 0;
  uint32_t attribute = 0;
  KeyHash entry{};
  auto operator<=>(const OpenItemKey&) const = default;
};

struct DecisionRow {
  // 1, 2, 3 ... given by NextDecisionNumber.
  uint64_t number = 0;
  // Records that it names; look-up goes by these.
  std::vector<Uid> uids{};
  // True while it is an input: standing or reopened, not undone.
  bool active = true;
  std::string wrapped_key{};
  // A sealed store.v1.StoredDecision.
  std::string sealed{};
  // Keyed hash of the request id that made it, for repeats; zeros if none. No
  // two decisions share one.
  KeyHash request{};
  bool operator==(const DecisionRow&) const = default;
};

// Everything that is administered: agencies, agreements, certificates, rules.
// A small table, read whole at start.
struct ObjectRow {
  // Such as "agency", "agreement", "certificate".
  std::string kind{};
  std::string id{};
  std::string bytes{};
  bool operator==(const ObjectRow&) const = default;
};

// A case that one agency puts to another about one of its own records.
struct NoticeRow {
  // 1, 2, 3 ... given by NextNoticeNumber.
  uint64_t number = 0;
  // As of RecordRow.
  uint64_t version = 0;
  AgencyNumber sender = 0;
  // With whom it is.
  AgencyNumber recipient = 0;
  // Whose step is next; 0: nobody's.
  AgencyNumber waits_for = 0;
  // The sender's record.
  Uid uid = 0;
  // Microseconds since 1970 UTC.
  int64_t due_time = 0;
  // Keyed hash of the request id that made it; zeros if none. No two notices
  // share one.
  KeyHash request{};
  // A serialised store.v1.StoredNotice: never a value.
  std::string bytes{};
  // A sealed v1.NoticeText, under the data key of the record. Empty: none.
  std::string sealed{};
  bool operator==(const NoticeRow&) const = default;
};

enum class NoticeBox {
  // Waits for the agency, by due time and number.
  kWaiting,
  // Of the agency as sender, or as recipient, by falling number.
  kSent,
  kReceived,
};

// A one-time code that a person was given, so that a desk may ask about one
// certificate. The code itself is nowhere.
struct HolderCodeRow {
  // Keyed hash of the code, and of what may be asked with it.
  KeyHash hash{};
  // The record whose claim is asked about.
  Uid uid = 0;
  // Microseconds since 1970 UTC; from then on it works no longer.
  int64_t expire_time = 0;
  // Used, or taken back.
  bool spent = false;
  // A sealed store.v1.StoredHolderCode, under the data key of the record.
  std::string sealed{};
  bool operator==(const HolderCodeRow&) const = default;
};

enum class ChangeKind : uint8_t {
  kChanged = 1,
  kMerged = 2,
  kSplit = 3,
  kWithdrawn = 4,
};

struct MailboxRow {
  AgencyNumber agency = 0;
  // Given by Commit; ignored on the way in.
  uint64_t position = 0;
  // A record of the recipient that the person holds.
  Uid uid = 0;
  // Bit n stands for attribute n.
  uint64_t attributes = 0;
  ChangeKind kind = ChangeKind::kChanged;
  bool operator==(const MailboxRow&) const = default;
};

// One detail under a leaf: its salted hash, and what it commits to, sealed.
struct DetailRow {
  Uid uid = 0;
  auditlog::Hash hash{};
  // A sealed store.v1.SealedDetail; empty after erasure.
  std::string sealed{};
  bool operator==(const DetailRow&) const = default;
};

struct LeafRow {
  // Given by Commit; ignored on the way in.
  uint64_t index = 0;
  // A serialised v1.AuditEvent, hashed as these bytes.
  std::string event{};
  std::vector<DetailRow> details{};
  bool operator==(const LeafRow&) const = default;
};

// Takes the place of what one detail of a held leaf has sealed; uid and hash
// stay, and so does what the leaf commits to.
struct DetailPut {
  uint64_t leaf = 0;
  // Place among the leaf's details, from 0.
  uint32_t detail = 0;
  // Empty: nothing is left.
  std::string sealed{};
  bool operator==(const DetailPut&) const = default;
};

struct CheckpointRow {
  uint64_t size = 0;
  // The note as the log signed it; cosignatures are rows of their own.
  std::string note{};
  int64_t time = 0;
  bool operator==(const CheckpointRow&) const = default;
};

// One witness's signature of one checkpoint: a signature line of its note.
struct CosignatureRow {
  // Of the checkpoint.
  uint64_t size = 0;
  // Name and hash of the witness's key.
  std::string witness{};
  uint32_t key = 0;
  // What the line holds besides: time and signature.
  std::string signature{};
  bool operator==(const CosignatureRow&) const = default;
};

// What was read to compute a batch. Commit verifies all of it, so that two hubs
// that add twins to an empty block cannot miss each other. Decisions need no
// entry: they are few and bear on everything, so a batch that was read before
// the newest of them was written has moved.
struct ReadSet {
  // Commit group that was the newest when the first of it was read; nothing
  // needs verifying while it still is.
  uint64_t group = 0;
  struct Record {
    KeyHash key{};
    // 0: there was none.
    uint64_t version = 0;
  };
  std::vector<Record> records{};
  // The same of records that are held, by uid.
  struct Version {
    Uid uid = 0;
    uint64_t version = 0;
  };
  std::vector<Version> versions{};
  struct Identifier {
    KeyHash hash{};
    // As read, ascending; empty included.
    std::vector<Uid> uids{};
    // As LookUpIdentifiers was asked.
    size_t limit = kNoLimit;
  };
  std::vector<Identifier> identifiers{};
  // Who shares an edge with each record that was looked at, ascending; empty
  // included.
  struct Edges {
    Uid uid = 0;
    std::vector<Uid> others{};
  };
  std::vector<Edges> edges{};
  // Members of each person that was loaded, ascending; empty included.
  struct Person {
    PersonId person = 0;
    std::vector<Uid> uids{};
  };
  std::vector<Person> persons{};
  // Leaves in the log, where the batch says of its own leaves where they will
  // stand; verified whatever the group.
  std::optional<uint64_t> log_size{};
};

// Each table holds one row per key, and a row that is put takes the place of
// the one held. Where a batch both removes and puts, the put row stays;
// removing what is not held changes nothing.
struct Batch {
  // Random, not zeros; a batch that did commit is recognised by it for at least
  // a thousand groups.
  std::array<uint8_t, 16> id{};
  ReadSet reads{};
  // By uid. A new record comes with its membership in the same batch.
  std::vector<RecordRow> records{};
  // By uid: a record is moved by putting it under another person.
  std::vector<MembershipRow> memberships{};
  // By hash and uid.
  std::vector<IdentifierRow> identifiers_added{};
  std::vector<IdentifierRow> identifiers_removed{};
  // By both uids.
  std::vector<EdgeRow> edges_put{};
  std::vector<EdgeKey> edges_removed{};
  // By OpenItemKey.
  std::vector<OpenItem> items_put{};
  std::vector<OpenItemKey> items_removed{};
  // By number: held ones, or the next ones without a gap.
  std::vector<DecisionRow> decisions{};
  // By kind and id.
  std::vector<ObjectRow> objects{};
  // By number, each once: held ones, or the next ones without a gap.
  std::vector<NoticeRow> notices{};
  // By hash, each once: open ones are new, spent ones were open. Then those
  // that are forgotten.
  std::vector<HolderCodeRow> codes{};
  std::vector<KeyHash> codes_removed{};
  // In the order in which each mailbox gets them.
  std::vector<MailboxRow> mailbox{};
  // By leaf and detail, of leaves that are held.
  std::vector<DetailPut> details{};
  // At least one.
  std::vector<LeafRow> leaves{};
};

struct Committed {
  uint64_t group = 0;
  // Index of the batch's first leaf; the others follow without a gap.
  uint64_t first_leaf = 0;
  // Leaves in the log after the batch.
  uint64_t log_size = 0;
  // The batch had been committed before; nothing was written now.
  bool repeated = false;
  bool operator==(const Committed&) const = default;
};

struct Counts {
  // Retracted and erased ones included.
  uint64_t records = 0;
  uint64_t persons = 0;
  // Pairs of samples are not counted.
  uint64_t open_conflicts = 0;
  uint64_t open_candidates = 0;
  bool operator==(const Counts&) const = default;
};

struct Finding {
  // Table and row, never a value.
  std::string place{};
  std::string reason{};
  // Set by the store: which table, and how many further findings it has.
  std::string table{};
  uint64_t more = 0;
  bool operator==(const Finding&) const = default;
};

// Some records and all that belongs to their persons, as of one moment.
struct Surroundings {
  // Who holds each key that was asked for; nullopt where nobody does.
  std::vector<std::optional<Uid>> holders{};
  // The persons of the records asked for, ascending, each once with its
  // members, ascending.
  struct Person {
    PersonId person = 0;
    std::vector<Uid> uids{};
    bool operator==(const Person&) const = default;
  };
  std::vector<Person> persons{};
  // The members of all of them, by uid.
  std::vector<RecordRow> records{};
  // Decisions that name a member, by rising number, if they were asked for.
  std::vector<DecisionRow> decisions{};
};

// What other stores of the same medium have committed, one group or several.
struct ForeignCommits {
  // The newest of the groups.
  uint64_t group = 0;
  // Leaves in the log after it.
  uint64_t log_size = 0;
  // Agencies whose mailboxes grew, ascending, each once.
  std::vector<AgencyNumber> told{};
};

// What a copy of the store holds.
struct Copied {
  // The newest commit group in it.
  uint64_t group = 0;
  auditlog::Frontier frontier{};
  // Bytes that were given.
  uint64_t bytes = 0;
};

// Thread-safe: readers run beside a commit and see whole batches only. Commit
// is called by one thread at a time. Several stores, of several processes, may
// share a medium that can be shared (is_shared). Returned values are copies and
// may outlive the store. Every read may answer DATA_LOSS (a row whose checksum
// does not fit; it names table and row) or UNAVAILABLE (the medium does not
// answer).
class Store {
 public:
  virtual ~Store() = default;

  // --- records and persons ---

  // Rows under `keys`, in that order; nullopt where none is held.
  virtual absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByKey(
      std::span<const KeyHash> keys) const = 0;
  // Rows of `uids`, in that order; nullopt where none is held.
  virtual absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByUid(
      std::span<const Uid> uids) const = 0;
  // Vectors of `uids`, in that order; nullopt where no record is held.
  virtual absl::StatusOr<std::vector<std::optional<VectorRow>>> LoadVectors(
      std::span<const Uid> uids) const = 0;
  // Records that hold each hash, ascending, the first `limit` of them (at least
  // one); empty where nobody does.
  virtual absl::StatusOr<std::vector<std::vector<Uid>>> LookUpIdentifiers(
      std::span<const KeyHash> hashes, size_t limit = kNoLimit) const = 0;
  // Edges of each uid with whatever other, ascending by that other.
  virtual absl::StatusOr<std::vector<std::vector<EdgeRow>>> EdgesOf(
      std::span<const Uid> uids) const = 0;
  // All edges by rising pair, after `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<EdgeRow>> ListEdges(
      EdgeKey after, size_t limit) const = 0;
  // The person of each uid; nullopt for a uid that is not held.
  virtual absl::StatusOr<std::vector<std::optional<PersonId>>> PersonsOf(
      std::span<const Uid> uids) const = 0;
  // Members of each person, ascending; empty where none is held.
  virtual absl::StatusOr<std::vector<std::vector<Uid>>> MembersOf(
      std::span<const PersonId> persons) const = 0;
  // The records under `keys` and those of `uids`, with what belongs to their
  // persons.
  virtual absl::StatusOr<Surroundings> LookAround(
      std::span<const KeyHash> keys, std::span<const Uid> uids,
      bool with_decisions) const = 0;
  // Records of one agency by rising uid, after `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<RecordRow>> ListRecords(
      AgencyNumber agency, Uid after, size_t limit) const = 0;

  // --- the clerks' table ---

  // Open items of one kind, oldest first (opened time, then key), after
  // `after` (nullopt: from the start), at most `limit`.
  virtual absl::StatusOr<std::vector<OpenItem>> ListOpenItems(
      OpenItem::Kind kind, const std::optional<OpenItem>& after,
      size_t limit) const = 0;
  virtual absl::StatusOr<std::optional<OpenItem>> GetOpenItem(
      const OpenItemKey& key) const = 0;
  // All open items that name one of `uids` as `a` or `b`.
  virtual absl::StatusOr<std::vector<OpenItem>> OpenItemsOf(
      std::span<const Uid> uids) const = 0;
  // Decisions, active or not, that name one of `uids`, by rising number.
  virtual absl::StatusOr<std::vector<DecisionRow>> DecisionsOf(
      std::span<const Uid> uids) const = 0;
  virtual absl::StatusOr<std::optional<DecisionRow>> GetDecision(
      uint64_t number) const = 0;
  virtual absl::StatusOr<std::optional<DecisionRow>> FindDecisionByRequest(
      const KeyHash& request) const = 0;
  // Decisions by rising number, after `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<DecisionRow>> ListDecisions(
      uint64_t after, size_t limit) const = 0;
  // One more than the highest held.
  virtual absl::StatusOr<uint64_t> NextDecisionNumber() const = 0;

  // --- administered objects ---

  // Objects of one kind by rising id.
  virtual absl::StatusOr<std::vector<ObjectRow>> ListObjects(
      std::string_view kind) const = 0;

  // --- notices ---

  virtual absl::StatusOr<std::optional<NoticeRow>> GetNotice(
      uint64_t number) const = 0;
  virtual absl::StatusOr<std::optional<NoticeRow>> FindNoticeByRequest(
      const KeyHash& request) const = 0;
  // Those in the box of one agency in its order, after `after` (nullopt: from
  // the start), at most `limit`.
  virtual absl::StatusOr<std::vector<NoticeRow>> ListNotices(
      NoticeBox box, AgencyNumber agency, const std::optional<NoticeRow>& after,
      size_t limit) const = 0;
  // Those of all agencies by rising number, after `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<NoticeRow>> ListAllNotices(
      uint64_t after, size_t limit) const = 0;
  // One more than the highest held.
  virtual absl::StatusOr<uint64_t> NextNoticeNumber() const = 0;

  // --- holders' codes ---

  // Spent ones included.
  virtual absl::StatusOr<std::optional<HolderCodeRow>> FindHolderCode(
      const KeyHash& hash) const = 0;
  // Those about one record, by rising hash.
  virtual absl::StatusOr<std::vector<HolderCodeRow>> HolderCodesOf(
      Uid uid) const = 0;
  // All by rising expiry, then hash, after `after` (nullopt: from the start),
  // at most `limit`.
  virtual absl::StatusOr<std::vector<HolderCodeRow>> ListHolderCodes(
      const std::optional<HolderCodeRow>& after, size_t limit) const = 0;

  // --- writing ---

  // A range of `count` uids nobody else gets, at least one; unused ones are
  // never given out again. The first of the range; ranges rise.
  virtual absl::StatusOr<Uid> ReserveUids(uint64_t count) = 0;
  // Makes the batch durable, or changes nothing. ABORTED: something of the read
  // set moved, a code that is spent was not open, or a new one's hash is taken;
  // load again. RESOURCE_EXHAUSTED: the disk is full and nothing was
  // written; the store goes on. UNAVAILABLE: the medium failed and the outcome
  // is unknown; the store answers nothing any more, and whoever opens it next
  // finds the batch whole or not at all. INVALID_ARGUMENT: the batch is not
  // what its comments say (no leaf, an id of zeros, a gap in decision or
  // notice numbers, a row that names a record nobody holds, a detail that no
  // leaf has); nothing was written.
  virtual absl::StatusOr<Committed> Commit(const Batch& batch) = 0;
  // Remembers that a mailbox has been read up to `position`; never goes back,
  // so an earlier position changes nothing. OUT_OF_RANGE: past its newest
  // entry.
  virtual absl::Status AcknowledgeMailbox(AgencyNumber agency,
                                          uint64_t position, int64_t time) = 0;

  // --- others on the same medium ---

  // Whether other stores may write to it. Then NewestGroup, LoadFrontier,
  // GetMailbox, Count, CountRecords and the numbers of what comes next may lag
  // behind by a moment; what was planned by them is found out by Commit, whose
  // answers are true of the medium, whoever wrote last.
  virtual bool is_shared() const { return false; }
  // Waits for a turn: others cannot commit until this store has, whatever that
  // answers, or until EndTurn. What is asked meanwhile is as Commit will find
  // it. By the thread that commits. A turn that is held for many seconds, by a
  // process that was stopped, is taken away; then the store fails
  // (UNAVAILABLE).
  virtual absl::Status TakeTurn() { return absl::OkStatus(); }
  virtual void EndTurn() {}
  // What others have committed before this was called is known when it returns.
  virtual absl::Status Refresh() { return absl::OkStatus(); }
  // From now on `heard` is called by a thread of the store for what others
  // commit, in order, usually within milliseconds; never for what this store
  // commits. nullptr: no longer, once this returns. Not to be called by
  // `heard`.
  virtual void OnForeignCommits(
      std::function<void(const ForeignCommits&)> /*heard*/) {}
  // Whether the upkeep of the medium is this store's: of several it is one's at
  // a time, and within seconds another's when that one is gone or stands still.
  // No lock on what is written: a group that another's has overtaken is found
  // out by Commit.
  virtual bool HasUpkeep() const { return true; }

  // --- mailboxes ---

  // Entries after `after` in rising position, at most `limit`. Positions are
  // 1, 2, 3 ... for each agency.
  virtual absl::StatusOr<std::vector<MailboxRow>> ReadMailbox(
      AgencyNumber agency, uint64_t after, size_t limit) const = 0;
  struct MailboxState {
    uint64_t acknowledged = 0;
    uint64_t last = 0;
    int64_t acknowledged_time = 0;
    bool operator==(const MailboxState&) const = default;
  };
  // Zeros for an agency that never got anything.
  virtual absl::StatusOr<MailboxState> GetMailbox(
      AgencyNumber agency) const = 0;

  // --- the log ---

  // The newest commit group, 0 in an empty store.
  virtual uint64_t NewestGroup() const = 0;
  // Frontier over all committed leaves.
  virtual absl::StatusOr<auditlog::Frontier> LoadFrontier() const = 0;
  // Leaves from `first` on in rising index, at most `limit`; details are left
  // empty unless asked for.
  virtual absl::StatusOr<std::vector<LeafRow>> ReadLeaves(
      uint64_t first, size_t limit, bool with_details) const = 0;
  // The first `width` hashes (1 to 256) of one tile, as proto/auditlog/tiles.h
  // lays them out. NOT_FOUND: the log is not that long.
  virtual absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      uint32_t level, uint64_t index, uint32_t width) const = 0;
  // Stores a checkpoint before it is shown; durable when it returns. One of the
  // same size takes its place and keeps its cosignatures. INVALID_ARGUMENT: the
  // log is not that long.
  virtual absl::Status PutCheckpoint(const CheckpointRow& checkpoint) = 0;
  // Checkpoints by rising size, after `after`, at most `limit`.
  virtual absl::StatusOr<std::vector<CheckpointRow>> ListCheckpoints(
      uint64_t after, size_t limit) const = 0;
  virtual absl::StatusOr<std::optional<CheckpointRow>> NewestCheckpoint()
      const = 0;
  // Durable when it returns; one by the same key under the same checkpoint
  // takes its place. INVALID_ARGUMENT: there is no checkpoint of that size.
  virtual absl::Status PutCosignature(const CosignatureRow& cosignature) = 0;
  // Cosignatures of the checkpoints of `first` to `last` leaves, both
  // included, by rising size, then witness and key.
  virtual absl::StatusOr<std::vector<CosignatureRow>> ListCosignatures(
      uint64_t first, uint64_t last) const = 0;
  // Sizes of checkpoints that somebody has cosigned, falling, below `before`,
  // at most `limit`.
  virtual absl::StatusOr<std::vector<uint64_t>> CosignedSizes(
      uint64_t before, size_t limit) const = 0;
  // The size of the largest checkpoint that this witness has cosigned.
  virtual absl::StatusOr<std::optional<uint64_t>> LargestCosigned(
      std::string_view witness) const = 0;

  // --- upkeep ---

  virtual absl::StatusOr<Counts> Count() const = 0;
  // Records per agency.
  virtual absl::StatusOr<uint64_t> CountRecords(AgencyNumber agency) const = 0;
  // Reads every row: checksums, one person a record, members against persons,
  // leaves against tiles and frontier, counts. `record`, unless empty, is
  // called with each row so that the caller can unseal it; what it returns is a
  // finding like others. One finding a table: its first bad row, and how many
  // more.
  virtual absl::StatusOr<std::vector<Finding>> Check(
      const std::function<std::optional<Finding>(const RecordRow&)>& record)
      const = 0;
  // Returns when no file of the store holds a value any more that a commit has
  // replaced or removed: the last step of an erasure. Waits for readers.
  virtual absl::Status Scrub() = 0;
  // Gives `take`, piece by piece, all that the store holds as of one moment, as
  // bytes of which a store of the same kind can be made again. Commits and
  // reads go on meanwhile, but for that moment, which waits for readers. What
  // `take` answers other than OK ends it and is the answer.
  virtual absl::StatusOr<Copied> Copy(
      const std::function<absl::Status(std::string_view piece)>& take) = 0;
};

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_STORE_H_
