// SPDX-License-Identifier: Apache-2.0
// What a store on PostgreSQL stands on: a database of the process's server.
#ifndef WAYSTATION_TESTS_CONFORMANCE_POSTGRES_MEDIUM_H_
#define WAYSTATION_TESTS_CONFORMANCE_POSTGRES_MEDIUM_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/storage/postgres/moving.h"
#include "server/storage/postgres/postgres_store.h"
#include "tests/conformance/store_suite.h"
#include "tests/harness/postgres/server.h"

namespace waystation::conformance {

// The columns that hold what a store wrote, by table.
struct Columns {
  const char* table;
  std::vector<const char*> numbers;
  std::vector<const char*> bytes;
};
inline const std::vector<Columns>& AllColumns() {
  static const std::vector<Columns> all = {
      {"store", {"key_check", "next_uid", "sum"}, {}},
      {"record",
       {"uid", "agency", "version", "received_time", "retracted", "sum"},
       {"key", "wrapped_key", "sealed", "vector"}},
      {"membership", {"uid", "person", "sum"}, {}},
      {"identifier", {"uid", "epoch", "sum"}, {"hash"}},
      {"edge", {"a", "b", "sum"}, {"bytes"}},
      {"open_item",
       {"kind", "a", "b", "attribute", "opened_time", "reopened", "reason",
        "sum"},
       {"entry", "agencies", "etag"}},
      {"decision",
       {"number", "active", "sum"},
       {"request", "uids", "wrapped_key", "sealed"}},
      {"decision_uid", {"uid", "number"}, {}},
      {"object", {"sum"}, {"kind", "id", "bytes"}},
      {"notice",
       {"number", "version", "sender", "recipient", "waits_for", "uid",
        "due_time", "sum"},
       {"request", "bytes", "sealed"}},
      {"holder_code",
       {"uid", "expire_time", "spent", "sum"},
       {"hash", "sealed"}},
      {"agency", {"agency", "records", "sum"}, {}},
      {"mailbox", {"agency", "first", "sum"}, {"entries"}},
      {"mailbox_reader", {"agency", "position", "time", "sum"}, {}},
      {"leaf", {"number", "event_sum", "details_sum"}, {"event", "details"}},
      {"tile", {"level", "number", "sum"}, {"hashes"}},
      {"checkpoint", {"size", "time", "sum"}, {"note"}},
      {"cosignature", {"size", "key", "sum"}, {"witness", "signature"}},
      {"commit_group",
       {"number", "first_leaf", "log_size", "decided", "records", "persons",
        "conflicts", "candidates", "identifiers", "decisions", "objects",
        "edges", "notices", "codes", "sum"},
       {"batch", "frontier", "mailboxes"}}};
  return all;
}

// A database of the process's server.
class PostgresMedium : public Medium {
 public:
  explicit PostgresMedium(std::string name) : name_(std::move(name)) {}
  ~PostgresMedium() override {
    server().FillDisk(false);
    server().DropDatabase(name_);
  }

  absl::StatusOr<std::unique_ptr<storage::Store>> Open() override {
    return storage::postgres::OpenPostgres(StoreOptions());
  }
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenShared(
      absl::Duration patience) override {
    storage::postgres::Options options = StoreOptions();
    options.is_shared = true;
    options.patience = patience;
    return storage::postgres::OpenPostgres(options);
  }
  bool is_server() const override { return true; }
  void FillDisk(bool full) override { server().FillDisk(full); }
  void FailSync(int n) override { server().FailSync(n); }
  std::vector<std::filesystem::path> Files() const override {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(server().data())) {
      if (entry.is_regular_file() && entry.file_size() > 0) {
        files.push_back(entry.path());
      }
    }
    return files;
  }
  std::unique_ptr<Medium> Copy() const override {
    return std::make_unique<PostgresMedium>(server().CopyDatabase(name_));
  }
  absl::StatusOr<std::unique_ptr<Medium>> Rebuild(
      const std::function<absl::StatusOr<std::string>()>& next) const override {
    auto other = std::make_unique<PostgresMedium>(server().MakeDatabase());
    const absl::Status made = storage::postgres::RestorePostgres(
        {.target = server().TargetOf(other->name_)}, next);
    if (!made.ok()) return made;
    return other;
  }
  absl::Status Export(const storage::TakeRow& take) const override {
    return storage::postgres::ExportPostgres(options(), take);
  }
  absl::StatusOr<std::unique_ptr<storage::StoreFiller>> BeginFilling(
      const std::string& source) override {
    return storage::postgres::FillPostgres(options(), source);
  }
  absl::StatusOr<std::optional<std::string>> ReadNote(
      storage::Note note) const override {
    return storage::postgres::ReadNote(options(), note);
  }
  absl::Status PutNote(storage::Note note, const std::string& text) override {
    return storage::postgres::PutNote(options(), note, text);
  }
  absl::Status RemoveNote(storage::Note note) override {
    return storage::postgres::RemoveNote(options(), note);
  }
  std::unique_ptr<Medium> Another() const override {
    return std::make_unique<PostgresMedium>(server().MakeDatabase());
  }
  // What the server's own checksums of pages do not see: a row is other than
  // the store wrote it.
  std::string FlipBit(std::minstd_rand& random) override {
    const Columns& columns = AllColumns()[random() % AllColumns().size()];
    const std::string table = columns.table;
    const uint64_t rows = Number(absl::StrCat("SELECT count(*) FROM ", table));
    if (rows == 0) return table + " is empty";
    const std::string where =
        server().Ask(name_, absl::StrCat("SELECT ctid FROM ", table,
                                         " ORDER BY ctid OFFSET ",
                                         random() % rows, " LIMIT 1"));
    const size_t at =
        random() % (columns.numbers.size() + columns.bytes.size());
    const bool is_number = at < columns.numbers.size();
    const std::string column = is_number
                                   ? columns.numbers[at]
                                   : columns.bytes[at - columns.numbers.size()];
    std::string value;
    if (is_number) {
      value = absl::StrCat(column, " # (1::bigint << ", random() % 64, ")");
    } else {
      const uint64_t size = Number(absl::StrCat("SELECT coalesce(octet_length(",
                                                column, "), 0) FROM ", table,
                                                " WHERE ctid = '", where, "'"));
      if (size == 0) return column + " is empty";
      const uint64_t byte = random() % size;
      value =
          absl::StrCat("set_byte(", column, ", ", byte, ", get_byte(", column,
                       ", ", byte, ") # ", 1 << (random() % 8), ")");
    }
    server().Run(name_, absl::StrCat("UPDATE ", table, " SET ", column, " = ",
                                     value, " WHERE ctid = '", where, "'"));
    return absl::StrCat(table, " ", where, " ", column, " = ", value);
  }
  int flips() const override { return 60; }

 private:
  storage::postgres::Options StoreOptions() const {
    storage::postgres::Options options;
    options.target = server().TargetOf(name_);
    options.checksum_key.fill(7);
    options.readers = 2;
    return options;
  }
  storage::postgres::Options options() const {
    return {.target = server().TargetOf(name_)};
  }
  static test::PostgresServer& server() { return test::PostgresServer::Get(); }
  uint64_t Number(const std::string& sql) const {
    uint64_t number = 0;
    EXPECT_TRUE(absl::SimpleAtoi(server().Ask(name_, sql), &number));
    return number;
  }

  const std::string name_;
};

inline std::unique_ptr<Medium> MakePostgres() {
  return std::make_unique<PostgresMedium>(
      test::PostgresServer::Get().MakeDatabase());
}

}  // namespace waystation::conformance

#endif  // WAYSTATION_TESTS_CONFORMANCE_POSTGRES_MEDIUM_H_
