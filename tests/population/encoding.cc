// SPDX-License-Identifier: Apache-2.0
#include "tests/population/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>

#include <cstdlib>

namespace waystation::population {
namespace {

// Windows-936 without later additions is what such systems run on.
const char* IcuName(Charset charset) {
  return charset == Charset::kGb18030 ? "gb18030" : "windows-936-2000";
}

void Check(UErrorCode error) {
  if (U_FAILURE(error)) std::abort();  // ICU without its data.
}

}  // namespace

Encoder::Encoder(Charset charset)
    : charset_(charset),
      converter_(nullptr, ucnv_close),
      characters_(nullptr, uset_close) {
  if (charset == Charset::kUtf8) return;
  UErrorCode error = U_ZERO_ERROR;
  converter_.reset(ucnv_open(IcuName(charset), &error));
  Check(error);
  ucnv_setSubstString(converter_.get(), u"?", 1, &error);
  characters_.reset(uset_openEmpty());
  ucnv_getUnicodeSet(converter_.get(), characters_.get(), UCNV_ROUNDTRIP_SET,
                     &error);
  Check(error);
}

Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;

bool Encoder::Has(const std::string& character) const {
  if (charset_ == Charset::kUtf8) return true;
  UErrorCode error = U_ZERO_ERROR;
  UChar32 point[2] = {};
  int32_t length = 0;
  UChar units[4];
  u_strFromUTF8(units, 4, &length, character.data(),
                static_cast<int32_t>(character.size()), &error);
  u_strToUTF32(point, 2, nullptr, units, length, &error);
  Check(error);
  return uset_contains(characters_.get(), point[0]);
}

std::string Encoder::Encode(std::string_view text) const {
  if (charset_ == Charset::kUtf8) return std::string(text);
  const auto size = static_cast<int32_t>(text.size());
  UErrorCode error = U_ZERO_ERROR;
  std::u16string units(text.size(), u'\0');
  int32_t length = 0;
  u_strFromUTF8(units.data(), size, &length, text.data(), size, &error);
  Check(error);
  std::string bytes(static_cast<std::size_t>(length) * 4, '\0');
  const int32_t written = ucnv_fromUChars(converter_.get(), bytes.data(),
                                          static_cast<int32_t>(bytes.size()),
                                          units.data(), length, &error);
  if (error == U_STRING_NOT_TERMINATED_WARNING) error = U_ZERO_ERROR;
  Check(error);
  bytes.resize(static_cast<std::size_t>(written));
  return bytes;
}

}  // namespace waystation::population
