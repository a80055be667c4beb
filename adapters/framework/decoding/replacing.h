// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_REPLACING_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_REPLACING_H_

#include <string>
#include <string_view>

#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

// As Encode, with 〓, the geta mark, by which a missing character is known in
// print, for every one that the charset lacks. Whether there was one.
bool EncodeReplacing(Charset charset, std::string_view text,
                     std::string& bytes);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_DECODING_REPLACING_H_
