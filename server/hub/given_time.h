// SPDX-License-Identifier: Apache-2.0
// Times that callers give.
#ifndef WAYSTATION_SERVER_HUB_GIVEN_TIME_H_
#define WAYSTATION_SERVER_HUB_GIVEN_TIME_H_

#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"

namespace waystation::hub {

// Whether it lies in the years 1 to 9999, as a Timestamp must; others would
// overflow when they are counted in microseconds.
inline bool IsGivenTime(const google::protobuf::Timestamp& time) {
  using google::protobuf::util::TimeUtil;
  return time.nanos() >= 0 && time.nanos() < 1'000'000'000 &&
         time.seconds() >= TimeUtil::kTimestampMinSeconds &&
         time.seconds() <= TimeUtil::kTimestampMaxSeconds;
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_GIVEN_TIME_H_
