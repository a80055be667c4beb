// SPDX-License-Identifier: Apache-2.0
// What an adapter must not forget, in one SQLite file, so that "this row was
// read" and "this update waits to be sent" become true together:
//
//     folder := state.db key lock quarantine/
//     record := key revision                  revision grows for ever
//     row    := source key hash recorded attributes   what was last said
//     outbox := number updates added sealed   frames in the order of sending
//     file   := source name size modified     exports that were read
//     setting:= name value
//
// Revisions are not taken from the rows: each is the greater of the last one
// plus one and the seconds since 1970, so that a folder which was restored from
// an old copy, or made anew, still counts on from where the hub is.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/outbox/sealer.h"
#include "adapters/framework/snapshot/difference.h"

namespace waystation::store::v1 {
class OutboxFrame;
}

namespace waystation::adapters {

// An export as the file system describes it.
struct FileId {
  std::string name;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970

  bool operator==(const FileId&) const = default;
};

struct OutboxEntry {
  std::int64_t number = 0;
  std::uint64_t updates = 0;
  absl::Time added;
};

// Thread-safe. Several processes may look at one folder, pause and drop: what
// each writes, it writes whole; but one alone works on it (Claim). A failing
// write is LOCAL_DISK_FULL or STATE_FAILED; then nothing of the transaction
// stands. What cannot be read back is STATE_DAMAGED.
class State {
 public:
  // Makes the folder and its key where they are missing. STATE_KEY_MISSING when
  // there is a state and no key, STATE_LATER when a later release wrote it.
  // `read_only` makes and changes nothing; a folder that does not exist yet
  // reads as an empty one.
  static absl::StatusOr<std::unique_ptr<State>> Open(const std::string& folder,
                                                     bool read_only);
  ~State();

  // Makes this state the one that exports are taken into and the mailbox is
  // read with, until it is destroyed. ADAPTER_RUNNING when another one is.
  absl::Status Claim();

  const std::string& folder() const { return folder_; }
  const Sealer& sealer() const { return *sealer_; }

  // Everything until Commit is one transaction, of this thread alone.
  // Destroying it takes back what was not committed.
  class Transaction {
   public:
    ~Transaction();
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;

    absl::StatusOr<std::optional<HeldRow>> FindRow(std::int64_t source,
                                                   std::string_view key);
    absl::Status PutRow(std::int64_t source, std::string_view key,
                        const HeldRow& row);
    // The revision of the record's next update.
    absl::StatusOr<std::uint64_t> NextRevision(std::string_view key,
                                               absl::Time now);
    // Raises the record's revision to at least `revision`, and says whether it
    // was below.
    absl::StatusOr<bool> RaiseRevision(std::string_view key,
                                       std::uint64_t revision);
    // Forgets what was said of the attributes, so that they are said again
    // when the record has a new row; with `read_again`, when the same row comes
    // again.
    absl::Status ForgetClaims(std::int64_t source, std::string_view key,
                              AttributeBits attributes, bool read_again);
    absl::Status AddFrame(const store::v1::OutboxFrame& frame, absl::Time now);
    absl::Status RemoveFrame(std::int64_t number);
    absl::Status PutFile(std::int64_t source, const FileId& file);
    // The source's files are read again.
    absl::Status ForgetFiles(std::int64_t source);
    // Nothing counts as said any more: all files are read again, and each row
    // says all that it holds and takes back what it does not.
    absl::Status SayAllAgain();
    absl::Status Commit();

   private:
    friend class State;
    explicit Transaction(State& state);
    State* state_;
    std::unique_lock<std::mutex> lock_;
    bool open_ = false;
  };
  absl::StatusOr<Transaction> Begin();

  // Number of a source, given on first use.
  absl::StatusOr<std::int64_t> SourceNumber(std::string_view name);

  // Whether this very file was read before.
  absl::StatusOr<bool> HasFile(std::int64_t source, const FileId& file);

  // The first frame after `number`; nullopt at the end.
  absl::StatusOr<std::optional<OutboxEntry>> FrameAfter(std::int64_t number);
  absl::StatusOr<store::v1::OutboxFrame> LoadFrame(std::int64_t number);
  absl::StatusOr<std::vector<OutboxEntry>> ListOutbox();
  struct OutboxCount {
    std::uint64_t frames = 0;
    std::uint64_t updates = 0;
    std::optional<absl::Time> oldest;
  };
  absl::StatusOr<OutboxCount> CountOutbox();

  absl::StatusOr<std::string> Setting(std::string_view name);
  absl::Status PutSetting(std::string_view name, std::string_view value);
  absl::Status RemoveSetting(std::string_view name);
  // Puts `value` in the place of `expected` (empty: of nothing) in one durable
  // step; false, and nothing is changed, when something else stands there.
  absl::StatusOr<bool> ExchangeSetting(std::string_view name,
                                       std::string_view expected,
                                       std::string_view value);
  // Those whose names begin with `prefix`, in the order of their names.
  absl::StatusOr<std::map<std::string, std::string>> SettingsFrom(
      std::string_view prefix);
  // The next number of a counter that never gives one twice.
  absl::StatusOr<std::uint64_t> NextNumber(std::string_view name);

 private:
  struct Database;
  State(std::string folder, Sealer sealer, bool read_only);

  std::string folder_;
  std::optional<Sealer> sealer_;
  bool read_only_;
  int claim_ = -1;  // the file `lock`
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_OUTBOX_STATE_H_
