// SPDX-License-Identifier: Apache-2.0
// Statements on their way together, each with what is to become of its answer.
#ifndef WAYSTATION_SERVER_STORAGE_POSTGRES_PIPELINE_H_
#define WAYSTATION_SERVER_STORAGE_POSTGRES_PIPELINE_H_

#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/storage/postgres/connection.h"

namespace waystation::storage::postgres {

class Pipeline {
 public:
  using Then = std::function<absl::Status(const Result&)>;

  void Add(const Statement& statement, Parameters parameters = {},
           Then then = nullptr) {
    steps_.push_back(
        {.statement = &statement, .parameters = std::move(parameters)});
    then_.push_back(std::move(then));
  }

  // Runs all of them, one round trip, and forgets them. The first error, of a
  // statement or of what was to become of its answer.
  absl::Status Run(Connection& connection) {
    const std::vector<Connection::Step> steps = std::exchange(steps_, {});
    const std::vector<Then> then = std::exchange(then_, {});
    if (steps.empty()) return absl::OkStatus();
    return connection.RunAll(steps, [&](size_t i, const Result& result) {
      return then[i] ? then[i](result) : absl::OkStatus();
    });
  }

 private:
  std::vector<Connection::Step> steps_;
  std::vector<Then> then_;
};

}  // namespace waystation::storage::postgres

#endif  // WAYSTATION_SERVER_STORAGE_POSTGRES_PIPELINE_H_
