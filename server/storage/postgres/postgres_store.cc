// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/postgres_store.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "proto/errors/error.h"
#include "server/storage/postgres/commit.h"
#include "server/storage/postgres/copy.h"
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
  absl::StatusOr<MailboxState> GetMailbox(AgencyNumber agency) const override {
    return Know([&](const State& state) {
      const auto found = state.mailboxes.find(agency);
      return found == state.mailboxes.end() ? MailboxState() : found->second;
    });
  }

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

  // write() in one transaction.
  template <typename Writing>
  absl::Status Write(Writing write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);

  // Held while the writer's connection is used.
  mutable absl::Mutex commits_;
  std::unique_ptr<Session> writer_ ABSL_GUARDED_BY(commits_);
  // Given out next, and the first that is not reserved in the database.
  Uid next_uid_ ABSL_GUARDED_BY(commits_) = 1;
  Uid unreserved_uid_ ABSL_GUARDED_BY(commits_) = 1;

  // Changed with `commits_` held too, so that the writer reads it without.
  mutable absl::Mutex known_;
  State state_;
  mutable absl::Status failure_ ABSL_GUARDED_BY(known_);
  mutable std::atomic<bool> failed_ = false;

  std::unique_ptr<Readers> readers_;
  bool is_scratch_ = false;
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
  if (absl::Status status = Own(**connection, options.wait); !status.ok()) {
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
  absl::MutexLock commits(&store->commits_);
  auto writer = Session::Make(*std::move(connection), key);
  if (!writer.ok()) return writer.status();
  store->writer_ = *std::move(writer);
  Session& session = *store->writer_;
  const auto next_uid = session.groups.LoadNextUid();
  if (!next_uid.ok()) return next_uid.status();
  store->next_uid_ = *next_uid;
  store->unreserved_uid_ = *next_uid;
  auto state = LoadState(session);
  if (!state.ok()) return state.status();
  store->state_ = *std::move(state);
  auto readers = Readers::Open(options.target, options.schema, key,
                               std::max<size_t>(options.readers, 1));
  if (!readers.ok()) return readers.status();
  store->readers_ = *std::move(readers);
  store->is_scratch_ = options.is_scratch;
  return store;
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

// --- writing ---

template <typename Writing>
absl::Status PostgresStore::Write(Writing write) {
  Connection& connection = *writer_->connection;
  absl::Status status = connection.Run("BEGIN");
  if (status.ok()) status = write();
  if (status.ok()) {
    status = connection.Run("COMMIT");
    if (status.ok()) return status;
    // Whether it committed is not known.
    if (!absl::IsResourceExhausted(status)) {
      Fail(status);
      return Alive();
    }
  }
  const absl::Status undone = connection.Run("ROLLBACK");
  if (absl::IsUnavailable(status) || !undone.ok()) {
    Fail(undone.ok() ? status : undone);
    return Alive();
  }
  return status;
}

absl::StatusOr<Committed> PostgresStore::Commit(const Batch& batch) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (const auto known = state_.recent.find(batch.id);
      known != state_.recent.end()) {
    Committed repeated = known->second;
    repeated.repeated = true;
    return repeated;
  }
  Advance advance;
  const absl::Status status = Write([&]() -> absl::Status {
    auto written = WriteBatch(*writer_, state_, batch);
    if (!written.ok()) return written.status();
    advance = *std::move(written);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  absl::MutexLock lock(&known_);
  Apply(std::move(advance), state_);
  return AnswerFor(state_.newest);
}

absl::StatusOr<Uid> PostgresStore::ReserveUids(uint64_t count) {
  if (count == 0) return absl::InvalidArgumentError("a range is not empty");
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (unreserved_uid_ - next_uid_ < count) {
    const Uid reserved = next_uid_ + std::max(count, kUidStep);
    const absl::Status status = Write([&] {
      Pipeline pipeline;
      writer_->groups.PutNextUid(reserved, pipeline);
      return pipeline.Run(*writer_->connection);
    });
    if (!status.ok()) return status;
    unreserved_uid_ = reserved;
  }
  return std::exchange(next_uid_, next_uid_ + count);
}

absl::Status PostgresStore::AcknowledgeMailbox(AgencyNumber agency,
                                               uint64_t position,
                                               int64_t time) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  const auto found = state_.mailboxes.find(agency);
  MailboxState mailbox =
      found == state_.mailboxes.end() ? MailboxState() : found->second;
  if (position > mailbox.last) {
    return absl::OutOfRangeError("the mailbox does not go that far");
  }
  if (position <= mailbox.acknowledged) return absl::OkStatus();
  const absl::Status status = Write([&] {
    Pipeline pipeline;
    writer_->groups.PutReader(agency, position, time, pipeline);
    return pipeline.Run(*writer_->connection);
  });
  if (!status.ok()) return status;
  mailbox.acknowledged = position;
  mailbox.acknowledged_time = time;
  absl::MutexLock lock(&known_);
  state_.mailboxes[agency] = mailbox;
  return absl::OkStatus();
}

absl::Status PostgresStore::PutCheckpoint(const CheckpointRow& checkpoint) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (checkpoint.size > state_.newest.frontier.size()) {
    return absl::InvalidArgumentError("the log is not that long");
  }
  return Write([&] { return writer_->log.Put(checkpoint); });
}

absl::Status PostgresStore::PutCosignature(const CosignatureRow& cosignature) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  return Write([&] { return writer_->log.Put(cosignature); });
}

// --- upkeep ---

absl::Status PostgresStore::Scrub() {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  const absl::Status status = ScrubStore(*writer_->connection);
  if (absl::IsUnavailable(status)) Fail(status);
  return status;
}

absl::StatusOr<Copied> PostgresStore::Copy(
    const std::function<absl::Status(std::string_view)>& take) {
  Copied copied;
  const auto done = Read([&](Session& s) -> absl::StatusOr<bool> {
    {
      // Nobody commits between this and the first look, which makes the
      // snapshot.
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
