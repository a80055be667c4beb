// SPDX-License-Identifier: Apache-2.0
// Waits for a call of the hub that answers by callback.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_WAIT_H_
#define WAYSTATION_SERVER_WAYSTATIOND_WAIT_H_

#include <future>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"

namespace waystation::waystationd {

// `call(done)` starts it.
template <typename T, typename Call>
absl::StatusOr<T> Wait(const Call& call) {
  // Shared: std::function, by which the hub calls back, must be copyable.
  auto answer = std::make_shared<std::promise<absl::StatusOr<T>>>();
  auto future = answer->get_future();
  call([answer](absl::StatusOr<T> result) {
    answer->set_value(std::move(result));
  });
  return future.get();
}

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_WAIT_H_
