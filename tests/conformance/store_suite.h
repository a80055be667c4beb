// SPDX-License-Identifier: Apache-2.0
// The definition of storage::Store: what its comments say, as cases. A store
// joins by a factory (see sqlite_test.cc).
#ifndef WAYSTATION_TESTS_CONFORMANCE_STORE_SUITE_H_
#define WAYSTATION_TESTS_CONFORMANCE_STORE_SUITE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/rows/moving.h"
#include "server/storage/store.h"

namespace waystation::conformance {

// What a store stands on, empty at first, with the troubles that it may have.
class Medium {
 public:
  virtual ~Medium() = default;
  // The store that the medium holds.
  virtual absl::StatusOr<std::unique_ptr<storage::Store>> Open() = 0;
  // The store as one of several that share it, for which the others wait so
  // long when it stands still; the only one, where it cannot be shared.
  virtual absl::StatusOr<std::unique_ptr<storage::Store>> OpenShared(
      absl::Duration /*patience*/) {
    return Open();
  }
  static constexpr absl::Duration kShortPatience = absl::Seconds(3);
  // A server stands between, which goes on by itself: it takes a while until it
  // notices that a store is gone, or has started anew, and it has room of its
  // own for small writes.
  virtual bool is_server() const { return false; }
  // Writes find the disk full, until they do not any more.
  virtual void FillDisk(bool full) = 0;
  // The n-th sync from now fails (1: the next one), once.
  virtual void FailSync(int n) = 0;
  // All that the store wrote: files that are not empty.
  virtual std::vector<std::filesystem::path> Files() const = 0;
  // Changes one bit of what the store wrote, which is not open, and says where.
  virtual std::string FlipBit(std::minstd_rand& random) = 0;
  // How often a test does that; more in a soak.
  virtual int flips() const = 0;
  // Another medium with the same files; no store is open on either.
  virtual std::unique_ptr<Medium> Copy() const = 0;
  // Another medium whose store is made of what Store::Copy gave.
  virtual absl::StatusOr<std::unique_ptr<Medium>> Rebuild(
      const std::function<absl::StatusOr<std::string>()>& next) const = 0;

  // As server/storage/rows/moving.h has it.
  virtual absl::Status Export(const storage::TakeRow& take) const = 0;
  virtual absl::StatusOr<std::unique_ptr<storage::StoreFiller>> BeginFilling(
      const std::string& source) = 0;
  virtual absl::StatusOr<std::optional<std::string>> ReadNote(
      storage::Note note) const = 0;
  virtual absl::Status PutNote(storage::Note note, const std::string& text) = 0;
  virtual absl::Status RemoveNote(storage::Note note) = 0;
  // An empty one of the kind.
  virtual std::unique_ptr<Medium> Another() const = 0;
};

// The store that the medium holds, once a server has noticed that the one
// before is gone.
absl::StatusOr<std::unique_ptr<storage::Store>> OpenInTime(Medium& medium);
// The same of one that others share.
absl::StatusOr<std::unique_ptr<storage::Store>> OpenSharedInTime(
    Medium& medium, absl::Duration patience = Medium::kShortPatience);

// The same with a filler, of what another had begun.
absl::StatusOr<std::unique_ptr<storage::StoreFiller>> BeginInTime(
    Medium& medium, const std::string& source);

// Makes an empty medium.
using Subject = std::function<std::unique_ptr<Medium>()>;

class StoreSuite : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override;

  storage::Store& store() { return *store_; }
  Medium& medium() { return *medium_; }
  void Close() { store_.reset(); }
  void Reopen();

  // A batch read now, with an id of its own and one leaf.
  storage::Batch NewBatch();
  // A leaf whose event tells leaves apart, with details of these records.
  storage::LeafRow NewLeaf(const std::vector<storage::Uid>& uids = {});
  storage::Uid NewUid();
  // A record nobody wrote yet and its membership, added to the batch.
  storage::Uid AddRecord(storage::Batch& batch,
                         storage::AgencyNumber agency = 1,
                         storage::PersonId person = 0);
  // Commits, and expects that to work.
  storage::Committed Commit(const storage::Batch& batch);
  // Commits a batch that does not matter otherwise.
  storage::Committed CommitSomething() { return Commit(NewBatch()); }
  // Rows in every table of an empty store, several of each; made as one would
  // in use, with moves and removals.
  void Fill();
  // The record, which is held.
  storage::RecordRow Held(storage::Uid uid);

  std::unique_ptr<Medium> medium_;
  std::unique_ptr<storage::Store> store_;

 private:
  uint64_t numbers_ = 0;
};

// The parts of the suite, a file each.
class Records : public StoreSuite {};
class Clerks : public StoreSuite {};
class Notices : public StoreSuite {};
class Codes : public StoreSuite {};
class Commits : public StoreSuite {};
class Mailboxes : public StoreSuite {};
class Log : public StoreSuite {};
class Trouble : public StoreSuite {};
class Damage : public StoreSuite {};
class Copies : public StoreSuite {};
class Moves : public StoreSuite {};
class Together : public StoreSuite {
 protected:
  // Two stores on the medium, a() and b(), instead of the one. False, once that
  // has been looked at, where it has no room for two.
  bool OpenTwo();
  storage::Store& a() { return *store_; }
  storage::Store& b() { return *second_; }
  // What everybody has committed is known to the store.
  static void Settle(storage::Store& store);

  std::unique_ptr<storage::Store> second_;
};

// Runs the whole suite on a subject.
#define WAYSTATION_CONFORMS(prefix, subject)                             \
  INSTANTIATE_TEST_SUITE_P(prefix, Records, testing::Values(subject));   \
  INSTANTIATE_TEST_SUITE_P(prefix, Clerks, testing::Values(subject));    \
  INSTANTIATE_TEST_SUITE_P(prefix, Notices, testing::Values(subject));   \
  INSTANTIATE_TEST_SUITE_P(prefix, Codes, testing::Values(subject));     \
  INSTANTIATE_TEST_SUITE_P(prefix, Commits, testing::Values(subject));   \
  INSTANTIATE_TEST_SUITE_P(prefix, Mailboxes, testing::Values(subject)); \
  INSTANTIATE_TEST_SUITE_P(prefix, Log, testing::Values(subject));       \
  INSTANTIATE_TEST_SUITE_P(prefix, Trouble, testing::Values(subject));   \
  INSTANTIATE_TEST_SUITE_P(prefix, Damage, testing::Values(subject));    \
  INSTANTIATE_TEST_SUITE_P(prefix, Copies, testing::Values(subject));    \
  INSTANTIATE_TEST_SUITE_P(prefix, Moves, testing::Values(subject));     \
  INSTANTIATE_TEST_SUITE_P(prefix, Together, testing::Values(subject))

// Different for different numbers.
storage::KeyHash HashOf(uint64_t number);
// A value and 16 bytes that tell whether it still is that value, as a seal
// does.
std::string Seal(std::string_view value);
// What Check calls for each record: a finding where a seal is broken.
std::optional<storage::Finding> Unseal(const storage::RecordRow& record);

MATCHER_P(HasCode, code, "") {
  const absl::Status status = absl::Status(arg.status());
  *result_listener << status;
  return status.code() == code;
}

// The value of a StatusOr, which is there.
template <typename T>
T Take(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  if (!value.ok()) return T();
  return *std::move(value);
}

}  // namespace waystation::conformance

#endif  // WAYSTATION_TESTS_CONFORMANCE_STORE_SUITE_H_
