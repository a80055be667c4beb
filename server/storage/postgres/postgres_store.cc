// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/postgres_store.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/commit.h"
#include "server/storage/postgres/copy.h"
#include "server/storage/postgres/follower.h"
#include "server/storage/postgres/migrations.h"
#include "server/storage/postgres/moving.h"
#include "server/storage/postgres/owner.h"
#include "server/storage/postgres/session.h"
#include "server/storage/rows/findings.h"
#include "server/storage/rows/group.h"
#include "server/storage/rows/rows.h"

namespace waystation::storage::postgres {
namespace {

// Reserved at a time, since each is a transaction of its own.
constexpr uint64_t kUidStep = uint64_t{16} << 10;

// Waits until nobody else commits, until the transaction ends: its statements
// from here on see all that others have committed.
constexpr char kTurn[] =
    "SELECT pg_advisory_xact_lock(2002874490, hashtext(current_schema()))";

// Whoever shares a store waits longer for one who makes its tables than for one
// who has it alone.
constexpr absl::Duration kLeastWait = absl::Seconds(2);

// Everything that the tables of one moment hold together.
constexpr char kSnapshot[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

template <typename T>
void SortOnce(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

// Within a snapshot.
absl::StatusOr<Surroundings> LookAroundIn(Session& session,
                                          std::span<const KeyHash> keys,
                                          std::span<const Uid> uids,
                                          bool with_decisions) {
  Surroundings around;
  auto by_key = session.records.LoadByKey(keys);
  if (!by_key.ok()) return by_key.status();
  std::vector<Uid> asked(uids.begin(), uids.end());
  for (const std::optional<RecordRow>& row : *by_key) {
    around.holders.push_back(row.has_value() ? std::optional(row->uid)
                                             : std::nullopt);
    if (row.has_value()) asked.push_back(row->uid);
  }
  SortOnce(asked);
  const auto persons = session.records.PersonsOf(asked);
  if (!persons.ok()) return persons.status();
  std::vector<PersonId> distinct;
  for (const std::optional<PersonId>& person : *persons) {
    if (person.has_value()) distinct.push_back(*person);
  }
  SortOnce(distinct);
  auto members = session.records.MembersOf(distinct);
  if (!members.ok()) return members.status();
  std::vector<Uid> all;
  for (size_t i = 0; i < distinct.size(); ++i) {
    all.insert(all.end(), (*members)[i].begin(), (*members)[i].end());
    around.persons.push_back({distinct[i], std::move((*members)[i])});
  }
  SortOnce(all);
  auto records = session.records.LoadByUid(all);
  if (!records.ok()) return records.status();
  for (std::optional<RecordRow>& row : *records) {
    if (row.has_value()) around.records.push_back(*std::move(row));
  }
  if (with_decisions) {
    auto decisions = session.clerks.DecisionsOf(all);
    if (!decisions.ok()) return decisions.status();
    around.decisions = *std::move(decisions);
  }
  return around;
}

class PostgresStore final : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options);
  ~PostgresStore() override {
    follower_.reset();
    readers_.reset();
    absl::MutexLock commits(&commits_);
    if (is_scratch_ && writer_ != nullptr) {
      (void)writer_->connection->Run(
          "DO $$BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', "
          "current_schema()); END$$");
    }
  }

  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByKey(
      std::span<const KeyHash> keys) const override {
    return Read([&](Session& s) { return s.records.LoadByKey(keys); });
  }
  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByUid(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.records.LoadByUid(uids); });
  }
  absl::StatusOr<std::vector<std::optional<VectorRow>>> LoadVectors(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.records.LoadVectors(uids); });
  }
  absl::StatusOr<std::vector<std::vector<Uid>>> LookUpIdentifiers(
      std::span<const KeyHash> hashes, size_t limit) const override {
    return Read(
        [&](Session& s) { return s.records.LookUpIdentifiers(hashes, limit); });
  }
  absl::StatusOr<std::vector<std::vector<EdgeRow>>> EdgesOf(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.records.EdgesOf(uids); });
  }
  absl::StatusOr<std::vector<EdgeRow>> ListEdges(EdgeKey after,
                                                 size_t limit) const override {
    return Read([&](Session& s) { return s.records.ListEdges(after, limit); });
  }
  absl::StatusOr<std::vector<std::optional<PersonId>>> PersonsOf(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.records.PersonsOf(uids); });
  }
  absl::StatusOr<std::vector<std::vector<Uid>>> MembersOf(
      std::span<const PersonId> persons) const override {
    return Read([&](Session& s) { return s.records.MembersOf(persons); });
  }
  absl::StatusOr<Surroundings> LookAround(std::span<const KeyHash> keys,
                                          std::span<const Uid> uids,
                                          bool with_decisions) const override {
    return ReadTogether([&](Session& s) {
      return LookAroundIn(s, keys, uids, with_decisions);
    });
  }
  absl::StatusOr<std::vector<RecordRow>> ListRecords(
      AgencyNumber agency, Uid after, size_t limit) const override {
    return Read([&](Session& s) {
      return s.records.ListRecords(agency, after, limit);
    });
  }

  absl::StatusOr<std::vector<OpenItem>> ListOpenItems(
      OpenItem::Kind kind, const std::optional<OpenItem>& after,
      size_t limit) const override {
    return Read(
        [&](Session& s) { return s.clerks.ListOpenItems(kind, after, limit); });
  }
  absl::StatusOr<std::optional<OpenItem>> GetOpenItem(
      const OpenItemKey& key) const override {
    return Read([&](Session& s) { return s.clerks.GetOpenItem(key); });
  }
  absl::StatusOr<std::vector<OpenItem>> OpenItemsOf(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.clerks.OpenItemsOf(uids); });
  }
  absl::StatusOr<std::vector<DecisionRow>> DecisionsOf(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.clerks.DecisionsOf(uids); });
  }
  absl::StatusOr<std::optional<DecisionRow>> GetDecision(
      uint64_t number) const override {
    return Read([&](Session& s) { return s.clerks.GetDecision(number); });
  }
  absl::StatusOr<std::optional<DecisionRow>> FindDecisionByRequest(
      const KeyHash& request) const override {
    return Read(
        [&](Session& s) { return s.clerks.FindDecisionByRequest(request); });
  }
  absl::StatusOr<std::vector<DecisionRow>> ListDecisions(
      uint64_t after, size_t limit) const override {
    return Read(
        [&](Session& s) { return s.clerks.ListDecisions(after, limit); });
  }
  absl::StatusOr<uint64_t> NextDecisionNumber() const override {
    return Know(
        [](const State& state) { return state.newest.tally.decisions + 1; });
  }
  absl::StatusOr<std::vector<ObjectRow>> ListObjects(
      std::string_view kind) const override {
    return Read([&](Session& s) { return s.clerks.ListObjects(kind); });
  }

  absl::StatusOr<std::optional<NoticeRow>> GetNotice(
      uint64_t number) const override {
    return Read([&](Session& s) { return s.notices.Get(number); });
  }
  absl::StatusOr<std::optional<NoticeRow>> FindNoticeByRequest(
      const KeyHash& request) const override {
    return Read([&](Session& s) { return s.notices.FindByRequest(request); });
  }
  absl::StatusOr<std::vector<NoticeRow>> ListNotices(
      NoticeBox box, AgencyNumber agency, const std::optional<NoticeRow>& after,
      size_t limit) const override {
    return Read(
        [&](Session& s) { return s.notices.List(box, agency, after, limit); });
  }
  absl::StatusOr<std::vector<NoticeRow>> ListAllNotices(
      uint64_t after, size_t limit) const override {
    return Read([&](Session& s) { return s.notices.ListAll(after, limit); });
  }
  absl::StatusOr<uint64_t> NextNoticeNumber() const override {
    return Know(
        [](const State& state) { return state.newest.tally.notices + 1; });
  }

  absl::StatusOr<std::optional<HolderCodeRow>> FindHolderCode(
      const KeyHash& hash) const override {
    return Read([&](Session& s) { return s.codes.Find(hash); });
  }
  absl::StatusOr<std::vector<HolderCodeRow>> HolderCodesOf(
      Uid uid) const override {
    return Read([&](Session& s) { return s.codes.Of(uid); });
  }
  absl::StatusOr<std::vector<HolderCodeRow>> ListHolderCodes(
      const std::optional<HolderCodeRow>& after, size_t limit) const override {
    return Read([&](Session& s) { return s.codes.List(after, limit); });
  }

  absl::StatusOr<Uid> ReserveUids(uint64_t count) override;
  absl::StatusOr<Committed> Commit(const Batch& batch) override;
  absl::Status AcknowledgeMailbox(AgencyNumber agency, uint64_t position,
                                  int64_t time) override;

  absl::StatusOr<std::vector<MailboxRow>> ReadMailbox(
      AgencyNumber agency, uint64_t after, size_t limit) const override {
    return Read(
        [&](Session& s) { return s.groups.ReadMailbox(agency, after, limit); });
  }
  absl::StatusOr<MailboxState> GetMailbox(AgencyNumber agency) const override;

  uint64_t NewestGroup() const override {
    absl::MutexLock lock(&known_);
    return state_.newest.number;
  }
  absl::StatusOr<auditlog::Frontier> LoadFrontier() const override {
    return Know([](const State& state) { return state.newest.frontier; });
  }
  absl::StatusOr<std::vector<LeafRow>> ReadLeaves(
      uint64_t first, size_t limit, bool with_details) const override {
    return Read([&](Session& s) {
      return s.log.ReadLeaves(first, limit, with_details);
    });
  }
  absl::StatusOr<std::vector<auditlog::Hash>> ReadTile(
      uint32_t level, uint64_t index, uint32_t width) const override;
  absl::Status PutCheckpoint(const CheckpointRow& checkpoint) override;
  absl::StatusOr<std::vector<CheckpointRow>> ListCheckpoints(
      uint64_t after, size_t limit) const override {
    return Read(
        [&](Session& s) { return s.log.ListCheckpoints(after, limit); });
  }
  absl::StatusOr<std::optional<CheckpointRow>> NewestCheckpoint()
      const override {
    return Read([](Session& s) { return s.log.NewestCheckpoint(); });
  }
  absl::Status PutCosignature(const CosignatureRow& cosignature) override;
  absl::StatusOr<std::vector<CosignatureRow>> ListCosignatures(
      uint64_t first, uint64_t last) const override {
    return Read(
        [&](Session& s) { return s.log.ListCosignatures(first, last); });
  }
  absl::StatusOr<std::vector<uint64_t>> CosignedSizes(
      uint64_t before, size_t limit) const override {
    return Read([&](Session& s) { return s.log.CosignedSizes(before, limit); });
  }
  absl::StatusOr<std::optional<uint64_t>> LargestCosigned(
      std::string_view witness) const override {
    return Read([&](Session& s) { return s.log.LargestCosigned(witness); });
  }

  absl::StatusOr<Counts> Count() const override {
    return Know([](const State& state) {
      const Tally& tally = state.newest.tally;
      return Counts{tally.records, tally.persons, tally.conflicts,
                    tally.candidates};
    });
  }
  absl::StatusOr<uint64_t> CountRecords(AgencyNumber agency) const override {
    return Know([&](const State& state) {
      const auto found = state.agencies.find(agency);
      return found == state.agencies.end() ? 0 : found->second;
    });
  }
  absl::StatusOr<std::vector<Finding>> Check(
      const std::function<std::optional<Finding>(const RecordRow&)>& record)
      const override {
    return ReadTogether(
        [&](Session& s) -> absl::StatusOr<std::vector<Finding>> {
          return CheckStore(s, record);
        });
  }
  bool is_shared() const override { return is_shared_; }
  absl::Status Refresh() override {
    return is_shared_ ? LookFor(Follower::kLookAnyway) : Alive();
  }
  absl::Status TakeTurn() override;
  void EndTurn() override;
  void OnForeignCommits(
      std::function<void(const ForeignCommits&)> heard) override {
    absl::MutexLock lock(&hearing_);
    heard_ = std::move(heard);
  }
  bool HasUpkeep() const override {
    return follower_ == nullptr || follower_->has_upkeep();
  }

  absl::Status Scrub() override;
  absl::StatusOr<Copied> Copy(
      const std::function<absl::Status(std::string_view)>& take) override;

 private:
  PostgresStore() = default;

  // UNAVAILABLE once the server has not answered.
  absl::Status Alive() const {
    if (!failed_.load(std::memory_order_acquire)) return absl::OkStatus();
    absl::MutexLock lock(&known_);
    return failure_;
  }
  void Fail(const absl::Status& status) const {
    absl::MutexLock lock(&known_);
    if (failure_.ok()) failure_ = absl::UnavailableError(status.message());
    failed_.store(true, std::memory_order_release);
  }

  // read(session), which is one statement, or several that need not be of one
  // moment.
  template <typename Reading>
  auto Read(Reading read) const -> decltype(read(std::declval<Session&>())) {
    if (absl::Status status = Alive(); !status.ok()) return status;
    const Readers::Lease lease(*readers_);
    auto result = read(*lease);
    if (absl::IsUnavailable(result.status())) Fail(result.status());
    return result;
  }
  // read(session) within one snapshot.
  template <typename Reading>
  auto ReadTogether(Reading read) const
      -> decltype(read(std::declval<Session&>())) {
    return Read([&](Session& s) -> decltype(read(s)) {
      if (absl::Status status = s.connection->Run(kSnapshot); !status.ok()) {
        return status;
      }
      auto result = read(s);
      if (absl::Status status = s.connection->Run("ROLLBACK");
          !status.ok() && result.ok()) {
        return status;
      }
      return result;
    });
  }
  // What is known without reading.
  template <typename Knowing>
  auto Know(Knowing know) const
      -> absl::StatusOr<decltype(know(std::declval<const State&>()))> {
    if (absl::Status status = Alive(); !status.ok()) return status;
    absl::MutexLock lock(&known_);
    return know(state_);
  }

  // write() in a transaction of the connection, which `begun` tells of; it ends
  // with the command `end`, as it is then.
  template <typename Writing>
  absl::Status Finish(Connection& connection, absl::Status begun, Writing write,
                      const std::string& end);
  // Ends a transaction that came to `why`: the answer.
  absl::Status Undo(Connection& connection, const absl::Status& why);
  // write(session) in one transaction that is no commit, on a connection that
  // no turn holds: of a store that is not shared, the writer's.
  template <typename Writing>
  absl::Status WriteSmall(Writing write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(small_writes_)
          ABSL_LOCKS_EXCLUDED(commits_);
  // Reads what is known from the start.
  absl::Status Load(const Options& options, const ChecksumKey& key,
                    std::unique_ptr<Session> writer);
  absl::Status AcknowledgeOwn(AgencyNumber agency, uint64_t position,
                              int64_t time);
  absl::Status AcknowledgeShared(AgencyNumber agency, uint64_t position,
                                 int64_t time);
  // Whether the state tells so, once it knows what others have written.
  absl::StatusOr<bool> Tells(const std::function<bool(const State&)>& so);

  // Begins the transaction of a commit. Of a shared store: waits for its turn,
  // and learns what others have committed.
  absl::Status Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);
  // Learns it, in a transaction of the writer's that sees one moment.
  absl::Status CatchUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);
  // The same in a transaction of its own, if `number` is not known.
  absl::Status LookFor(uint64_t number) ABSL_LOCKS_EXCLUDED(commits_);
  std::optional<Committed> FindRepeated(const Batch& batch) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);
  // By the follower.
  void Look(uint64_t number);

  bool is_shared_ = false;
  std::string target_;
  std::string schema_;
  // Held while the writer's connection is used.
  mutable absl::Mutex commits_;
  std::unique_ptr<Session> writer_ ABSL_GUARDED_BY(commits_);
  // The writer's transaction has begun, and it is this store's turn.
  bool has_turn_ ABSL_GUARDED_BY(commits_) = false;
  // Small writes: of a shared store, on a connection of their own, since a turn
  // may be undone, and takes long.
  absl::Mutex small_writes_ ABSL_ACQUIRED_BEFORE(commits_);
  std::unique_ptr<Session> small_writer_ ABSL_GUARDED_BY(small_writes_);
  // Given out next, and the first that is not reserved in the database.
  Uid next_uid_ ABSL_GUARDED_BY(small_writes_) = 1;
  Uid unreserved_uid_ ABSL_GUARDED_BY(small_writes_) = 1;

  // Changed with `commits_` held too, so that the writer reads it without.
  mutable absl::Mutex known_;
  State state_;
  // What others committed and nobody was told of yet.
  std::optional<ForeignCommits> news_ ABSL_GUARDED_BY(known_);
  mutable absl::Status failure_ ABSL_GUARDED_BY(known_);
  mutable std::atomic<bool> failed_ = false;

  std::unique_ptr<Readers> readers_;
  bool is_scratch_ = false;
  // Held while somebody is told.
  absl::Mutex hearing_;
  std::function<void(const ForeignCommits&)> heard_ ABSL_GUARDED_BY(hearing_);
  // Of a shared store.
  std::unique_ptr<Follower> follower_;
};

// --- opening ---

absl::StatusOr<std::unique_ptr<Store>> PostgresStore::Open(
    const Options& options) {
  const ChecksumKey key = DeriveChecksumKey(options.checksum_key);
  auto connection = Connection::Open(options.target, options.schema);
  if (!connection.ok()) return connection.status();
  // One that is being moved will not be given up in a minute.
  if (absl::Status moved = NeedNoNote(**connection, options); !moved.ok()) {
    return moved;
  }
  if (absl::Status status =
          options.is_shared
              ? Join(**connection, std::max(options.wait, kLeastWait))
              : Own(**connection, options.wait);
      !status.ok()) {
    return status;
  }
  if (absl::Status moved = NeedNoNote(**connection, options); !moved.ok()) {
    return moved;
  }
  if (absl::Status status = CheckServer(**connection); !status.ok()) {
    return status;
  }
  if (absl::Status status = Migrate(**connection); !status.ok()) return status;

  std::unique_ptr<PostgresStore> store(new PostgresStore);
  store->is_shared_ = options.is_shared;
  store->target_ = options.target;
  store->schema_ = options.schema;
  store->is_scratch_ = options.is_scratch;
  auto writer = Session::Make(*std::move(connection), key);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = store->Load(options, key, *std::move(writer));
      !status.ok()) {
    return status;
  }
  auto readers = Readers::Open(options.target, options.schema, key,
                               std::max<size_t>(options.readers, 1));
  if (!readers.ok()) return readers.status();
  store->readers_ = *std::move(readers);
  if (!options.is_shared) return store;
  auto follower = Follower::Start(
      options.target, options.schema,
      [raw = store.get()](uint64_t number) { raw->Look(number); });
  if (!follower.ok()) return follower.status();
  store->follower_ = *std::move(follower);
  return store;
}

absl::Status PostgresStore::Load(const Options& options, const ChecksumKey& key,
                                 std::unique_ptr<Session> writer) {
  absl::MutexLock small(&small_writes_);
  absl::MutexLock commits(&commits_);
  writer_ = std::move(writer);
  Session& session = *writer_;
  Connection& connection = *session.connection;
  if (is_shared_) {
    if (absl::Status status = PrepareToShare(connection, options.patience);
        !status.ok()) {
      return status;
    }
    auto second = Connection::Open(options.target, options.schema);
    if (!second.ok()) return second.status();
    for (const absl::Status& status :
         {CheckServer(**second), PrepareToShare(**second, options.patience)}) {
      if (!status.ok()) return status;
    }
    auto small_writer = Session::Make(*std::move(second), key);
    if (!small_writer.ok()) return small_writer.status();
    small_writer_ = *std::move(small_writer);
    // One of several makes the row, and nobody commits meanwhile.
    if (absl::Status status = connection.Run(
            absl::StrCat("BEGIN ISOLATION LEVEL READ COMMITTED; ", kTurn));
        !status.ok()) {
      return status;
    }
  }
  const auto next_uid = session.groups.LoadNextUid();
  if (!next_uid.ok()) return next_uid.status();
  auto state = LoadState(session);
  if (!state.ok()) return state.status();
  if (is_shared_) {
    if (absl::Status status = connection.Run("COMMIT"); !status.ok()) {
      return status;
    }
  }
  // Of a shared store, none are its own before it has asked for some.
  next_uid_ = *next_uid;
  unreserved_uid_ = *next_uid;
  absl::MutexLock lock(&known_);
  state_ = *std::move(state);
  return absl::OkStatus();
}

// --- reading ---

absl::StatusOr<std::vector<auditlog::Hash>> PostgresStore::ReadTile(
    uint32_t level, uint64_t index, uint32_t width) const {
  auto hashes =
      Read([&](Session& s) { return s.log.ReadTile(level, index, width); });
  if (hashes.ok()) hashes->resize(width);
  if (!absl::IsNotFound(hashes.status())) return hashes;
  // Missing, or past the end of the log?
  const auto frontier = LoadFrontier();
  if (!frontier.ok()) return frontier.status();
  const uint32_t height = level * auditlog::kTileHeight;
  const uint64_t there = height < 64 ? frontier->size() >> height : 0;
  if (index <= there / auditlog::kTileWidth &&
      index * auditlog::kTileWidth + width <= there) {
    return Damaged(PlaceOfTile(level, index), "it is missing");
  }
  return hashes;
}

absl::StatusOr<Store::MailboxState> PostgresStore::GetMailbox(
    AgencyNumber agency) const {
  auto mailbox = Know([&](const State& state) {
    const auto found = state.mailboxes.find(agency);
    return found == state.mailboxes.end() ? MailboxState() : found->second;
  });
  if (!is_shared_ || !mailbox.ok()) return mailbox;
  // Readers come to one hub today and to another tomorrow.
  const auto reader =
      Read([&](Session& s) { return s.groups.LoadReader(agency); });
  if (!reader.ok()) return reader.status();
  mailbox->acknowledged = reader->acknowledged;
  mailbox->acknowledged_time = reader->acknowledged_time;
  mailbox->last = std::max(mailbox->last, reader->acknowledged);
  return mailbox;
}

// --- writing ---

absl::Status PostgresStore::Undo(Connection& connection,
                                 const absl::Status& why) {
  const absl::Status undone = connection.Run("ROLLBACK");
  if (absl::IsUnavailable(why) || !undone.ok()) {
    Fail(undone.ok() ? why : undone);
    return Alive();
  }
  return why;
}

template <typename Writing>
absl::Status PostgresStore::Finish(Connection& connection, absl::Status begun,
                                   Writing write, const std::string& end) {
  absl::Status status = std::move(begun);
  if (status.ok()) status = write();
  if (status.ok()) {
    status = connection.Run(end);
    if (status.ok()) return status;
    // Whether it committed is not known.
    if (!absl::IsResourceExhausted(status)) {
      Fail(status);
      return Alive();
    }
  }
  return Undo(connection, status);
}

template <typename Writing>
absl::Status PostgresStore::WriteSmall(Writing write) {
  const auto write_on = [&](Session& session) {
    Connection& connection = *session.connection;
    return Finish(
        connection, connection.Run("BEGIN ISOLATION LEVEL READ COMMITTED"),
        [&] { return write(session); }, "COMMIT");
  };
  if (small_writer_ != nullptr) return write_on(*small_writer_);
  absl::MutexLock commits(&commits_);
  return write_on(*writer_);
}

absl::Status PostgresStore::Begin() {
  Connection& connection = *writer_->connection;
  if (!is_shared_) return connection.Run("BEGIN");
  const uint64_t next = state_.newest.number + 1;
  const auto in_its_place = connection.Ask(
      absl::StrCat("BEGIN ISOLATION LEVEL READ COMMITTED; ", kTurn,
                   "; SELECT number FROM commit_group WHERE slot = ",
                   next % GroupRow::kRing));
  if (!in_its_place.ok()) return in_its_place.status();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(*in_its_place, &number) || number < next) {
    return absl::OkStatus();
  }
  if (absl::Status status = CatchUp(); !status.ok()) return status;
  follower_->Wake();
  return absl::OkStatus();
}

absl::Status PostgresStore::CatchUp() {
  auto progress = LoadProgress(*writer_, state_);
  if (!progress.ok()) return progress.status();
  std::set<AgencyNumber> told;
  std::optional<State> whole;
  if (progress->has_value()) {
    if ((*progress)->groups.empty()) return absl::OkStatus();
    for (const GroupRow& group : (*progress)->groups) {
      for (const MailboxShare& share : group.mailboxes) {
        told.insert(share.agency);
      }
    }
  } else {
    auto loaded = LoadState(*writer_);
    if (!loaded.ok()) return loaded.status();
    for (const auto& [agency, mailbox] : loaded->mailboxes) {
      const auto held = state_.mailboxes.find(agency);
      if (held == state_.mailboxes.end() || held->second.last < mailbox.last) {
        told.insert(agency);
      }
    }
    whole = *std::move(loaded);
  }
  absl::MutexLock lock(&known_);
  if (whole.has_value()) {
    state_ = *std::move(whole);
  } else {
    Apply(**std::move(progress), state_);
  }
  if (!news_.has_value()) news_.emplace();
  news_->group = state_.newest.number;
  news_->log_size = state_.newest.frontier.size();
  told.insert(news_->told.begin(), news_->told.end());
  news_->told.assign(told.begin(), told.end());
  return absl::OkStatus();
}

absl::Status PostgresStore::LookFor(uint64_t number) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  // In its turn it knows all.
  if (has_turn_ || number <= state_.newest.number) return absl::OkStatus();
  Connection& connection = *writer_->connection;
  absl::Status status = connection.Run(kSnapshot);
  if (status.ok()) status = CatchUp();
  return Undo(connection, status);
}

void PostgresStore::Look(uint64_t number) {
  // What cannot be read shows itself to whoever commits.
  if (number != 0) (void)LookFor(number);
  std::optional<ForeignCommits> news;
  {
    absl::MutexLock lock(&known_);
    news.swap(news_);
  }
  if (!news.has_value()) return;
  absl::MutexLock lock(&hearing_);
  if (heard_) heard_(*news);
}

absl::StatusOr<bool> PostgresStore::Tells(
    const std::function<bool(const State&)>& so) {
  const auto known = Know(so);
  if (!is_shared_ || !known.ok() || *known) return known;
  if (absl::Status status = LookFor(Follower::kLookAnyway); !status.ok()) {
    return status;
  }
  return Know(so);
}

absl::Status PostgresStore::TakeTurn() {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (!is_shared_ || has_turn_) return absl::OkStatus();
  if (absl::Status begun = Begin(); !begun.ok()) {
    return Undo(*writer_->connection, begun);
  }
  has_turn_ = true;
  return absl::OkStatus();
}

void PostgresStore::EndTurn() {
  absl::MutexLock commits(&commits_);
  if (!std::exchange(has_turn_, false)) return;
  (void)Undo(*writer_->connection, absl::OkStatus());
}

std::optional<Committed> PostgresStore::FindRepeated(const Batch& batch) const {
  const auto known = state_.recent.find(batch.id);
  if (known == state_.recent.end()) return std::nullopt;
  Committed repeated = known->second;
  repeated.repeated = true;
  return repeated;
}

absl::StatusOr<Committed> PostgresStore::Commit(const Batch& batch) {
  absl::MutexLock commits(&commits_);
  const bool has_begun = std::exchange(has_turn_, false);
  if (absl::Status status = Alive(); !status.ok()) return status;
  std::optional<Committed> repeated = FindRepeated(batch);
  if (repeated.has_value() && !has_begun) return *repeated;
  Connection& connection = *writer_->connection;
  const absl::Status begun = has_begun ? absl::OkStatus() : Begin();
  // Another store may have committed it.
  if (begun.ok()) repeated = FindRepeated(batch);
  if (repeated.has_value()) {
    absl::Status undone = Undo(connection, absl::OkStatus());
    if (!undone.ok()) return undone;
    return *repeated;
  }
  Advance advance;
  std::string end = "COMMIT";
  const auto write = [&]() -> absl::Status {
    auto written = WriteBatch(*writer_, state_, batch);
    if (!written.ok()) return written.status();
    advance = *std::move(written);
    if (is_shared_) {
      end = absl::StrCat(TellOf(advance.group.number), "; COMMIT");
    }
    return absl::OkStatus();
  };
  if (absl::Status status = Finish(connection, begun, write, end);
      !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&known_);
  Apply(std::move(advance), state_);
  return AnswerFor(state_.newest);
}

absl::StatusOr<Uid> PostgresStore::ReserveUids(uint64_t count) {
  if (count == 0) return absl::InvalidArgumentError("a range is not empty");
  absl::MutexLock small(&small_writes_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (unreserved_uid_ - next_uid_ < count) {
    Uid first = next_uid_;
    Uid reserved = 0;
    const absl::Status status = WriteSmall([&](Session& session) {
      if (is_shared_) {
        // What was left of the last range stays unused.
        const auto next = session.groups.LockNextUid();
        if (!next.ok()) return next.status();
        first = *next;
      }
      reserved = first + std::max(count, kUidStep);
      Pipeline pipeline;
      session.groups.PutNextUid(reserved, pipeline);
      return pipeline.Run(*session.connection);
    });
    if (!status.ok()) return status;
    next_uid_ = first;
    unreserved_uid_ = reserved;
  }
  return std::exchange(next_uid_, next_uid_ + count);
}

absl::Status PostgresStore::AcknowledgeMailbox(AgencyNumber agency,
                                               uint64_t position,
                                               int64_t time) {
  return is_shared_ ? AcknowledgeShared(agency, position, time)
                    : AcknowledgeOwn(agency, position, time);
}

absl::Status PostgresStore::AcknowledgeShared(AgencyNumber agency,
                                              uint64_t position, int64_t time) {
  absl::MutexLock small(&small_writes_);
  const auto is_there = Tells([&](const State& state) {
    const auto found = state.mailboxes.find(agency);
    return position <=
           (found == state.mailboxes.end() ? 0 : found->second.last);
  });
  if (!is_there.ok()) return is_there.status();
  if (!*is_there) {
    return absl::OutOfRangeError("the mailbox does not go that far");
  }
  if (position == 0) return absl::OkStatus();
  return WriteSmall([&](Session& session) {
    Pipeline pipeline;
    session.groups.AdvanceReader(agency, position, time, pipeline);
    return pipeline.Run(*session.connection);
  });
}

absl::Status PostgresStore::AcknowledgeOwn(AgencyNumber agency,
                                           uint64_t position, int64_t time) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  const auto found = state_.mailboxes.find(agency);
  MailboxState mailbox =
      found == state_.mailboxes.end() ? MailboxState() : found->second;
  if (position > mailbox.last) {
    return absl::OutOfRangeError("the mailbox does not go that far");
  }
  if (position <= mailbox.acknowledged) return absl::OkStatus();
  Connection& connection = *writer_->connection;
  const auto write = [&] {
    Pipeline pipeline;
    writer_->groups.PutReader(agency, position, time, pipeline);
    return pipeline.Run(connection);
  };
  if (absl::Status status =
          Finish(connection, connection.Run("BEGIN"), write, "COMMIT");
      !status.ok()) {
    return status;
  }
  mailbox.acknowledged = position;
  mailbox.acknowledged_time = time;
  absl::MutexLock lock(&known_);
  state_.mailboxes[agency] = mailbox;
  return absl::OkStatus();
}

absl::Status PostgresStore::PutCheckpoint(const CheckpointRow& checkpoint) {
  absl::MutexLock small(&small_writes_);
  const auto is_there = Tells([&](const State& state) {
    return checkpoint.size <= state.newest.frontier.size();
  });
  if (!is_there.ok()) return is_there.status();
  if (!*is_there) return absl::InvalidArgumentError("the log is not that long");
  return WriteSmall(
      [&](Session& session) { return session.log.Put(checkpoint); });
}

absl::Status PostgresStore::PutCosignature(const CosignatureRow& cosignature) {
  absl::MutexLock small(&small_writes_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  return WriteSmall(
      [&](Session& session) { return session.log.Put(cosignature); });
}

// --- upkeep ---

absl::Status PostgresStore::Scrub() {
  absl::Status status = Alive();
  if (!status.ok()) return status;
  if (is_shared_) {
    // It waits for tables one by one, for as long as others use them, and they
    // for it: neither a turn nor a small write is to wait with it.
    auto connection = Connection::Open(target_, schema_);
    return connection.ok() ? ScrubStore(**connection) : connection.status();
  }
  absl::MutexLock commits(&commits_);
  status = ScrubStore(*writer_->connection);
  if (absl::IsUnavailable(status)) Fail(status);
  return status;
}

absl::StatusOr<Copied> PostgresStore::Copy(
    const std::function<absl::Status(std::string_view)>& take) {
  Copied copied;
  const auto done = Read([&](Session& s) -> absl::StatusOr<bool> {
    {
      // Nobody of this process commits between this and the first look, which
      // makes the snapshot.
      absl::MutexLock commits(&commits_);
      if (absl::Status status = s.connection->Run(kSnapshot); !status.ok()) {
        return status;
      }
      if (absl::Status status = s.connection->Run("SELECT 1 FROM store");
          !status.ok()) {
        return status;
      }
      copied.group = state_.newest.number;
      copied.frontier = state_.newest.frontier;
    }
    const absl::Cleanup end = [&] { (void)s.connection->Run("ROLLBACK"); };
    if (is_shared_) {
      // Somebody else may have.
      const auto groups = s.groups.Load();
      if (!groups.ok()) return groups.status();
      if (!groups->empty()) {
        copied.group = groups->back().number;
        copied.frontier = groups->back().frontier;
      }
    }
    const absl::Status status =
        CopyStore(*s.connection, [&](std::string_view piece) {
          copied.bytes += piece.size();
          return take(piece);
        });
    if (!status.ok()) return status;
    return true;
  });
  if (!done.ok()) return done.status();
  return copied;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenPostgres(const Options& options) {
  return PostgresStore::Open(options);
}

}  // namespace waystation::storage::postgres
