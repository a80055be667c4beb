// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/migrate.h"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/note.h"
#include "proto/auditlog/tiles.h"
#include "proto/errors/error.h"
#include "proto/failpoint/failpoint.h"
#include "proto/language/language.h"
#include "server/hub/random_pool.h"
#include "server/hub/seal.h"
#include "server/hub/store_check.h"
#include "server/hub/store_error.h"
#include "server/hub/stored_tiles.h"
#include "server/waystationd/check.h"
#include "server/waystationd/config.h"
#include "server/waystationd/parts.h"

namespace waystation::waystationd {
namespace {

using language::Say;
using storage::Note;
using storage::TableShape;

// A server takes a while until it notices that whoever had the store is gone.
constexpr absl::Duration kWaitForStore = absl::Seconds(10);
constexpr absl::Duration kBetweenWords = absl::Seconds(2);

void Tell(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

// The rows of one table: how many, and a hash over all of them in their order.
struct Rows {
  uint64_t count = 0;
  auditlog::Hash hash{};
  bool operator==(const Rows&) const = default;
};

// Counts and hashes rows as they come by, and tells how far it is.
class Counter {
 public:
  explicit Counter(std::string doing) : doing_(std::move(doing)) {}

  void Add(const TableShape& table, std::string_view row) {
    Rows& rows = tables_[table.name];
    ++rows.count;
    rows.hash = auditlog::NodeHash(rows.hash, auditlog::LeafHash(row));
    if (all_++ == 0) told_ = absl::Now();
    // The clock is not asked about each row.
    if (all_ % 1024 != 0) return;
    if (const absl::Time now = absl::Now(); now - told_ >= kBetweenWords) {
      told_ = now;
      Tell(Say("$0: $1 rows, now of the table $2", doing_, all_, table.name));
    }
  }

  const std::map<std::string, Rows>& tables() const { return tables_; }
  uint64_t all() const { return all_; }

 private:
  const std::string doing_;
  std::map<std::string, Rows> tables_;
  uint64_t all_ = 0;
  absl::Time told_;
};

constexpr char kOther[] = "what arrived is not what left";

absl::Status Differs(const std::string& place, const std::string& what) {
  return errors::Error("STORE_DAMAGED",
                       {.rule = absl::StrCat(place, ": ", what)});
}

absl::Status SameRows(const Counter& left, const Counter& arrived) {
  if (left.tables() == arrived.tables()) return absl::OkStatus();
  std::string first;
  for (const auto& [table, rows] : left.tables()) {
    const auto found = arrived.tables().find(table);
    if (found == arrived.tables().end() || found->second != rows) {
      first = table;
      break;
    }
  }
  return Differs(first, kOther);
}

// All rows, their seals, and that they fit together.
absl::Status CheckRows(const Parts& parts, const storage::Store& store) {
  hub::RandomPool random(FillRandom);
  const hub::Sealer sealer(*parts.keys, random);
  const auto checked = hub::CheckAll(sealer, store);
  if (!checked.ok()) return checked.status();
  if (checked->findings.empty()) return absl::OkStatus();
  return PrintChecked(*checked);
}

// That the newest checkpoint is signed by the hub's key and of this log.
absl::Status CheckCheckpoint(const Parts& parts, const storage::Store& store) {
  const auto newest = store.NewestCheckpoint();
  if (!newest.ok()) return hub::NamedStoreError(newest.status());
  if (!newest->has_value()) return absl::OkStatus();
  const auto verifier = auditlog::NoteVerifier::Create(
      parts.config.hub.log_origin(), parts.log_key->public_key());
  if (!verifier.ok()) return verifier.status();
  const auto checkpoint = auditlog::OpenCheckpoint((*newest)->note, *verifier);
  const std::string place = absl::StrCat("checkpoint ", (*newest)->size);
  if (!checkpoint.ok()) {
    return Differs(place, std::string(checkpoint.status().message()));
  }
  const auto root = auditlog::RootAt(checkpoint->size, hub::StoredTiles(store));
  if (!root.ok()) return hub::NamedStoreError(root.status());
  return *root == checkpoint->root
             ? absl::OkStatus()
             : Differs(place, "it is not that of the stored leaves");
}

absl::Status SameLog(const storage::Store& source,
                     const storage::Store& target) {
  const auto left = source.LoadFrontier();
  if (!left.ok()) return hub::NamedStoreError(left.status());
  const auto arrived = target.LoadFrontier();
  if (!arrived.ok()) return hub::NamedStoreError(arrived.status());
  return *left == *arrived && source.NewestGroup() == target.NewestGroup()
             ? absl::OkStatus()
             : Differs("commit_group", kOther);
}

class Mover {
 public:
  Mover(const Parts& parts, StorePlace from, StorePlace to)
      : parts_(parts), from_(std::move(from)), to_(std::move(to)) {}

  absl::Status Move() {
    auto source = OpenDespiteNotes(from_, *parts_.keys, kWaitForStore);
    if (!source.ok()) return source.status();
    source_ = *std::move(source);
    const auto may = MayBegin();
    if (!may.ok() || !*may) return may.status();
    Tell(Say("checking every row of $0", from_.Shown()));
    if (absl::Status status = CheckRows(parts_, *source_); !status.ok()) {
      return status;
    }
    if (absl::Status status = CopyRows(); !status.ok()) return status;
    WAYSTATION_FAILPOINT("moving/copied");
    if (absl::Status status = Verify(); !status.ok()) return status;
    WAYSTATION_FAILPOINT("moving/verified");
    return HandOver();
  }

 private:
  // Whether there is anything to do, once what an earlier run left is known.
  absl::StatusOr<bool> MayBegin() {
    const auto moved = ReadNote(from_, Note::kMovedOut);
    if (!moved.ok()) return moved.status();
    if (!moved->has_value()) return true;
    const auto unfinished = ReadNote(to_, Note::kMovingIn);
    if (!unfinished.ok()) return unfinished.status();
    if (unfinished->has_value()) {
      // It ended between its last two steps: no hub has been on the target.
      const absl::Status status = RemoveNote(from_, Note::kMovedOut);
      if (!status.ok()) return status;
      return true;
    }
    if (NeedStore(to_).ok()) {
      const auto target = OpenDespiteNotes(to_, *parts_.keys, kWaitForStore);
      if (target.ok() && SameLog(*source_, **target).ok()) {
        Tell(Say("It has been moved already."));
        return false;
      }
    }
    return errors::Error("STORE_MOVED", {.rule = **moved});
  }

  absl::Status CopyRows() {
    auto filler = FillStore(to_, parts_.keys->Fingerprint(), kWaitForStore);
    if (!filler.ok()) return filler.status();
    WAYSTATION_FAILPOINT("moving/begun");
    Tell(Say("copying to $0", to_.Shown()));
    const absl::Status copied =
        ExportStore(from_, [&](const TableShape& table, std::string_view row) {
          left_.Add(table, row);
          WAYSTATION_FAILPOINT("moving/row");
          return (*filler)->Put(table, row);
        });
    if (!copied.ok()) return copied;
    return hub::NamedStoreError((*filler)->End());
  }

  absl::Status Verify() {
    Tell(Say("holding $0 rows against what left", left_.all()));
    auto target = OpenDespiteNotes(to_, *parts_.keys, kWaitForStore);
    if (!target.ok()) return target.status();
    target_ = *std::move(target);
    Counter arrived(Say("reading again"));
    const absl::Status read =
        ExportStore(to_, [&](const TableShape& table, std::string_view row) {
          arrived.Add(table, row);
          return absl::OkStatus();
        });
    if (!read.ok()) return read;
    if (absl::Status same = SameRows(left_, arrived); !same.ok()) return same;
    if (absl::Status same = SameLog(*source_, *target_); !same.ok()) {
      return same;
    }
    Tell(Say("checking every row of $0", to_.Shown()));
    if (absl::Status status = CheckRows(parts_, *target_); !status.ok()) {
      return status;
    }
    return CheckCheckpoint(parts_, *target_);
  }

  absl::Status HandOver() {
    const std::string note =
        absl::StrCat(to_.Shown(), ", ",
                     absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(),
                                      absl::UTCTimeZone()));
    if (absl::Status status = PutNote(from_, Note::kMovedOut, note);
        !status.ok()) {
      return status;
    }
    WAYSTATION_FAILPOINT("moving/marked");
    if (absl::Status status = RemoveNote(to_, Note::kMovingIn); !status.ok()) {
      return status;
    }
    WAYSTATION_FAILPOINT("moving/ended");
    return Print();
  }

  absl::Status Print() const {
    const auto frontier = target_->LoadFrontier();
    if (!frontier.ok()) return hub::NamedStoreError(frontier.status());
    const auto counts = target_->Count();
    if (!counts.ok()) return hub::NamedStoreError(counts.status());
    const std::string text =
        Say("Moved to $0, every row as it was:\n"
            "  rows           $1 in $2 tables\n"
            "  records        $3 of $4 persons\n"
            "  log            $5 entries, root $6\n",
            to_.Shown(), left_.all(), left_.tables().size(), counts->records,
            counts->persons, frontier->size(),
            auditlog::ToBase64(frontier->Root())) +
        Say("Write where it is now into the hub's file as `store`, and start "
            "the hub.\n"
            "No hub starts on $0 any more; remove it when you have a backup.\n",
            from_.Shown());
    std::fwrite(text.data(), 1, text.size(), stdout);
    return absl::OkStatus();
  }

  const Parts& parts_;
  const StorePlace from_;
  const StorePlace to_;
  // Held to the end, so that nobody begins to write.
  std::unique_ptr<storage::Store> source_;
  std::unique_ptr<storage::Store> target_;
  Counter left_{Say("copying")};
};

absl::StatusOr<StorePlace> PlaceOf(const std::string& text,
                                   const std::string& option) {
  auto place = StorePlace::Parse(text);
  if (place.has_value()) return *std::move(place);
  return errors::Error(
      "USAGE",
      {.rule = absl::StrCat(option, ": ",
                            "sqlite:<folder> or postgresql://... is wanted")});
}

}  // namespace

absl::Status MigrateStore(const Migration& migration) {
  const auto to = PlaceOf(migration.to, "--to");
  if (!to.ok()) return to.status();
  auto config = LoadConfig(migration.config_file);
  if (!config.ok()) return config.status();
  Parts parts;
  parts.config = *std::move(config);
  const auto from = migration.from.empty()
                        ? absl::StatusOr<StorePlace>(parts.config.store)
                        : PlaceOf(migration.from, "--from");
  if (!from.ok()) return from.status();
  if (from->kind == to->kind && from->at == to->at) {
    return errors::Error(
        "USAGE", {.rule = absl::StrCat("--to: ", "it is there already")});
  }
  if (absl::Status loaded = LoadParts(parts); !loaded.ok()) return loaded;
  // Opening makes a store where there is none.
  if (absl::Status there = NeedStore(*from); !there.ok()) return there;
  return Mover(parts, *from, *to).Move();
}

}  // namespace waystation::waystationd
