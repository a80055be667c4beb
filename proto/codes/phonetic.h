// SPDX-License-Identifier: Apache-2.0
// How a word of a Latin alphabet sounds, so that Smith and Smyth, Philip and
// Filip are found together. Chinese readings are name.h's.

#ifndef WAYSTATION_PROTO_CODES_PHONETIC_H_
#define WAYSTATION_PROTO_CODES_PHONETIC_H_

#include <string>
#include <string_view>

namespace waystation::codes {

// The NYSIIS code (R. L. Taft, Name Search Techniques, New York State
// Identification and Intelligence System, 1970) in lower case, without its
// limit of six letters, and with a y inside the word read as a vowel. `word` is
// in lower-case ASCII letters; whatever else it holds is passed over. Empty
// where no letter is left.
std::string PhoneticKey(std::string_view word);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_PHONETIC_H_
