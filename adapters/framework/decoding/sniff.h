// SPDX-License-Identifier: Apache-2.0
// Tells when a file, or one row of it, is in another charset than it is said to
// be. A wrong charset mostly decodes, into other characters, and would spread
// wrong names through the exchange; so it is looked for before anything is
// decoded.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_SNIFF_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_SNIFF_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

// The byte order mark at the front of a file, and what it says.
struct ByteOrderMark {
  Charset charset;
  std::size_t size;
};
std::optional<ByteOrderMark> FindByteOrderMark(std::string_view head);

// The charset that the first bytes of a file are in, when that is surely not
// `declared`; nullopt when they may be what they are said to be. Looks at a
// mark, at NUL in every other byte, and at which charset's rules the multi-byte
// characters follow. A head of ASCII is anything.
std::optional<Charset> SurelyAnother(Charset declared, std::string_view head);

// Whether a row of a GB 18030 or GBK file is in UTF-8: it has four characters
// of three bytes or more, and all that is not ASCII in it is UTF-8. The odds
// that GB text looks so are below one in ten million.
bool LooksLikeUtf8(std::string_view row);

// Whether a value was decoded by the wrong charset before it came here and
// encoded again: "ÕÅÈý" is 张三 in GBK read as Latin-1, "çŽ‹äºŒ" is 王二 in
// UTF-8 read so, and "锟斤拷" is what two lost characters become. What it said
// is lost or would have to be guessed. Precondition: UTF-8.
bool LooksMisread(std::string_view text);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_SNIFF_H_
