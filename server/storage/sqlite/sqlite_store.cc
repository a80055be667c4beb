// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/sqlite_store.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/tiles.h"
#include "proto/failpoint/failpoint.h"
#include "server/storage/rows/findings.h"
#include "server/storage/sqlite/check.h"
#include "server/storage/sqlite/checkpointer.h"
#include "server/storage/sqlite/commit.h"
#include "server/storage/sqlite/copy.h"
#include "server/storage/sqlite/folder.h"
#include "server/storage/sqlite/log_end.h"
#include "server/storage/sqlite/migrations.h"
#include "server/storage/sqlite/moving.h"
#include "server/storage/sqlite/newest_mark.h"
#include "server/storage/sqlite/session.h"
#include "server/storage/sqlite/vfs.h"

namespace waystation::storage::sqlite {
namespace {

// Uids are reserved on disk in steps of so many; what is left of a step when
// the hub ends is never given out.
constexpr uint64_t kUidStep = uint64_t{16} << 10;

constexpr size_t kPageSize = 4096;

// Readers find most of what they need in the system's own cache: each commit
// invalidates theirs.
constexpr size_t kReaderCache = size_t{2} << 20;

template <typename Number>
void SortOnce(std::vector<Number>& numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

absl::StatusOr<Surroundings> LookAroundIn(Session& session,
                                          std::span<const KeyHash> keys,
                                          std::span<const Uid> uids,
                                          bool with_decisions) {
  Surroundings around;
  absl::StatusOr<std::vector<std::optional<RecordRow>>> by_key =
      session.records.LoadByKey(keys);
  if (!by_key.ok()) return by_key.status();
  std::vector<Uid> asked(uids.begin(), uids.end());
  for (std::optional<RecordRow>& row : *by_key) {
    around.holders.push_back(row.has_value() ? std::optional(row->uid)
                                             : std::nullopt);
    if (!row.has_value()) continue;
    asked.push_back(row->uid);
    around.records.push_back(*std::move(row));
  }
  const auto uid_of = [](const RecordRow& row) { return row.uid; };
  std::ranges::sort(around.records, {}, uid_of);
  around.records.erase(std::unique(around.records.begin(), around.records.end(),
                                   [](const RecordRow& a, const RecordRow& b) {
                                     return a.uid == b.uid;
                                   }),
                       around.records.end());
  SortOnce(asked);

  const auto persons = session.records.PersonsOf(asked);
  if (!persons.ok()) return persons.status();
  std::vector<PersonId> distinct;
  for (const std::optional<PersonId>& person : *persons) {
    if (person.has_value()) distinct.push_back(*person);
  }
  SortOnce(distinct);
  absl::StatusOr<std::vector<std::vector<Uid>>> members =
      session.records.MembersOf(distinct);
  if (!members.ok()) return members.status();
  std::vector<Uid> all;
  std::vector<Uid> missing;
  for (size_t i = 0; i < distinct.size(); ++i) {
    std::vector<Uid>& of_person = (*members)[i];
    for (const Uid uid : of_person) {
      all.push_back(uid);
      if (!std::ranges::binary_search(around.records, uid, {}, uid_of)) {
        missing.push_back(uid);
      }
    }
    around.persons.push_back({distinct[i], std::move(of_person)});
  }
  std::sort(missing.begin(), missing.end());
  auto others = session.records.LoadByUid(missing);
  if (!others.ok()) return others.status();
  for (std::optional<RecordRow>& row : *others) {
    if (row.has_value()) around.records.push_back(*std::move(row));
  }
  std::ranges::sort(around.records, {}, uid_of);
  if (with_decisions) {
    auto decisions = session.clerks.DecisionsOf(all);
    if (!decisions.ok()) return decisions.status();
    around.decisions = *std::move(decisions);
  }
  return around;
}

class SqliteStore final : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options);
  ~SqliteStore() override;

  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByKey(
      std::span<const KeyHash> keys) const override {
    return Read([&](Session& s) { return s.records.LoadByKey(keys); });
  }
  absl::StatusOr<std::vector<std::optional<RecordRow>>> LoadByUid(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.records.LoadByUid(uids); });
  }
  absl::StatusOr<std::vector<std::vector<Uid>>> LookUpIdentifiers(
      std::span<const KeyHash> hashes, size_t limit) const override {
    return Read(
        [&](Session& s) { return s.records.LookUpIdentifiers(hashes, limit); });
  }
  absl::StatusOr<std::vector<std::optional<VectorRow>>> LoadVectors(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.records.LoadVectors(uids); });
  }
  absl::StatusOr<std::vector<std::vector<EdgeRow>>> EdgesOf(
      std::span<const Uid> uids) const override {
    return Read([&](Session& s) { return s.edges.Of(uids); });
  }
  absl::StatusOr<std::vector<EdgeRow>> ListEdges(EdgeKey after,
                                                 size_t limit) const override {
    return Read([&](Session& s) { return s.edges.List(after, limit); });
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
    return Read([&](Session& s) {
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
        [&](Session& s) { return s.mailboxes.Read(agency, after, limit); });
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
    absl::StatusOr<std::vector<Finding>> findings = std::vector<Finding>();
    if (absl::Status status = Alive(); !status.ok()) return status;
    Readers::Lease lease(*readers_);
    if (!lease.status().ok()) return lease.status();
    return CheckStore(*lease, record);
  }
  absl::Status Scrub() override;
  absl::StatusOr<Copied> Copy(
      const std::function<absl::Status(std::string_view)>& take) override;

 private:
  SqliteStore() = default;

  // That the groups go as far as the mark.
  absl::Status VerifyGroups() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);

  // UNAVAILABLE once the medium has failed.
  absl::Status Alive() const {
    if (!failed_.load(std::memory_order_acquire)) return absl::OkStatus();
    absl::MutexLock lock(&known_);
    return failure_;
  }
  void Fail(const absl::Status& status);

  // read(session) in one read transaction.
  template <typename Reading>
  auto Read(Reading read) const -> decltype(read(std::declval<Session&>()));
  // What is known without reading.
  template <typename Knowing>
  auto Know(Knowing know) const
      -> absl::StatusOr<decltype(know(std::declval<const State&>()))> {
    if (absl::Status status = Alive(); !status.ok()) return status;
    absl::MutexLock lock(&known_);
    return know(state_);
  }
  // write() in one write transaction.
  template <typename Writing>
  absl::Status Write(Writing write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_);
  // Marks that what was written is durable, once the state tells of it.
  void MarkNewest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(commits_) {
    newest_->Put(MarkOf(state_.newest));
  }
  Mark MarkOf(const GroupRow& group) const {
    return {
        .group = group.number, .batch = group.batch, .log = log_index_->End()};
  }

  std::unique_ptr<FileLayer> files_;
  std::unique_ptr<Folder> folder_;

  // Held while the writer's connection is used.
  mutable absl::Mutex commits_;
  std::unique_ptr<Session> writer_ ABSL_GUARDED_BY(commits_);
  std::unique_ptr<NewestMark> newest_ ABSL_GUARDED_BY(commits_);
  // Of the writer's connection.
  std::optional<LogIndex> log_index_;
  // Given out next, and the first that is not reserved on disk.
  Uid next_uid_ ABSL_GUARDED_BY(commits_) = 1;
  Uid unreserved_uid_ ABSL_GUARDED_BY(commits_) = 1;
  // The thread that committed last: its reads use the writer's connection.
  std::atomic<std::thread::id> committer_{};

  // Changed with `commits_` held too, so that the writer reads it without.
  mutable absl::Mutex known_;
  State state_;
  absl::Status failure_ ABSL_GUARDED_BY(known_);
  std::atomic<bool> failed_ = false;

  std::unique_ptr<Readers> readers_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

// --- opening and closing ---

// SQLite counts its memory under one lock for all threads unless told not to
// before its first use in the process. Later it answers no and goes on
// counting.
void DoNotCountMemory() {
  static const int answer = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)answer;
}

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::Open(
    const Options& options) {
  DoNotCountMemory();
  std::unique_ptr<SqliteStore> store(new SqliteStore);
  absl::StatusOr<std::unique_ptr<Folder>> folder = Folder::Take(options.folder);
  if (!folder.ok()) return folder.status();
  store->folder_ = *std::move(folder);
  if (!options.despite_notes) {
    if (absl::Status moved = NeedNoNote(options.folder); !moved.ok()) {
      return moved;
    }
  }
  store->files_ = std::make_unique<FileLayer>(options.hooks);
  WAYSTATION_FAILPOINT("open/folder-taken");
  SessionOptions session{.database = store->folder_->database(),
                         .vfs = store->files_->name(),
                         .key = DeriveChecksumKey(options.checksum_key),
                         .cache_bytes = options.cache_bytes};

  absl::MutexLock commits(&store->commits_);
  absl::StatusOr<std::unique_ptr<Session>> writer = Session::Open(session);
  if (!writer.ok()) return writer.status();
  store->writer_ = *std::move(writer);
  Connection& connection = *store->writer_->connection;
  const absl::StatusOr<LogIndex> log_index = LogIndex::Of(connection);
  if (!log_index.ok()) return log_index.status();
  store->log_index_ = *log_index;
  const absl::StatusOr<std::string> log_header = ReadLogHeader(connection);
  if (!log_header.ok()) return log_header.status();
  absl::StatusOr<std::unique_ptr<NewestMark>> newest =
      NewestMark::Open(store->folder_->path(), session.key, options.hooks);
  if (!newest.ok()) return newest.status();
  store->newest_ = *std::move(newest);
  if (absl::Status log =
          store->newest_->VerifyLog(*log_header, log_index->End());
      !log.ok()) {
    // Which group is gone says more than which page.
    const absl::Status groups = store->VerifyGroups();
    return absl::IsDataLoss(groups) ? groups : log;
  }
  if (absl::Status status = Migrate(connection); !status.ok()) return status;
  if (absl::Status status = store->folder_->Sync(); !status.ok()) return status;
  WAYSTATION_FAILPOINT("open/migrated");
  if (absl::Status status = store->VerifyGroups(); !status.ok()) return status;
  const absl::StatusOr<Uid> next_uid = store->writer_->uids.Load();
  if (!next_uid.ok()) return next_uid.status();
  store->next_uid_ = *next_uid;
  store->unreserved_uid_ = *next_uid;
  absl::StatusOr<State> state = LoadState(*store->writer_);
  if (!state.ok()) return state.status();

  // A log that is left from an earlier life may hold groups whose sync failed
  // and which only the system's cache still shows. Writing them once more, into
  // the database, tells whether they last.
  if (sqlite3_wal_checkpoint_v2(connection.handle(), nullptr,
                                SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                nullptr) != SQLITE_OK) {
    return StatusOf(connection.handle(), "taking over the log");
  }
  WAYSTATION_FAILPOINT("open/log-taken-over");
  const auto log_pages =
      static_cast<int64_t>(std::max(options.log_bytes / kPageSize, size_t{1}));
  if (absl::Status status = store->folder_->ReserveIndex(8 * log_pages);
      !status.ok()) {
    return status;
  }
  if (absl::Status status = store->newest_->Begin(store->MarkOf(state->newest));
      !status.ok()) {
    return status;
  }
  if (store->newest_->is_damaged() && options.tell) {
    options.tell("the mark of the newest group does not read, and is renewed");
  }
  {
    absl::MutexLock lock(&store->known_);
    store->state_ = *std::move(state);
  }

  session.cache_bytes = kReaderCache;
  absl::StatusOr<std::unique_ptr<Readers>> readers =
      Readers::Open(session, std::max<size_t>(options.readers, 1));
  if (!readers.ok()) return readers.status();
  store->readers_ = *std::move(readers);
  absl::StatusOr<std::unique_ptr<Checkpointer>> checkpointer =
      Checkpointer::Start(session, log_pages, store->commits_,
                          [raw = store.get()](const absl::Status& status) {
                            raw->Fail(status);
                          });
  if (!checkpointer.ok()) return checkpointer.status();
  store->checkpointer_ = *std::move(checkpointer);
  store->checkpointer_->Watch(connection);
  return store;
}

absl::Status SqliteStore::VerifyGroups() const {
  const absl::StatusOr<std::vector<GroupRow>> groups = writer_->groups.Load();
  if (!groups.ok()) return groups.status();
  return newest_->VerifyGroups(*groups);
}

SqliteStore::~SqliteStore() {
  const bool has_opened = checkpointer_ != nullptr;
  checkpointer_.reset();
  readers_.reset();
  absl::MutexLock commits(&commits_);
  // A log that could not be taken over, or a medium that failed, is left alone:
  // what it holds is for the next start, and for whoever looks into it.
  if (has_opened && !failed_.load()) writer_->connection->CopyLogOnClose();
  writer_.reset();
}

void SqliteStore::Fail(const absl::Status& status) {
  absl::MutexLock lock(&known_);
  if (failed_.load()) return;
  failure_ = absl::UnavailableError(absl::StrCat(
      "the store has failed and must be opened again: ", status.message()));
  failed_.store(true, std::memory_order_release);
}

// --- reading ---

template <typename Reading>
auto SqliteStore::Read(Reading read) const
    -> decltype(read(std::declval<Session&>())) {
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (committer_.load(std::memory_order_relaxed) ==
          std::this_thread::get_id() &&
      commits_.TryLock()) {
    Session& session = *writer_;
    absl::Status status = session.BeginRead();
    if (!status.ok()) {
      commits_.Unlock();
      return status;
    }
    auto result = read(session);
    (void)session.Rollback();
    commits_.Unlock();
    return result;
  }
  Readers::Lease lease(*readers_);
  if (!lease.status().ok()) return lease.status();
  return read(*lease);
}

absl::StatusOr<std::vector<auditlog::Hash>> SqliteStore::ReadTile(
    uint32_t level, uint64_t index, uint32_t width) const {
  absl::StatusOr<std::vector<auditlog::Hash>> hashes =
      Read([&](Session& s) { return s.log.ReadTile(level, index, width); });
  if (hashes.ok()) {
    hashes->resize(width);
  } else if (absl::IsNotFound(hashes.status())) {
    const uint64_t log_size = Know([](const State& state) {
                                return state.newest.frontier.size();
                              }).value_or(0);
    const uint32_t height = level * auditlog::kTileHeight;
    const uint64_t there = height < 64 ? log_size >> height : 0;
    if (index <= there / auditlog::kTileWidth &&
        index * auditlog::kTileWidth + width <= there) {
      return Damaged(absl::StrCat("tile ", level, "/", index), "it is missing");
    }
  }
  return hashes;
}

// --- writing ---

template <typename Writing>
absl::Status SqliteStore::Write(Writing write) {
  Session& session = *writer_;
  absl::Status status = session.BeginWrite();
  bool in_commit = false;
  if (status.ok()) status = write();
  if (status.ok()) {
    in_commit = true;
    status = session.Commit();
  }
  if (status.ok()) return status;
  // The log's index grows when the group stands in the log already.
  const bool is_in_log =
      in_commit && sqlite3_extended_errcode(session.connection->handle()) ==
                       SQLITE_IOERR_SHMSIZE;
  const absl::Status undone = session.Rollback();
  // A full disk is met before the group's last page is written, so nothing of
  // it counts. Anything else that a commit meets leaves the outcome open.
  const bool is_certain = (absl::IsResourceExhausted(status) && !is_in_log) ||
                          (!in_commit && !absl::IsUnavailable(status));
  if (is_certain && undone.ok()) return status;
  Fail(is_certain ? undone : status);
  return Alive();
}

absl::StatusOr<Committed> SqliteStore::Commit(const Batch& batch) {
  checkpointer_->MakeRoom();
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  committer_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (const auto known = state_.recent.find(batch.id);
      known != state_.recent.end()) {
    Committed repeated = known->second;
    repeated.repeated = true;
    return repeated;
  }
  Advance advance;
  const absl::Status status = Write([&]() -> absl::Status {
    absl::StatusOr<Advance> written = WriteBatch(*writer_, state_, batch);
    if (!written.ok()) return written.status();
    advance = *std::move(written);
    WAYSTATION_FAILPOINT("commit/written");
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  WAYSTATION_FAILPOINT("commit/durable");
  {
    absl::MutexLock lock(&known_);
    Apply(std::move(advance), state_);
  }
  MarkNewest();
  return AnswerFor(state_.newest);
}

absl::StatusOr<Uid> SqliteStore::ReserveUids(uint64_t count) {
  if (count == 0) return absl::InvalidArgumentError("a range is not empty");
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (unreserved_uid_ - next_uid_ < count) {
    const Uid reserved = next_uid_ + std::max(count, kUidStep);
    const absl::Status status =
        Write([&] { return writer_->uids.Put(reserved); });
    if (!status.ok()) return status;
    unreserved_uid_ = reserved;
    MarkNewest();
    WAYSTATION_FAILPOINT("uids/reserved");
  }
  return std::exchange(next_uid_, next_uid_ + count);
}

absl::Status SqliteStore::AcknowledgeMailbox(AgencyNumber agency,
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
  const absl::Status status = Write(
      [&] { return writer_->mailboxes.PutReader(agency, position, time); });
  if (!status.ok()) return status;
  MarkNewest();
  WAYSTATION_FAILPOINT("mailbox/acknowledged");
  mailbox.acknowledged = position;
  mailbox.acknowledged_time = time;
  absl::MutexLock lock(&known_);
  state_.mailboxes[agency] = mailbox;
  return absl::OkStatus();
}

absl::Status SqliteStore::PutCheckpoint(const CheckpointRow& checkpoint) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  if (checkpoint.size > state_.newest.frontier.size()) {
    return absl::InvalidArgumentError("the log is not that long");
  }
  const absl::Status status =
      Write([&] { return writer_->log.Put(checkpoint); });
  if (status.ok()) MarkNewest();
  return status;
}

absl::Status SqliteStore::PutCosignature(const CosignatureRow& cosignature) {
  absl::MutexLock commits(&commits_);
  if (absl::Status status = Alive(); !status.ok()) return status;
  // Checkpoints are written under this lock too, and never removed.
  const absl::StatusOr<bool> has =
      Read([&](Session& s) { return s.log.HasCheckpoint(cosignature.size); });
  if (!has.ok()) return has.status();
  if (!*has) return absl::InvalidArgumentError("there is no such checkpoint");
  const absl::Status status =
      Write([&] { return writer_->log.Put(cosignature); });
  if (status.ok()) MarkNewest();
  return status;
}

absl::Status SqliteStore::Scrub() {
  if (absl::Status status = Alive(); !status.ok()) return status;
  const Readers::Pause pause(*readers_);
  WAYSTATION_FAILPOINT("scrub/begun");
  const absl::Status status = checkpointer_->Truncate();
  WAYSTATION_FAILPOINT("scrub/ended");
  if (absl::IsUnavailable(status)) Fail(status);
  return status;
}

absl::StatusOr<Copied> SqliteStore::Copy(
    const std::function<absl::Status(std::string_view)>& take) {
  if (absl::Status status = Alive(); !status.ok()) return status;
  Copied copied;
  std::optional<Readers::Pause> pause(std::in_place, *readers_);
  absl::Status taken;
  const absl::Status held = checkpointer_->Hold(
      [&] {
        absl::MutexLock lock(&known_);
        copied.group = state_.newest.number;
        copied.frontier = state_.newest.frontier;
      },
      [&] { pause.reset(); },
      [&](Connection& connection) {
        return ReadDatabase(connection, [&](std::string_view piece) {
          copied.bytes += piece.size();
          taken = take(piece);
          return taken.ok();
        });
      });
  if (absl::IsUnavailable(held)) Fail(held);
  if (!held.ok()) return held;
  if (!taken.ok()) return taken;
  return copied;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const Options& options) {
  return SqliteStore::Open(options);
}

}  // namespace waystation::storage::sqlite
