// SPDX-License-Identifier: Apache-2.0
// How alike two strings of code points are, for names in alphabets, where a
// slip changes one letter of many. Pure, symmetric.

#ifndef WAYSTATION_PROTO_CODES_SIMILARITY_H_
#define WAYSTATION_PROTO_CODES_SIMILARITY_H_

#include <cstddef>
#include <string_view>

namespace waystation::codes {

// 1 for equal strings, 0 for strings with nothing in common: Jaro (1989) with
// Winkler's (1990) bonus of 0.1 for each of up to four equal first letters. Of
// two empty strings 1.
double JaroWinkler(std::u32string_view a, std::u32string_view b);

// The fewest insertions, deletions, substitutions and exchanges of neighbours
// that make one of the other, none of them touching a place twice (optimal
// string alignment, Damerau 1964); `most` + 1 for more than `most`.
std::size_t EditDistance(std::u32string_view a, std::u32string_view b,
                         std::size_t most);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_SIMILARITY_H_
