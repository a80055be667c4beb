// SPDX-License-Identifier: Apache-2.0
// Text to and from the charsets that source systems write, by one pinned
// profile each, whatever the platform's own converters do (they disagree on 50
// code points; iconv is never used).
//
//     gb18030    ICU's table (GB 18030-2005), except where GB 18030-2022 and
//                the WHATWG Encoding Standard say better: see gb18030.h
//     GBK        decoded as gb18030, its superset, since files that call
//                themselves GBK use what was added later; encoded in at most
//                two bytes, for readers that know no more
//     UTF-8      strict, one leading BOM dropped
//     UTF-16LE   strict, one leading BOM dropped
//
// Immutable and thread-safe.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_CHARSET_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_CHARSET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waystation::adapters {

enum class Charset : std::uint8_t { kGb18030, kGbk, kUtf8, kUtf16Le };

// "gb18030", "GBK", "UTF-8", "UTF-16LE", as IANA registers them.
std::string_view CharsetName(Charset charset);

// Appends to `text`, as UTF-8, what `bytes` spell. Returns the offset of the
// first byte that spells nothing, and leaves `text` as it was; nullopt when all
// is well. U+0000 is text here: who reads rows refuses it.
std::optional<std::size_t> Decode(Charset charset, std::string_view bytes,
                                  std::string& text);

// The same; sets `respelled` if Encode may spell the text in other bytes.
std::optional<std::size_t> Decode(Charset charset, std::string_view bytes,
                                  std::string& text, bool& respelled);

// Appends to `bytes` what spells `text` (UTF-8). Returns the first code point
// that the charset cannot write, and leaves `bytes` as it was; nullopt when all
// is well. Precondition: `text` is UTF-8.
std::optional<char32_t> Encode(Charset charset, std::string_view text,
                               std::string& bytes);

// Whether encoding `text` gives back `bytes`. False where the source used one
// of two spellings of a character or a code that has no character of its own;
// then the bytes themselves must be kept beside the text.
bool SpelledAs(Charset charset, std::string_view text, std::string_view bytes);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_CHARSET_H_
