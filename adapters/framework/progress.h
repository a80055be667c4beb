// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_PROGRESS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace waystation::adapters {

// Says how far a long task is, on stderr, once it has taken a second: on a
// terminal in one line that renews itself, elsewhere a line every ten seconds.
class Progress {
 public:
  // Says nothing where `enabled` is false.
  Progress(std::string what, bool enabled);
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `total`, in whatever unit; `text` follows the percentage.
  void Show(std::uint64_t done, std::uint64_t total, std::string_view text);

  // The same where nobody knows how much there is.
  void Count(std::string_view text);

 private:
  bool IsTime();
  void Print(const std::string& line) const;

  std::string what_;
  bool enabled_;
  bool terminal_;
  bool shown_ = false;
  absl::Time next_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_PROGRESS_H_
