// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/json_scanner.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace waystation::adapters {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool EndsWord(char c) { return IsSpace(c) || c == ',' || c == ']' || c == '}'; }

bool BeginsWord(char c) {
  return c == '-' || absl::ascii_isalnum(static_cast<unsigned char>(c));
}

void SkipSpaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n\r\t"), text.size()));
}

// Takes `c` from the front, behind spaces.
bool Take(char c, std::string_view& text) {
  SkipSpaces(text);
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Takes a whole value from the front; empty if none ends there.
std::string_view TakeValue(std::string_view& text) {
  SkipSpaces(text);
  JsonScanner scanner;
  const std::size_t size = scanner.Read(text);
  if (scanner.state() != JsonScanner::State::kDone) return "";
  const std::string_view value = text.substr(0, size);
  text.remove_prefix(size);
  return value;
}

}  // namespace

std::size_t JsonScanner::Read(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
        if (open_.empty()) state_ = State::kDone;
      } else if (c == '\n') {
        state_ = State::kBroken;
      }
    } else if (is_word_) {
      if (!EndsWord(c)) continue;
      state_ = State::kDone;
      return i;
    } else if (state_ == State::kBefore) {
      if (!IsSpace(c)) Begin(c);
    } else {
      switch (c) {
        case '"':
          in_string_ = true;
          break;
        case '{':
          Open('}');
          break;
        case '[':
          Open(']');
          break;
        case '}':
        case ']':
          Close(c);
          break;
        default:
          break;
      }
    }
    if (state_ == State::kBroken) return i;
    if (state_ == State::kDone) return i + 1;
  }
  return text.size();
}

void JsonScanner::Begin(char c) {
  state_ = State::kInside;
  switch (c) {
    case '{':
      return Open('}');
    case '[':
      return Open(']');
    case '"':
      in_string_ = true;
      return;
    default:
      is_word_ = BeginsWord(c);
      if (!is_word_) state_ = State::kBroken;
  }
}

void JsonScanner::Open(char closing) {
  if (open_.size() < kMaxJsonDepth) {
    open_.push_back(closing);
    depth_ = std::max(depth_, open_.size());
  } else {
    ++beyond_;
    depth_ = kMaxJsonDepth + 1;
  }
}

void JsonScanner::Close(char c) {
  if (beyond_ > 0) {
    --beyond_;
  } else if (open_.back() != c) {
    state_ = State::kBroken;
  } else {
    open_.pop_back();
    if (open_.empty()) state_ = State::kDone;
  }
}

JsonMembers FindJsonMembers(std::string_view text, std::string_view key,
                            bool first_only) {
  JsonMembers found;
  if (!Take('{', text)) return found;
  do {
    const std::string_view name = TakeValue(text);
    if (!name.starts_with('"') || !Take(':', text)) return found;
    SkipSpaces(text);
    const std::string_view rest = text;
    const std::string_view value = TakeValue(text);
    if (name.substr(1, name.size() - 2) == key) {
      if (found.count++ == 0) found.first = value.empty() ? rest : value;
      if (first_only) return found;
    }
    if (value.empty()) return found;
  } while (Take(',', text));
  return found;
}

std::string_view PlainJsonString(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"' ||
      value.find('\\') != std::string_view::npos) {
    return "";
  }
  return value.substr(1, value.size() - 2);
}

bool SurrogatesArePaired(std::string_view text) {
  enum class Half : std::uint8_t { kNone, kHigh, kLow };
  const auto half_at = [&](std::size_t i) {
    // \uD8.. to \uDB.. and \uDC.. to \uDF..
    if (i + 4 > text.size() || text.substr(i, 2) != "\\u" ||
        (text[i + 2] | 0x20) != 'd') {
      return Half::kNone;
    }
    const char second = static_cast<char>(text[i + 3] | 0x20);
    if (text[i + 3] == '8' || text[i + 3] == '9' || second == 'a' ||
        second == 'b') {
      return Half::kHigh;
    }
    return second >= 'c' && second <= 'f' ? Half::kLow : Half::kNone;
  };
  for (std::size_t i = text.find('\\'); i < text.size();
       i = text.find('\\', i)) {
    switch (half_at(i)) {
      case Half::kNone:
        i += 2;
        break;
      case Half::kLow:
        return false;
      case Half::kHigh:
        if (half_at(i + 6) != Half::kLow) return false;
        i += 12;
    }
  }
  return true;
}

}  // namespace waystation::adapters
