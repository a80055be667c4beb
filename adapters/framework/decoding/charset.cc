// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/charset.h"

#include "adapters/framework/decoding/gb18030.h"
#include "adapters/framework/decoding/utf16.h"
#include "adapters/framework/decoding/utf8.h"

namespace waystation::adapters {
namespace {

std::optional<std::size_t> FindNotUtf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t size = utf8::CharacterSize(bytes.substr(i));
    if (size == 0) return i;
    i += size;
  }
  return std::nullopt;
}

}  // namespace

std::string_view CharsetName(Charset charset) {
  switch (charset) {
    case Charset::kGb18030:
      return "gb18030";
    case Charset::kGbk:
      return "GBK";
    case Charset::kUtf8:
      return "UTF-8";
    case Charset::kUtf16Le:
      return "UTF-16LE";
  }
  return "";
}

std::optional<std::size_t> Decode(Charset charset, std::string_view bytes,
                                  std::string& text) {
  switch (charset) {
    case Charset::kGb18030:
    case Charset::kGbk:
      return gb18030::Decode(bytes, text);
    case Charset::kUtf8: {
      const auto bad = FindNotUtf8(bytes);
      if (!bad) text.append(bytes);
      return bad;
    }
    case Charset::kUtf16Le: {
      const std::size_t before = text.size();
      utf16::ToBytes(bytes, /*at_end=*/true, text);
      const auto bad = FindNotUtf8(std::string_view(text).substr(before));
      if (!bad) return std::nullopt;
      // Up to the ill-formed unit all is well, so it encodes to its offset.
      const std::size_t at =
          utf16::FromBytes(std::string_view(text).substr(before, *bad)).size();
      text.resize(before);
      return at;
    }
  }
  return 0;
}

std::optional<std::size_t> Decode(Charset charset, std::string_view bytes,
                                  std::string& text, bool& respelled) {
  if (charset == Charset::kGb18030 || charset == Charset::kGbk) {
    return gb18030::Decode(bytes, text, respelled);
  }
  return Decode(charset, bytes, text);
}

std::optional<char32_t> Encode(Charset charset, std::string_view text,
                               std::string& bytes) {
  switch (charset) {
    case Charset::kGb18030:
      return gb18030::Encode(gb18030::Width::kFour, text, bytes);
    case Charset::kGbk:
      return gb18030::Encode(gb18030::Width::kTwo, text, bytes);
    case Charset::kUtf8:
      bytes.append(text);
      return std::nullopt;
    case Charset::kUtf16Le:
      bytes.append(utf16::FromBytes(text));
      return std::nullopt;
  }
  return std::nullopt;
}

bool SpelledAs(Charset charset, std::string_view text, std::string_view bytes) {
  std::string again;
  return !Encode(charset, text, again) && again == bytes;
}

}  // namespace waystation::adapters
