// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/bundle_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/framework/sources/source.h"
#include "proto/errors/error.h"

namespace waystation::adapters {
namespace {

constexpr std::string_view kSpaces = " \n\r\t";
constexpr std::size_t kMostKeyBytes = 256;

absl::StatusOr<ByteReader> OpenJson(const std::string& path) {
  auto reader = ByteReader::Open(path, Charset::kUtf8);
  if (reader.ok() && reader->file_size() == 0) {
    return errors::Error("FILE_EMPTY", {.metadata = {{"file", path}}});
  }
  return reader;
}

std::string_view DepthDefect(const JsonScanner& scanner) {
  return scanner.depth() > kMaxJsonDepth ? "JSON_DEPTH" : "";
}

}  // namespace

// --- entries of a Bundle ---

absl::StatusOr<BundleReader> BundleReader::Open(const std::string& path) {
  auto reader = OpenJson(path);
  if (!reader.ok()) return reader.status();
  return BundleReader(*std::move(reader));
}

absl::StatusOr<std::optional<JsonPart>> BundleReader::Next() {
  Take(std::exchange(to_take_, 0));
  for (;;) {
    const auto next = Peek();
    if (!next.ok()) return next.status();
    absl::Status status;
    switch (at_) {
      case At::kFront:
        status = TakeByte('{');
        at_ = At::kMembers;
        break;
      case At::kMembers:
        if (*next == '}') {
          Take(1);
          at_ = At::kEnd;
          if (!is_bundle_) return errors::Error("FHIR_NO_BUNDLE");
        } else {
          status = TakeMember();
        }
        break;
      case At::kEntries:
        if (*next == ']') {
          Take(1);
          at_ = At::kMembers;
          first_ = false;
        } else {
          if (!first_) status = TakeByte(',');
          if (status.ok()) return TakeEntry();
        }
        break;
      case At::kEnd:
        if (*next != '\0' || !reader_.window().empty()) return Broken();
        return std::nullopt;
    }
    if (!status.ok()) return status;
  }
}

absl::StatusOr<char> BundleReader::Peek() {
  for (;;) {
    if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
    const std::string_view window = reader_.window();
    const std::size_t spaces =
        std::min(window.find_first_not_of(kSpaces), window.size());
    Take(spaces);
    if (!reader_.window().empty()) return reader_.window().front();
    if (reader_.at_end()) return '\0';
  }
}

void BundleReader::Take(std::size_t bytes) {
  const std::string_view taken = reader_.window().substr(0, bytes);
  const auto lines = std::count(taken.begin(), taken.end(), '\n');
  if (lines > 0) {
    line_ += static_cast<std::uint64_t>(lines);
    byte_ = taken.size() - taken.rfind('\n');
  } else {
    byte_ += taken.size();
  }
  reader_.Skip(bytes);
}

absl::Status BundleReader::TakeByte(char wanted) {
  const auto next = Peek();
  if (!next.ok()) return next.status();
  if (*next != wanted) return Broken();
  Take(1);
  return absl::OkStatus();
}

absl::StatusOr<std::string> BundleReader::TakeKey() {
  const auto next = Peek();
  if (!next.ok()) return next.status();
  JsonScanner scanner;
  const std::size_t size =
      scanner.Read(reader_.window().substr(0, kMostKeyBytes));
  if (*next != '"' || scanner.state() != JsonScanner::State::kDone) {
    return Broken();
  }
  std::string key(reader_.window().substr(1, size - 2));
  Take(size);
  return key;
}

absl::Status BundleReader::TakeMember() {
  if (!std::exchange(first_, false)) {
    if (auto comma = TakeByte(','); !comma.ok()) return comma;
  }
  const auto key = TakeKey();
  if (!key.ok()) return key.status();
  if (auto colon = TakeByte(':'); !colon.ok()) return colon;
  if (*key == "resourceType") return TakeKind();
  if (*key != "entry") {
    JsonScanner scanner;
    return SkipValue(scanner);
  }
  if (std::exchange(has_entries_, true)) {
    return errors::Error("JSON_KEY_TWICE", {.field = "entry"});
  }
  at_ = At::kEntries;
  first_ = true;
  return TakeByte('[');
}

absl::Status BundleReader::TakeKind() {
  const auto kind = TakeKey();
  if (!kind.ok()) return kind.status();
  is_bundle_ = *kind == "Bundle";
  return is_bundle_ ? absl::OkStatus() : errors::Error("FHIR_NO_BUNDLE");
}

absl::Status BundleReader::SkipValue(JsonScanner& scanner) {
  for (;;) {
    if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
    const std::size_t size = scanner.Read(reader_.window());
    const bool ends = reader_.at_end() && size == reader_.window().size();
    Take(size);
    if (scanner.state() == JsonScanner::State::kDone) return absl::OkStatus();
    if (scanner.state() == JsonScanner::State::kBroken || ends) return Broken();
  }
}

absl::StatusOr<JsonPart> BundleReader::TakeEntry() {
  first_ = false;
  const auto next = Peek();
  if (!next.ok()) return next.status();
  if (*next != '{') return Broken();
  JsonPart part{.number = ++number_, .bytes = {}, .defect = {}};
  JsonScanner scanner;
  const std::string_view text = reader_.window().substr(0, kMaxRow);
  const std::size_t size = scanner.Read(text);
  if (scanner.state() == JsonScanner::State::kDone) {
    part.bytes = text.substr(0, size);
    part.defect = DepthDefect(scanner);
    // The entry is a view of the window, so its bytes go at the next call.
    to_take_ = size;
    return part;
  }
  overlong_.assign(text);
  Take(size);
  if (scanner.state() == JsonScanner::State::kBroken) return Broken();
  if (auto skipped = SkipValue(scanner); !skipped.ok()) return skipped;
  part.bytes = overlong_;
  part.defect = "ROW_TOO_LONG";
  return part;
}

absl::Status BundleReader::Broken() const {
  return errors::Error("JSON_BROKEN",
                       {.field = absl::StrCat(line_, ":", byte_)});
}

// --- lines of resources ---

absl::StatusOr<ResourceLines> ResourceLines::Open(const std::string& path) {
  auto reader = OpenJson(path);
  if (!reader.ok()) return reader.status();
  return ResourceLines(*std::move(reader));
}

absl::StatusOr<std::optional<JsonPart>> ResourceLines::Next() {
  reader_.Skip(std::exchange(to_skip_, 0));
  for (;;) {
    if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
    const std::string_view window = reader_.window();
    if (window.empty()) return std::nullopt;
    JsonPart part{.number = ++line_, .bytes = {}, .defect = {}};
    const std::size_t end = window.find('\n');
    if (end == std::string_view::npos && !reader_.at_end()) {
      overlong_.assign(window.substr(0, kMaxRow));
      if (auto skipped = SkipLine(); !skipped.ok()) return skipped;
      part.bytes = overlong_;
      part.defect = "ROW_TOO_LONG";
      return part;
    }
    to_skip_ = end == std::string_view::npos ? window.size() : end + 1;
    part.bytes = window.substr(0, end);
    const std::size_t last = part.bytes.find_last_not_of(kSpaces);
    if (last == std::string_view::npos) {
      reader_.Skip(std::exchange(to_skip_, 0));
      continue;
    }
    part.bytes = part.bytes.substr(0, last + 1);
    JsonScanner scanner;
    scanner.Read(part.bytes);
    part.defect = DepthDefect(scanner);
    return part;
  }
}

absl::Status ResourceLines::SkipLine() {
  for (;;) {
    const std::size_t end = reader_.window().find('\n');
    if (end != std::string_view::npos) {
      to_skip_ = end + 1;
      return absl::OkStatus();
    }
    reader_.Skip(reader_.window().size());
    if (reader_.at_end()) return absl::OkStatus();
    if (auto filled = reader_.Fill(kMaxRow); !filled.ok()) return filled;
  }
}

}  // namespace waystation::adapters
