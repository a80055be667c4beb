// SPDX-License-Identifier: Apache-2.0
#include "server/hub/erasure.h"

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "server/domain/apply.h"
#include "server/hub/epoch.h"
#include "server/hub/holder_code.h"
#include "server/hub/store_error.h"
#include "server/hub/work.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {
namespace {

class EraseWork final : public Work {
 public:
  using Done = std::function<void(const absl::Status&)>;

  EraseWork(storage::ObjectRow row, const storage::KeyHash& key,
            domain::ReadUpdate retraction, Done done)
      : row_(std::move(row)),
        key_(key),
        retraction_(std::move(retraction)),
        done_(std::move(done)) {}

  void AddKeys(std::vector<storage::KeyHash>& keys) const override {
    keys.push_back(key_);
  }

  absl::Status Begin(Planning& planning) override {
    const storage::Uid uid = planning.FindKey(key_);
    const auto codes = planning.CodesOf(uid);
    if (!codes.ok()) return codes.status();
    planning.batch.objects.push_back(row_);
    if (uid == 0) return absl::OkStatus();  // Younger than the backup.
    ChangedRecord& changed = planning.Edit(uid);
    domain::ReadUpdate retraction = retraction_;
    retraction.received_time = planning.now;
    const domain::Applied applied =
        domain::Apply(retraction, changed.after->stored);
    if (!applied.writes()) return absl::OkStatus();
    SpendCodes(*codes, planning);
    changed.writes = true;
    changed.changed |= applied.changed;
    changed.said |= domain::AllAttributes();
    changed.received_time = planning.now;
    return absl::OkStatus();
  }

  absl::Status Conclude(const Outcome& outcome) override {
    outcome.planning.AddLeaf(TakeUpEvent(row_), {});
    return absl::OkStatus();
  }
  void Answer(const storage::Committed* /*committed*/) override {
    done_(absl::OkStatus());
  }
  void Fail(const absl::Status& status) override { done_(StoreError(status)); }

 private:
  const storage::ObjectRow row_;
  const storage::KeyHash key_;
  const domain::ReadUpdate retraction_;
  const Done done_;
};

}  // namespace

bool IsErasure(const domain::ReadUpdate& update) {
  return update.retraction == v1::RecordRetraction::REASON_ERASURE_REQUESTED;
}

storage::ObjectRow ErasureRow(const storage::KeyHash& key,
                              const domain::ReadUpdate& update) {
  store::v1::StoredErasure erasure;
  erasure.set_revision(update.revision);
  erasure.set_content(std::string(auditlog::AsBytes(update.content)));
  return {.kind = std::string(kErasureObject),
          .id = auditlog::ToHex(std::string_view(
              reinterpret_cast<const char*>(key.data()), key.size())),
          .bytes = erasure.SerializeAsString()};
}

absl::Status EraseAgain(const storage::ObjectRow& row, Committer& committer) {
  storage::KeyHash key;
  const std::string bytes = absl::HexStringToBytes(row.id);
  store::v1::StoredErasure erasure;
  domain::ReadUpdate retraction;
  if (bytes.size() != key.size() || !erasure.ParseFromString(row.bytes) ||
      erasure.content().size() != retraction.content.size()) {
    return errors::Error("JOURNAL_DAMAGED", {.field = row.kind + " " + row.id});
  }
  std::ranges::copy(bytes, key.begin());
  std::ranges::copy(erasure.content(), retraction.content.begin());
  retraction.revision = erasure.revision();
  retraction.retraction = v1::RecordRetraction::REASON_ERASURE_REQUESTED;
  std::promise<absl::Status> done;
  committer.Submit(std::make_unique<EraseWork>(
      row, key, std::move(retraction),
      [&](const absl::Status& status) { done.set_value(status); }));
  return done.get_future().get();
}

}  // namespace waystation::hub
