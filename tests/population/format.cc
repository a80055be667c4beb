// SPDX-License-Identifier: Apache-2.0
#include "tests/population/format.h"

namespace waystation::population {

const std::vector<const Format*>& Formats() {
  static const std::vector<const Format*> kFormats = {&PublicSecurity(),
                                                      &Labor()};
  return kFormats;
}

const Format* FindFormat(std::string_view sector) {
  for (const Format* format : Formats()) {
    if (format->sector == sector) return format;
  }
  return nullptr;
}

}  // namespace waystation::population
