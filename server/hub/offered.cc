// SPDX-License-Identifier: Apache-2.0
#include "server/hub/offered.h"

#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"

namespace waystation::hub {

domain::ReadResult ReadOffered(Core& core, domain::AttributeSet attributes,
                               const v1::Person& offered) {
  v1::Update update;
  update.set_record_key("offered");
  update.set_revision(1);
  *update.mutable_claims() = offered;
  for (const std::string& name : domain::AttributeNames(attributes)) {
    update.mutable_mask()->add_paths(name);
  }
  const int64_t now = core.clock.Now();
  // Nobody's age is asked about: what is offered is not kept.
  update.mutable_guardian()->set_reference("offered");
  *update.mutable_guardian()->mutable_given_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(now);
  return domain::Read(std::move(update),
                      {.received_time = now, .profile = core.Profile()});
}

}  // namespace waystation::hub
