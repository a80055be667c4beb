// SPDX-License-Identifier: Apache-2.0
// The files of an exported log, as docs/audit-export.md describes them.
//
//     entries bundle := (length entry){1..256}      length: 2 bytes
//     details bundle := (count hash*){1..256}       count: 4 bytes; 32 a hash
//     checkpoints    := note ("\n" note)*           oldest first
//
// Numbers are most significant byte first.
#ifndef CLIENT_LIBRARY_EXPORT_LAYOUT_H_
#define CLIENT_LIBRARY_EXPORT_LAYOUT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace waystation::client {

inline constexpr std::string_view kKeyFile = "log.vkey";
inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kCheckpointsFile = "checkpoints";
inline constexpr std::string_view kAgenciesFile = "agencies.json";

// Where a bundle stands below the folder: `kind` is "entries" or "details",
// `width` how many of its 256 entries it holds.
std::string BundlePath(std::string_view kind, std::uint64_t index,
                       std::uint32_t width);

// DATA_LOSS: an entry is over 65,535 bytes.
absl::StatusOr<std::string> FormatEntries(std::span<const std::string> leaves);
std::string FormatDetails(std::span<const std::string> details);

// Reads as many whole ones as there are, at most `width`; a caller compares.
std::vector<std::string> ParseEntries(std::string_view bundle,
                                      std::uint32_t width);
std::vector<std::string> ParseDetails(std::string_view bundle,
                                      std::uint32_t width);

}  // namespace waystation::client

#endif  // CLIENT_LIBRARY_EXPORT_LAYOUT_H_
