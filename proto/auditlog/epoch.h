// SPDX-License-Identifier: Apache-2.0
// A log that was restored from a backup goes on under an origin of its own, so
// that nobody takes what it signs for a continuation of what was lost:
//
//     origin := base | base "/epoch-" time       time := 20261126T220501Z
//
// The key stays the same; its name in notes is the origin.
#ifndef PROTO_AUDITLOG_EPOCH_H_
#define PROTO_AUDITLOG_EPOCH_H_

#include <string>
#include <string_view>

namespace waystation::auditlog {

// `epoch` is empty for a log that was never restored.
std::string OriginOfEpoch(std::string_view base, std::string_view epoch);

// The origin that the log began with.
std::string_view BaseOfOrigin(std::string_view origin);

// The epoch; empty for the first.
std::string_view EpochOfOrigin(std::string_view origin);

}  // namespace waystation::auditlog

#endif  // PROTO_AUDITLOG_EPOCH_H_
