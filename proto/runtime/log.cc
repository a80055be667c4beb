// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/log.h"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdint>
#include <iterator>
#include <mutex>

#include "absl/time/time.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::runtime {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view NameOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warn";
    case spdlog::level::err:
      return "error";
    default:
      return "info";
  }
}

// What moves a cursor, changes direction or hides: categories Cc and Cf, and
// the separators of lines.
bool IsUnsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
         (c >= 0x600 && c <= 0x605) || c == 0x61c || c == 0x6dd || c == 0x70f ||
         c == 0x890 || c == 0x891 || c == 0x8e2 || c == 0x180e ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || c == 0x110bd || c == 0x110cd ||
         (c >= 0x13430 && c <= 0x1343f) || (c >= 0x1bca0 && c <= 0x1bca3) ||
         (c >= 0x1d173 && c <= 0x1d17a) || (c >= 0xe0000 && c <= 0xe0fff);
}

// Takes one character off the front; U+FFFD for a byte that begins none.
char32_t TakeCharacter(std::string_view& text) {
  constexpr char32_t kNone = 0xfffd;
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const char32_t lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                                         : 4;
  if (size > text.size() || FirstNotUtf8(text.substr(0, size))) {
    text.remove_prefix(1);
    return kNone;
  }
  char32_t c = size == 1 ? lead : lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = c << 6 | (byte(i) & 0x3fU);
  text.remove_prefix(size);
  return c;
}

void AppendEscape(char32_t c, std::string& out) {
  if (c > 0xffff) {
    AppendEscape(0xd800 + ((c - 0x10000) >> 10), out);
    AppendEscape(0xdc00 + ((c - 0x10000) & 0x3ff), out);
    return;
  }
  fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                 static_cast<std::uint32_t>(c));
}

// As inside a JSON string; a plain line escapes unsafe characters only.
std::string Escaped(std::string_view text, bool json) {
  constexpr std::string_view kNoCharacter = "\uFFFD";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t c = TakeCharacter(text);
    const std::string_view bytes =
        before.substr(0, before.size() - text.size());
    if (json && (c == '"' || c == '\\')) {
      out += '\\';
      out += bytes;
    } else if (IsUnsafe(c)) {
      AppendEscape(c, out);
    } else {
      out += c == 0xfffd ? kNoCharacter : bytes;
    }
  }
  return out;
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(bool json) : json_(json) {}

  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& out) override {
    const std::string time =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(message.time),
                         absl::UTCTimeZone());
    const std::string text =
        Escaped({message.payload.data(), message.payload.size()}, json_);
    const std::string_view level = NameOf(message.level);
    if (json_) {
      fmt::format_to(std::back_inserter(out),
                     R"({{"time":"{}","level":"{}","message":"{}"}})"
                     "\n",
                     time, level, text);
    } else {
      fmt::format_to(std::back_inserter(out), "{} {:<5} {}\n", time, level,
                     text);
    }
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(json_);
  }

 private:
  bool json_;
};

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> take)
      : take_(std::move(take)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    take_({line.data(), line.size()});
  }
  void flush_() override {}

  std::function<void(std::string_view)> take_;
};

}  // namespace

std::optional<LogLevel> LogLevelFromName(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return std::nullopt;
}

Log::Log(Options options) {
  spdlog::sink_ptr sink;
  if (options.sink) {
    sink = std::make_shared<FunctionSink>(std::move(options.sink));
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  sink->set_formatter(std::make_unique<LineFormatter>(options.json));
  if (!options.json) words_ = std::move(options.words);
  logger_ = std::make_unique<spdlog::logger>("", std::move(sink));
  SetLevel(options.level);
}

Log::~Log() = default;

void Log::SetLevel(LogLevel level) { logger_->set_level(ToSpdlog(level)); }

bool Log::Writes(LogLevel level) const {
  return logger_->should_log(ToSpdlog(level));
}

void Log::Write(LogLevel level, const std::string& message) const {
  logger_->log(ToSpdlog(level), spdlog::string_view_t(message));
}

}  // namespace waystation::runtime
