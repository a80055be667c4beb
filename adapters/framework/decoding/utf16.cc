// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/utf16.h"

#include <cstdint>

namespace waystation::adapters::utf16 {
namespace {

constexpr char kOddByte = '\xFF';

std::uint32_t Byte(char c) { return static_cast<std::uint8_t>(c); }

bool IsHigh(std::uint32_t unit) { return (unit & 0xFC00) == 0xD800; }
bool IsLow(std::uint32_t unit) { return (unit & 0xFC00) == 0xDC00; }

void AppendCode(std::uint32_t code, std::string& out) {
  const auto push = [&](std::uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  const auto trail = [&](int shift) { push(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6);
    trail(0);
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    trail(6);
    trail(0);
  } else {
    push(0xF0 | code >> 18);
    trail(12);
    trail(6);
    trail(0);
  }
}

void AppendUnit(std::uint32_t unit, std::string& out) {
  out.push_back(static_cast<char>(unit & 0xFF));
  out.push_back(static_cast<char>(unit >> 8));
}

}  // namespace

std::size_t ToBytes(std::string_view bytes, bool at_end, std::string& out) {
  const auto unit = [&](std::size_t at) {
    return Byte(bytes[at]) | Byte(bytes[at + 1]) << 8;
  };
  std::size_t i = 0;
  while (i + 2 <= bytes.size()) {
    const std::uint32_t first = unit(i);
    if (IsHigh(first)) {
      if (i + 4 > bytes.size() && !at_end) return i;
      if (i + 4 <= bytes.size() && IsLow(unit(i + 2))) {
        AppendCode(0x10000 + ((first - 0xD800) << 10) + (unit(i + 2) - 0xDC00),
                   out);
        i += 4;
        continue;
      }
    }
    AppendCode(first, out);
    i += 2;
  }
  if (at_end && i < bytes.size()) {
    out.push_back(kOddByte);
    out.push_back(bytes[i]);
    ++i;
  }
  return i;
}

std::string FromBytes(std::string_view text) {
  std::string out;
  out.reserve(2 * text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    const std::uint32_t lead = Byte(text[i]);
    if (text[i] == kOddByte) {
      if (i + 1 < text.size()) out.push_back(text[i + 1]);
      i += 2;
      continue;
    }
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
    std::uint32_t code = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k) {
      code = code << 6 | (Byte(text[i + k]) & 0x3F);
    }
    if (code >= 0x10000) {
      AppendUnit(0xD800 + ((code - 0x10000) >> 10), out);
      AppendUnit(0xDC00 + ((code - 0x10000) & 0x3FF), out);
    } else {
      AppendUnit(code, out);
    }
    i += size;
  }
  return out;
}

}  // namespace waystation::adapters::utf16
