// SPDX-License-Identifier: Apache-2.0
// Log lines for operators, on stderr: one line an event, plain or JSON. What is
// about a person is a Personal<T> and cannot be formatted. Characters of
// control and of direction are escaped, so nobody outside can forge a line or
// make a terminal show another.
//
//     2026-05-01T08:00:00.123Z warn  mailbox of labor.320500 is behind by 12
//     {"time":"2026-05-01T08:00:00.123Z","level":"warn","message":"..."}
#ifndef WAYSTATION_PROTO_RUNTIME_LOG_H_
#define WAYSTATION_PROTO_RUNTIME_LOG_H_

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace spdlog {
class logger;
}

namespace waystation::runtime {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// By its lower-case name; nullopt for another word.
std::optional<LogLevel> LogLevelFromName(std::string_view name);

// Thread-safe. Built by main and handed down; there is no global one.
class Log {
 public:
  struct Options {
    LogLevel level = LogLevel::kInfo;
    bool json = false;
    // The line in the reader's language, by the format that stands in the code;
    // unset means as it stands there. JSON is for machines and always so.
    std::function<const char*(const char* format)> words = {};
    // Takes each finished line, its newline included; unset means stderr.
    std::function<void(std::string_view line)> sink = {};
  };

  explicit Log(Options options);
  ~Log();

  void SetLevel(LogLevel level);
  bool Writes(LogLevel level) const;

  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    if (Writes(LogLevel::kDebug)) {
      Write(LogLevel::kDebug, In(format, args...));
    }
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    if (Writes(LogLevel::kInfo)) {
      Write(LogLevel::kInfo, In(format, args...));
    }
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    if (Writes(LogLevel::kWarn)) {
      Write(LogLevel::kWarn, In(format, args...));
    }
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    Write(LogLevel::kError, In(format, args...));
  }

 private:
  template <typename... Args>
  std::string In(fmt::string_view text, const Args&... args) const {
    if (!words_) return fmt::vformat(text, fmt::make_format_args(args...));
    return fmt::vformat(words_(std::string(text.data(), text.size()).c_str()),
                        fmt::make_format_args(args...));
  }

  void Write(LogLevel level, const std::string& message) const;

  std::function<const char*(const char* format)> words_;

  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_LOG_H_
