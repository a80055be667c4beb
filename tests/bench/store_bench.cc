// SPDX-License-Identifier: Apache-2.0
// Does the store cost less than SQLite used plainly?
//
// The peer is the update of limits.md on bare SQLite (WAL, synchronous=FULL,
// page 4096, kept statements): look up an identifier, read and rewrite a 1 KiB
// person, append a 200-byte feed row and a 100-byte audit row. The store does
// more: find a record by its key hash, its person and that person's other
// record, load both, rewrite a sealed row of 700 bytes, keep a detail of 500
// bytes, put two mailbox rows, and one leaf for 256 updates. Both hold as many
// rows, commit groups of one size and are durable before the next group begins.
// They take turns, and the median of the rounds counts, so that other work on
// the machine meets both.
//
// With --insert it measures another peer alone: new records, with the rows and
// keys that the hub writes for them, put into empty tables of bare SQLite; what
// a first load is held against.
#include <sqlite3.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/sqlite/sqlite_store.h"

namespace {

using namespace waystation::storage;  // NOLINT(google-build-using-namespace)

struct Settings {
  uint64_t rows = 500'000;
  size_t group = 512;
  int rounds = 3;
  double seconds = 5;
  std::string folder;
  bool peer = true;
  bool store = true;
  bool insert = false;
};

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "bench_store: %s\n", what.c_str());
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

template <typename T>
T Take(absl::StatusOr<T> value) {
  Check(value.status());
  return *std::move(value);
}

// SplitMix64 (Steele, Lea, Flood 2014): cheap, so that it is not what is
// measured.
class Random {
 public:
  explicit Random(uint64_t seed = 1) : state_(seed) {}
  uint64_t Next() {
    uint64_t word = state_ += 0x9e3779b97f4a7c15;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
  }
  uint64_t Below(uint64_t limit) { return Next() % limit; }
  void Fill(void* to, size_t size) {
    for (size_t at = 0; at < size; at += 8) {
      const uint64_t word = Next();
      std::memcpy(static_cast<char*>(to) + at, &word,
                  std::min<size_t>(8, size - at));
    }
  }
  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    Fill(bytes.data(), size);
    return bytes;
  }

 private:
  uint64_t state_;
};

// The hash under which row `number` is found.
KeyHash HashOf(uint64_t number) {
  KeyHash hash;
  Random(number * 0x632be59bd9b4e019).Fill(hash.data(), hash.size());
  return hash;
}

// Microseconds of one update.
struct Result {
  double updates_per_second = 0;
  double user_micros = 0;
  double system_micros = 0;
  double cpu_micros() const { return user_micros + system_micros; }
};

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

rusage Usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

// Runs group() for so many seconds.
Result Run(const Settings& settings, double seconds,
           const std::function<void()>& group) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const rusage before = Usage();
  uint64_t groups = 0;
  double elapsed = 0;
  do {
    group();
    ++groups;
    elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (elapsed < seconds);
  const double updates =
      static_cast<double>(groups) * static_cast<double>(settings.group);
  const rusage after = Usage();
  const auto micros = [&](const timeval& from, const timeval& to) {
    return (Seconds(to) - Seconds(from)) * 1e6 / updates;
  };
  return Result{updates / elapsed, micros(before.ru_utime, after.ru_utime),
                micros(before.ru_stime, after.ru_stime)};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half]
                                : (values[half - 1] + values[half]) / 2;
}

// --- the peer ---

constexpr size_t kFrame = 256;

class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) {
      Fail(sqlite3_errmsg(database_));
    }
    Run("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -98304;");
  }
  ~Database() { sqlite3_close_v2(database_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Run(const char* sql) {
    if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      Fail(sqlite3_errmsg(database_));
    }
  }
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
      Fail(sqlite3_errmsg(database_));
    }
    return statement;
  }
  static void BindBytes(sqlite3_stmt* statement, int at,
                        const std::string& bytes) {
    sqlite3_bind_blob(statement, at, bytes.data(),
                      static_cast<int>(bytes.size()), SQLITE_TRANSIENT);
  }
  static void BindHash(sqlite3_stmt* statement, int at, const KeyHash& hash) {
    sqlite3_bind_blob(statement, at, hash.data(), static_cast<int>(hash.size()),
                      SQLITE_TRANSIENT);
  }
  void Step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) Fail(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }

 private:
  sqlite3* database_ = nullptr;
};

class BareSqlite {
 public:
  explicit BareSqlite(const std::string& path) : database_(path) {
    database_.Run(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, body BLOB);"
        "CREATE TABLE identifier (hash BLOB PRIMARY KEY, id INTEGER)"
        " WITHOUT ROWID;"
        "CREATE TABLE feed (id INTEGER PRIMARY KEY, body BLOB);"
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, body BLOB);");
    find_ = database_.Prepare("SELECT id FROM identifier WHERE hash = ?");
    read_ = database_.Prepare("SELECT body FROM person WHERE id = ?");
    write_ = database_.Prepare("UPDATE person SET body = ? WHERE id = ?");
    feed_ = database_.Prepare("INSERT INTO feed (body) VALUES (?)");
    audit_ = database_.Prepare("INSERT INTO audit (body) VALUES (?)");
    add_ = database_.Prepare("INSERT INTO person (id, body) VALUES (?, ?)");
    index_ =
        database_.Prepare("INSERT INTO identifier (hash, id) VALUES (?, ?)");
  }
  ~BareSqlite() {
    for (sqlite3_stmt* statement :
         {find_, read_, write_, feed_, audit_, add_, index_}) {
      sqlite3_finalize(statement);
    }
  }
  BareSqlite(const BareSqlite&) = delete;
  BareSqlite& operator=(const BareSqlite&) = delete;

  void Fill(uint64_t rows, Random& random) {
    database_.Run("BEGIN");
    for (uint64_t id = 1; id <= rows; ++id) {
      sqlite3_bind_int64(add_, 1, static_cast<int64_t>(id));
      Database::BindBytes(add_, 2, random.Bytes(1024));
      database_.Step(add_);
      if (id % 8192 == 0) database_.Run("COMMIT; BEGIN");
    }
    std::vector<std::pair<KeyHash, uint64_t>> hashes;
    for (uint64_t id = 1; id <= rows; ++id) hashes.push_back({HashOf(id), id});
    std::sort(hashes.begin(), hashes.end());
    for (const auto& [hash, id] : hashes) {
      Database::BindHash(index_, 1, hash);
      sqlite3_bind_int64(index_, 2, static_cast<int64_t>(id));
      database_.Step(index_);
    }
    database_.Run("COMMIT");
  }

  void Group(const Settings& settings, Random& random) {
    database_.Run("BEGIN IMMEDIATE");
    for (size_t i = 0; i < settings.group; ++i) {
      Database::BindHash(find_, 1, HashOf(1 + random.Below(settings.rows)));
      if (sqlite3_step(find_) != SQLITE_ROW) Fail("no such identifier");
      const int64_t id = sqlite3_column_int64(find_, 0);
      sqlite3_reset(find_);
      sqlite3_bind_int64(read_, 1, id);
      if (sqlite3_step(read_) != SQLITE_ROW) Fail("no such person");
      std::string body(static_cast<const char*>(sqlite3_column_blob(read_, 0)),
                       static_cast<size_t>(sqlite3_column_bytes(read_, 0)));
      sqlite3_reset(read_);
      body.replace(0, 700, random.Bytes(700));
      Database::BindBytes(write_, 1, body);
      sqlite3_bind_int64(write_, 2, id);
      database_.Step(write_);
      Database::BindBytes(feed_, 1, random.Bytes(200));
      database_.Step(feed_);
      Database::BindBytes(audit_, 1, random.Bytes(100));
      database_.Step(audit_);
    }
    database_.Run("COMMIT");
  }

 private:
  Database database_;
  sqlite3_stmt* find_ = nullptr;
  sqlite3_stmt* read_ = nullptr;
  sqlite3_stmt* write_ = nullptr;
  sqlite3_stmt* feed_ = nullptr;
  sqlite3_stmt* audit_ = nullptr;
  sqlite3_stmt* add_ = nullptr;
  sqlite3_stmt* index_ = nullptr;
};

// New records as plainly as SQLite takes them.
class BareInsert {
 public:
  explicit BareInsert(const std::string& path) : database_(path) {
    database_.Run(
        "CREATE TABLE record (uid INTEGER PRIMARY KEY, key BLOB NOT NULL "
        "UNIQUE, wrapped BLOB, sealed BLOB);"
        "CREATE TABLE membership (uid INTEGER PRIMARY KEY, person INTEGER);"
        "CREATE INDEX membership_by_person ON membership (person);"
        "CREATE TABLE identifier (hash BLOB, uid INTEGER,"
        " PRIMARY KEY (hash, uid)) WITHOUT ROWID;"
        "CREATE TABLE leaf (id INTEGER PRIMARY KEY, event BLOB, details BLOB)");
    record_ = database_.Prepare("INSERT INTO record VALUES (?, ?, ?, ?)");
    membership_ = database_.Prepare("INSERT INTO membership VALUES (?, ?)");
    identifier_ = database_.Prepare("INSERT INTO identifier VALUES (?, ?)");
    leaf_ =
        database_.Prepare("INSERT INTO leaf (event, details) VALUES (?, ?)");
  }
  ~BareInsert() {
    for (sqlite3_stmt* statement : {record_, membership_, identifier_, leaf_}) {
      sqlite3_finalize(statement);
    }
  }
  BareInsert(const BareInsert&) = delete;
  BareInsert& operator=(const BareInsert&) = delete;

  void Group(const Settings& settings, Random& random) {
    database_.Run("BEGIN IMMEDIATE");
    for (size_t i = 0; i < settings.group; ++i) {
      const uint64_t uid = ++last_;
      sqlite3_bind_int64(record_, 1, static_cast<int64_t>(uid));
      Database::BindHash(record_, 2, HashOf(2 * uid));
      Database::BindBytes(record_, 3, random.Bytes(60));
      Database::BindBytes(record_, 4, random.Bytes(700));
      database_.Step(record_);
      sqlite3_bind_int64(membership_, 1, static_cast<int64_t>(uid));
      // Two records to a person.
      sqlite3_bind_int64(membership_, 2, static_cast<int64_t>((uid + 1) / 2));
      database_.Step(membership_);
      Database::BindHash(identifier_, 1, HashOf((uid + 1) / 2 * 2 + 1));
      sqlite3_bind_int64(identifier_, 2, static_cast<int64_t>(uid));
      database_.Step(identifier_);
      details_ += random.Bytes(500);
      if (i % kFrame == kFrame - 1 || i + 1 == settings.group) {
        Database::BindBytes(leaf_, 1, random.Bytes(250));
        Database::BindBytes(leaf_, 2, details_);
        database_.Step(leaf_);
        details_.clear();
      }
    }
    database_.Run("COMMIT");
  }

  uint64_t rows() const { return last_; }

 private:
  Database database_;
  uint64_t last_ = 0;
  std::string details_;
  sqlite3_stmt* record_ = nullptr;
  sqlite3_stmt* membership_ = nullptr;
  sqlite3_stmt* identifier_ = nullptr;
  sqlite3_stmt* leaf_ = nullptr;
};

// --- the store ---

constexpr AgencyNumber kAgencies = 4;

class StoreLoad {
 public:
  explicit StoreLoad(const std::string& folder) {
    sqlite::Options options;
    options.folder = folder;
    store_ = Take(sqlite::OpenSqlite(options));
  }

  // Two records to a person, each with one identifier.
  void Fill(uint64_t rows, Random& random) {
    const Uid first = Take(store_->ReserveUids(rows));
    if (first != 1) Fail("the store is not empty");
    constexpr uint64_t kStep = 4096;
    for (uint64_t begin = 1; begin <= rows; begin += kStep) {
      Batch batch = NewBatch(random);
      for (Uid uid = begin; uid < begin + kStep && uid <= rows; ++uid) {
        batch.records.push_back({.uid = uid,
                                 .agency = Agency(uid),
                                 .key = HashOf(uid),
                                 .wrapped_key = random.Bytes(60),
                                 .sealed = random.Bytes(700),
                                 .received_time = 1});
        batch.memberships.push_back({uid, (uid - 1) / 2 * 2 + 1});
        batch.identifiers_added.push_back({HashOf(uid + rows), 1, uid});
      }
      AddLeaves(1, batch, random);
      Take(store_->Commit(batch));
    }
  }

  void Group(const Settings& settings, Random& random) {
    std::vector<KeyHash> keys;
    std::vector<Uid> chosen;
    while (keys.size() < settings.group) {
      const Uid uid = 1 + random.Below(settings.rows);
      chosen.push_back(uid);
      keys.push_back(HashOf(uid));
    }
    Batch batch = NewBatch(random);
    std::vector<std::optional<RecordRow>> records =
        Take(store_->LoadByKey(keys));
    std::vector<Uid> uids;
    for (const auto& record : records) uids.push_back(record->uid);
    const std::vector<std::optional<PersonId>> persons =
        Take(store_->PersonsOf(uids));
    std::vector<PersonId> named;
    for (const auto& person : persons) named.push_back(*person);
    const std::vector<std::vector<Uid>> members =
        Take(store_->MembersOf(named));
    std::vector<Uid> others;
    for (size_t i = 0; i < uids.size(); ++i) {
      for (const Uid uid : members[i]) {
        if (uid != uids[i]) others.push_back(uid);
      }
    }
    const std::vector<std::optional<RecordRow>> loaded =
        Take(store_->LoadByUid(others));
    if (loaded.size() != uids.size()) Fail("a person lacks a record");

    std::set<Uid> written;
    for (const auto& loaded_record : records) {
      if (!written.insert(loaded_record->uid).second) continue;
      RecordRow record = *loaded_record;
      record.sealed = random.Bytes(700);
      ++record.received_time;
      batch.records.push_back(record);
      for (AgencyNumber other = 1; other <= 2; ++other) {
        batch.mailbox.push_back({.agency = Agency(record.uid + other),
                                 .uid = record.uid,
                                 .attributes = 0x15,
                                 .kind = ChangeKind::kChanged});
      }
    }
    AddLeaves(settings.group, batch, random);
    Take(store_->Commit(batch));
  }

 private:
  static AgencyNumber Agency(uint64_t uid) {
    return static_cast<AgencyNumber>(1 + uid % kAgencies);
  }
  Batch NewBatch(Random& random) {
    Batch batch;
    random.Fill(batch.id.data(), batch.id.size());
    batch.reads.group = store_->NewestGroup();
    return batch;
  }
  static void AddLeaves(size_t details, Batch& batch, Random& random) {
    while (details > 0) {
      LeafRow& leaf = batch.leaves.emplace_back();
      leaf.event = random.Bytes(250);
      for (size_t i = 0; i < kFrame && details > 0; ++i, --details) {
        leaf.details.push_back({.uid = i + 1, .sealed = random.Bytes(500)});
      }
    }
  }

  std::unique_ptr<Store> store_;
};

// --- measuring ---

// One of the two, filled, with what its rounds gave.
struct Contender {
  const char* name;
  std::function<void()> group;
  std::vector<double> rates{};
  std::vector<double> cpu{};
};

void Compete(const Settings& settings) {
  Random random;
  std::optional<BareSqlite> peer;
  std::optional<StoreLoad> store;
  std::vector<Contender> contenders;
  if (settings.peer) {
    peer.emplace(settings.folder + "/peer.db").Fill(settings.rows, random);
    contenders.push_back({.name = "bare SQLite",
                          .group = [&] { peer->Group(settings, random); }});
  }
  if (settings.store) {
    store.emplace(settings.folder + "/store").Fill(settings.rows, random);
    contenders.push_back(
        {.name = "store", .group = [&] { store->Group(settings, random); }});
  }
  std::printf("%llu rows, %zu updates a commit\n%-16s %12s %12s %12s %12s\n",
              static_cast<unsigned long long>(settings.rows), settings.group,
              "", "updates/s", "CPU us", "user us", "system us");
  for (int round = 0; round <= settings.rounds; ++round) {
    for (Contender& contender : contenders) {
      const Result result = Run(settings, settings.seconds, contender.group);
      if (round == 0) continue;  // It warms up.
      std::printf("%-16s %12.0f %12.1f %12.1f %12.1f\n", contender.name,
                  result.updates_per_second, result.cpu_micros(),
                  result.user_micros, result.system_micros);
      std::fflush(stdout);
      contender.rates.push_back(result.updates_per_second);
      contender.cpu.push_back(result.cpu_micros());
    }
  }
  if (contenders.size() != 2) return;
  std::printf("RATIO commit_vs_bare_sqlite %.2f goal >= 1\n",
              Median(contenders[1].rates) / Median(contenders[0].rates));
  std::printf("RATIO commit_cpu_vs_bare_sqlite %.2f goal <= 1\n",
              Median(contenders[1].cpu) / Median(contenders[0].cpu));
}

// Until there are so many rows; prints rows a second.
void InsertRows(const Settings& settings) {
  Random random;
  BareInsert peer(settings.folder + "/peer.db");
  const auto begin = std::chrono::steady_clock::now();
  while (peer.rows() < settings.rows) peer.Group(settings, random);
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", static_cast<double>(peer.rows()) / took.count());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("The store beside SQLite used plainly");
  app.add_option("--rows", settings.rows, "Records, and persons of the peer");
  app.add_option("--group", settings.group, "Updates a commit");
  app.add_option("--rounds", settings.rounds, "Turns of each");
  app.add_option("--seconds", settings.seconds, "Length of each turn");
  app.add_option("--folder", settings.folder, "Where the databases are made");
  app.add_flag("!--no-peer", settings.peer, "Measure the store alone");
  app.add_flag("!--no-store", settings.store, "Measure the peer alone");
  app.add_flag("--insert", settings.insert,
               "Measure bare inserts of new records, and print rows a second");
  CLI11_PARSE(app, argc, argv);

  std::string made =
      (settings.folder.empty() ? std::filesystem::temp_directory_path().string()
                               : settings.folder) +
      "/bench_store.XXXXXX";
  if (mkdtemp(made.data()) == nullptr) Fail("cannot make " + made);
  settings.folder = made;
  if (settings.insert) {
    InsertRows(settings);
  } else {
    Compete(settings);
  }
  std::filesystem::remove_all(made);
  return 0;
}
