// SPDX-License-Identifier: Apache-2.0
// Calendars and deadlines of notices: the files that the configuration names,
// or those that the program brings along.
#ifndef WAYSTATION_SERVER_WAYSTATIOND_NOTICE_TERMS_H_
#define WAYSTATION_SERVER_WAYSTATIOND_NOTICE_TERMS_H_

#include "absl/status/statusor.h"
#include "server/hub/hub.h"
#include "waystation/config/v1/hub.pb.h"

namespace waystation::waystationd {

// CONFIG_INVALID names every place that is wrong; FILE_MISSING.
absl::StatusOr<hub::NoticeTerms> LoadNoticeTerms(
    const config::v1::NoticeConfig& config);

}  // namespace waystation::waystationd

#endif  // WAYSTATION_SERVER_WAYSTATIOND_NOTICE_TERMS_H_
