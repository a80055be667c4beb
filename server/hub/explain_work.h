// SPDX-License-Identifier: Apache-2.0
// How the records of a person came together: the neighbourhood is walked and
// partitioned once more, with a trace, and nothing of it is changed.
#ifndef WAYSTATION_SERVER_HUB_EXPLAIN_WORK_H_
#define WAYSTATION_SERVER_HUB_EXPLAIN_WORK_H_

#include <string>
#include <utility>
#include <vector>

#include "server/domain/link.h"
#include "server/hub/answering.h"
#include "server/hub/caller.h"
#include "server/hub/hub.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/work.h"

namespace waystation::hub {

class ExplainWork final : public Answering<v1::ExplainPersonResponse> {
 public:
  // `reason` has been checked. `record` is held.
  ExplainWork(Caller caller, storage::Uid record, std::string reason,
              Hub::Callback<v1::ExplainPersonResponse> done)
      : Answering(std::move(done)),
        caller_(std::move(caller)),
        record_(record),
        reason_(std::move(reason)) {}

  bool alone() const override { return true; }
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;

 private:
  class Telling;

  const Caller caller_;
  const storage::Uid record_;
  const std::string reason_;
  // Of the person; they are named in the leaf.
  std::vector<RecordPtr> records_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_EXPLAIN_WORK_H_
