// SPDX-License-Identifier: Apache-2.0
// Addresses of residences as text, as far as they are compared. Pure.
#ifndef WAYSTATION_SERVER_DOMAIN_ADDRESS_H_
#define WAYSTATION_SERVER_DOMAIN_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace waystation::domain {

// Width, variants and capitals folded, without spaces and ASCII punctuation but
// for one hyphen where they part two figures: equal where two hands wrote one
// address. Idempotent.
std::string FoldAddress(std::string_view address);

// The postcode of a folded address that ends in one: its last digits if there
// are four or more and it is no Chinese address, where a room would be taken
// for one. Empty where it has none.
std::string_view PostcodeOf(std::string_view folded);

// The beginning of a folded address that begins with the number of a house, as
// far as it and the first letters of the street go: "12rosew". Empty for one
// that does not, Chinese ones among them.
std::string_view HouseOf(std::string_view folded);

enum class AddressAgreement : std::uint8_t {
  kSame,
  kSimilar,  // the same digits in their order, and nearly the same letters
  kArea,     // the same postcode; or nearly the same text, but other digits
  kDiffers,
};

// Compares two folded addresses, neither of them empty. Nearly is a coefficient
// of Dice (1945) of 0.8 and more over pairs of neighbouring characters, where
// beginning and end together agree over two fifths of the shorter. Symmetric;
// without memory of its own.
AddressAgreement CompareAddresses(std::string_view a, std::string_view b);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_ADDRESS_H_
