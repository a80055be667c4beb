// SPDX-License-Identifier: Apache-2.0
// A folder that goes with its test, and small batches for stores in it.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_TEST_STORE_H_
#define WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_TEST_STORE_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/store.h"
#include "tests/harness/runs.h"

namespace waystation::storage::sqlite {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (harness::ScratchRoot() / "waystation.XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string File(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

inline Options OptionsFor(const std::string& folder,
                          FileHooks* hooks = nullptr) {
  Options options;
  options.folder = folder;
  options.checksum_key.fill(7);
  options.hooks = hooks;
  return options;
}

template <typename T>
T Take(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  if (!value.ok()) return T();
  return *std::move(value);
}

// The batch of one group of a store that gets these batches alone: each
// rewrites the records 1 ... kRecords, puts entries into two mailboxes and adds
// leaves, all with the number of the group in them.
inline constexpr Uid kRecords = 12;
inline constexpr uint64_t kEntries = 5;
inline constexpr uint64_t kLeaves = 3;

inline Batch BatchOf(uint64_t group) {
  Batch batch;
  batch.id[0] = 1;
  for (int i = 0; i < 8; ++i) {
    batch.id[static_cast<size_t>(8 + i)] = static_cast<uint8_t>(group >> 8 * i);
  }
  batch.reads.group = group - 1;
  for (Uid uid = 1; uid <= kRecords; ++uid) {
    RecordRow& record = batch.records.emplace_back();
    record.uid = uid;
    record.agency = 1;
    record.key[0] = static_cast<uint8_t>(uid);
    record.version = group - 1;
    record.wrapped_key = "wrapped";
    record.sealed = std::string(300 + group * 131 % 900, 's');
    record.received_time = static_cast<int64_t>(group);
    if (group == 1) batch.memberships.push_back({uid, uid});
  }
  for (uint64_t i = 0; i < kEntries; ++i) {
    batch.mailbox.push_back(
        {.agency = static_cast<AgencyNumber>(1 + i % 2), .uid = group});
  }
  for (uint64_t i = 0; i < kLeaves; ++i) {
    batch.leaves.push_back({.event = std::to_string(group * kLeaves + i)});
    batch.leaves.back().details.push_back(
        {.uid = 1, .sealed = std::string(700, 'd')});
  }
  return batch;
}

// Reserves the uids of these batches in an empty store.
inline absl::Status Prepare(Store& store) {
  if (store.NewestGroup() > 0) return absl::OkStatus();
  return store.ReserveUids(kRecords).status();
}

// That the store holds groups 1 ... NewestGroup() and nothing of a later one.
inline void ExpectWholeGroups(const Store& store) {
  const uint64_t newest = store.NewestGroup();
  EXPECT_TRUE(Take(store.Check({})).empty());
  EXPECT_EQ(Take(store.LoadFrontier()).size(), newest * kLeaves);
  EXPECT_EQ(Take(store.GetMailbox(1)).last + Take(store.GetMailbox(2)).last,
            newest * kEntries);
  EXPECT_EQ(Take(store.Count()).records, newest == 0 ? 0 : kRecords);
  for (const RecordRow& record : Take(store.ListRecords(1, 0, 100))) {
    EXPECT_EQ(record.version, newest);
    EXPECT_EQ(record.received_time, static_cast<int64_t>(newest));
  }
}

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_TEST_STORE_H_
