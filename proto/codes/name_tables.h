// SPDX-License-Identifier: Apache-2.0
// What is known of single characters in names, from data/. Private to this
// folder. Loaded once at first use; thread-safe.

#ifndef WAYSTATION_PROTO_CODES_NAME_TABLES_H_
#define WAYSTATION_PROTO_CODES_NAME_TABLES_H_

#include <string>
#include <string_view>

namespace waystation::codes {

inline constexpr char32_t kUnmappedPoint = 0x2580;
inline constexpr char32_t kSeparatorPoint = 0xB7;

// The standard form of a traditional or variant character, or the character.
char32_t StandardForm(char32_t point);

// The reading in ASCII without tone, or empty.
std::string_view ReadingOf(char32_t point);

// The reading of the first character of a name, or of its first two where they
// are a compound surname that is read in its own way ("mo qi" for 万俟); empty
// where it is read as anywhere.
std::string_view SurnameReading(char32_t first);
std::string_view SurnameReading(char32_t first, char32_t second);

// Whether the two stand in one group of data/look_alikes.tsv.
bool LookAlike(char32_t a, char32_t b);

// Whether two readings are easily taken for each other: zh and z, ch and c, sh
// and s, n and l, hu and w at the beginning; ang and an, eng and en, ing and in
// at the end. Equal ones do as well.
bool SoundAlike(std::string_view a, std::string_view b);

// The character that a code point of the private use area stood for; 0 if none.
char32_t FromPrivateUse(char32_t point);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_NAME_TABLES_H_
