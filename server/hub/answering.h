// SPDX-License-Identifier: Apache-2.0
// Works that answer with what they have prepared.
#ifndef WAYSTATION_SERVER_HUB_ANSWERING_H_
#define WAYSTATION_SERVER_HUB_ANSWERING_H_

#include <utility>

#include "server/hub/hub.h"
#include "server/hub/store_error.h"
#include "server/hub/work.h"

namespace waystation::hub {

// Gives `response_` to `done_` when the group is durable, or the error.
template <typename Response, typename Base = Work>
class Answering : public Base {
 public:
  void Answer(const storage::Committed* /*committed*/) override {
    done_(std::move(response_));
  }
  void Fail(const absl::Status& status) override { done_(StoreError(status)); }

 protected:
  // `of_base` are what Base is made of.
  template <typename... OfBase>
  explicit Answering(Hub::Callback<Response> done, OfBase&&... of_base)
      : Base(std::forward<OfBase>(of_base)...), done_(std::move(done)) {}

  const Hub::Callback<Response> done_;
  Response response_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_ANSWERING_H_
