// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/replacing.h"

#include <algorithm>
#include <cstddef>

#include "adapters/framework/decoding/utf8.h"

namespace waystation::adapters {
namespace {

// Every Chinese charset has it.
constexpr std::string_view kReplacement = "\u3013";

}  // namespace

bool EncodeReplacing(Charset charset, std::string_view text,
                     std::string& bytes) {
  if (!Encode(charset, text, bytes)) return false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size =
        std::max<std::size_t>(1, utf8::CharacterSize(text.substr(i)));
    if (Encode(charset, text.substr(i, size), bytes)) {
      Encode(charset, kReplacement, bytes);
    }
    i += size;
  }
  return true;
}

}  // namespace waystation::adapters
