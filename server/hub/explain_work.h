// SPDX-License-Identifier: Apache-2.0
// How the records of a person came together: the neighbourhood is walked and
// partitioned once more, with a trace, and nothing of it is changed.
#ifndef WAYSTATION_SERVER_HUB_EXPLAIN_WORK_H_
#define WAYSTATION_SERVER_HUB_EXPLAIN_WORK_H_

#include <string>
#include <utility>
#include <vector>

#include "server/domain/link.h"
#include "server/hub/caller.h"
#include "server/hub/hub.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/work.h"

namespace waystation::hub {

class ExplainWork final : public Work {
 public:
  // `reason` has been checked. `record` is held.
  ExplainWork(Caller caller, storage::Uid record, std::string reason,
              Hub::Callback<v1::ExplainPersonResponse> done)
      : caller_(std::move(caller)),
        record_(record),
        reason_(std::move(reason)),
        done_(std::move(done)) {}

  bool alone() const override { return true; }
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;
  void Fail(const absl::Status& status) override;

 private:
  class Telling;

  const Caller caller_;
  const storage::Uid record_;
  const std::string reason_;
  const Hub::Callback<v1::ExplainPersonResponse> done_;
  // Of the person; they are named in the leaf.
  std::vector<RecordPtr> records_;
  v1::ExplainPersonResponse response_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_EXPLAIN_WORK_H_
