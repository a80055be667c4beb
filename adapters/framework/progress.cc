// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/codes/text.h"

namespace waystation::adapters {
namespace {

constexpr absl::Duration kFirst = absl::Seconds(1);
constexpr absl::Duration kTerminalEvery = absl::Milliseconds(200);
constexpr absl::Duration kLogEvery = absl::Seconds(10);

}  // namespace

Progress::Progress(std::string what, bool enabled)
    : what_(std::move(what)),
      enabled_(enabled),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(absl::Now() + kFirst) {}

Progress::~Progress() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(std::uint64_t done, std::uint64_t total,
                    std::string_view text) {
  if (!IsTime()) return;
  const std::uint64_t percent =
      total == 0 ? 100 : std::min<std::uint64_t>(100, done * 100 / total);
  Print(absl::StrCat(what_, ": ", percent, " %, ", std::string(text)));
}

void Progress::Count(std::string_view text) {
  if (IsTime()) Print(absl::StrCat(what_, ": ", std::string(text)));
}

bool Progress::IsTime() {
  if (!enabled_) return false;
  const absl::Time now = absl::Now();
  if (now < next_) return false;
  next_ = now + (terminal_ ? kTerminalEvery : kLogEvery);
  shown_ = true;
  return true;
}

void Progress::Print(const std::string& line) const {
  // The file's name may hold anything.
  const std::string safe = codes::DisplaySafe(line);
  std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", safe.c_str());
  std::fflush(stderr);
}

}  // namespace waystation::adapters
