// SPDX-License-Identifier: Apache-2.0
// Which records are held against each other (design 6): those that share a
// blocking key. What a key leaves out is what registers get wrong, one thing at
// a time, so that two records of one person share some key unless two of these
// are wrong at once:
//
//   key                              found in spite of a wrong
//   sound of the name, birth year    character, script, order; day and month
//   sound of the name, county        birth date
//   birth date, first character      given name
//   birth date, last character       surname
//   phone                            name and birth date
//
// Of names in alphabets, where a slip changes one letter of many and nobody
// says which word is the surname, each word has keys of its own:
//
//   sound of all words               birth date, address
//   sound of a word, birth year      the other words; day and month
//   sound of a word, day and month   the other words; year
//   sound of a word, postcode        the other words; birth date
//   sound of a word, house           the other words; birth date; the rest of
//                                    the address
//   birth date, postcode             name
//
// A key that many share tells nothing; how many are too many is the caller's.
#ifndef WAYSTATION_SERVER_DOMAIN_BLOCKING_H_
#define WAYSTATION_SERVER_DOMAIN_BLOCKING_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/domain/score.h"

namespace waystation::domain {

// Kept in the store as keyed hashes: numbers stay.
enum class Block : std::uint8_t {
  kSoundAndYear = 1,
  kSoundAndCounty = 2,
  kDateAndFirst = 3,
  kDateAndLast = 4,
  kPhone = 5,
  kWordAndYear = 6,
  kWordAndPostcode = 7,
  kDateAndPostcode = 8,
  kWordAndDay = 9,
  kWords = 10,
  kWordAndHouse = 11,
};
inline constexpr std::size_t kBlocks = 11;

struct BlockingKey {
  Block block = Block::kSoundAndYear;
  std::string value;
  auto operator<=>(const BlockingKey&) const = default;
};

// Fields by their bits.
using FieldSet = std::uint32_t;
constexpr FieldSet BitOf(Field field) {
  return FieldSet{1} << static_cast<unsigned>(field);
}
// What keys of that kind are made of: pairs that share one agree on it.
FieldSet FieldsOf(Block block);

// Records that may share a key and still be held against each other.
inline constexpr std::size_t kBlockCap = 64;

// Ascending, each once; none for a record that claims nothing. Pure.
std::vector<BlockingKey> BlockingKeys(const MatchVector& record);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_BLOCKING_H_
