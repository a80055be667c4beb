// SPDX-License-Identifier: Apache-2.0
// An act of administration, or of the hub itself: alone in its group, so that
// it sees all that came before it.
#ifndef WAYSTATION_SERVER_HUB_ACT_WORK_H_
#define WAYSTATION_SERVER_HUB_ACT_WORK_H_

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "proto/auditlog/hash.h"
#include "server/hub/caller.h"
#include "server/hub/committer.h"
#include "server/hub/hub.h"
#include "server/hub/store_error.h"
#include "server/hub/work.h"

namespace waystation::hub {

class ActWork final : public Work {
 public:
  // Fills batch and event, or answers an error and has changed nothing. Without
  // a kind in `event` there is no leaf, and nothing may have been changed.
  using Act = std::function<absl::Status(Planning&, v1::AuditEvent& event)>;
  using Done = std::function<void(const absl::Status&)>;

  ActWork(Act act, Done done) : act_(std::move(act)), done_(std::move(done)) {}

  bool alone() const override { return true; }
  absl::Status Begin(Planning& planning) override {
    event_.Clear();
    return act_(planning, event_);
  }
  absl::Status Conclude(const Outcome& outcome) override {
    if (event_.kind() != v1::AuditEvent::KIND_UNSPECIFIED &&
        !outcome.planning.dry_run) {
      outcome.planning.AddLeaf(event_, {});
    }
    return absl::OkStatus();
  }
  void Answer(const storage::Committed* /*committed*/) override {
    done_(absl::OkStatus());
  }
  void Fail(const absl::Status& status) override { done_(StoreError(status)); }

 private:
  const Act act_;
  const Done done_;
  v1::AuditEvent event_;
};

// Answers with `response` when the act has been done.
template <typename Response>
ActWork::Done AnswerOf(std::shared_ptr<Response> response,
                       Hub::Callback<Response> done) {
  return [response = std::move(response),
          done = std::move(done)](const absl::Status& status) {
    if (!status.ok()) return done(status);
    done(*response);
  };
}

// Says in `event` who did `act` to `object`, which is `agency`'s, and the hash
// of what was said of it.
inline void SayAdministered(const Caller& caller, const std::string& agency,
                            std::string_view act, const std::string& object,
                            std::string_view said, v1::AuditEvent& event) {
  event.set_kind(v1::AuditEvent::KIND_ADMINISTRATION);
  event.set_actor(caller.path);
  event.set_agency(agency);
  event.set_act(std::string(act));
  event.set_object(object);
  event.set_object_hash(std::string(auditlog::AsBytes(auditlog::Sha256(said))));
  event.set_count(1);
}

// Does it and returns when it is durable. Not to be called by the committer.
inline absl::Status DoAct(Committer& committer, ActWork::Act act) {
  std::promise<absl::Status> done;
  committer.Submit(std::make_unique<ActWork>(
      std::move(act),
      [&](const absl::Status& status) { done.set_value(status); }));
  return done.get_future().get();
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ACT_WORK_H_
