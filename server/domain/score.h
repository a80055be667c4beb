// SPDX-License-Identifier: Apache-2.0
// How much speaks for two records being one human being (design 6), after
// Fellegi and Sunter (A Theory for Record Linkage, JASA 64, 1969):
//
//     weight of a field := log2(m / u)    in bits
//       m: how often two records of one person agree at this level
//       u: how often two records of different persons do
//     score := sum of the weights; a field that is missing says nothing
//
// Who lives together shares address, registration, phone and surname: where the
// names or the birth dates contradict each other, these say one thing, and only
// the one that says most counts. Names that differ in one character of the
// given name contradict each other so: twins' do, on the same day.
//
// A value that many share says less: where the rules say what share of the
// population has it, that stands for u.
#ifndef WAYSTATION_SERVER_DOMAIN_SCORE_H_
#define WAYSTATION_SERVER_DOMAIN_SCORE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "proto/codes/date.h"
#include "proto/codes/name.h"
#include "proto/codes/sex.h"
#include "server/domain/block_list.h"
#include "server/domain/claims.h"

namespace waystation::domain {

// What is compared.
enum class Field : std::uint8_t {
  kNumber,  // what identifies by law: citizen number and equivalents
  kName,
  kBirthDate,
  kSex,
  kPhone,
  kHousehold,  // division of the household registration
  kAddress,    // of the residence, as text
};
inline constexpr std::size_t kFields = 7;

// How two values relate: the finest that holds, from the top.
enum class Level : std::uint8_t {
  kNumberSame,
  kNumberNear,  // one digit, or two neighbours, and one of them is not sound
  kNumberDiffers,
  kNameExact,
  kNameVariant,
  kNameReordered,  // in alphabets: the same words
  kNameSameSound,
  kNameOneEdit,
  kNameOtherCharacter,  // in Chinese: one of the given name, and unlike
  kNameSimilar,         // in alphabets: alike word by word, or as a whole
  kNamePart,            // in alphabets: one word agrees, another does not
  kNameDiffers,
  kBirthDateExact,
  kBirthDateFirstOfJanuary,  // the same year, and the day that stands for none
  kBirthDateLunar,
  kBirthDateSwapped,
  kBirthDateCompatible,
  kBirthDateNear,  // one digit of eight
  kBirthDateDiffers,
  kSexSame,
  kSexDiffers,
  kPhoneSame,
  kPhoneNear,  // one digit, or two neighbours
  kPhoneDiffers,
  kHouseholdTown,
  kHouseholdCounty,
  kHouseholdPrefecture,
  kHouseholdDiffers,
  kAddressSame,
  kAddressSimilar,  // the same figures, and nearly the same letters
  kAddressArea,     // the same postcode, or nearly the same house
  kAddressDiffers,
  kMissing,  // of at least one record nothing is known
};
inline constexpr std::size_t kLevels = 32;  // without kMissing

// One row for each level, in the order of Level. `m` and `u` hold where no
// rules file says otherwise; they were set by hand for people who moved for
// work, from what the registers' defects are (domain 4.2).
struct LevelInfo {
  Field field;
  std::string_view name;  // "first_of_january"
  double m;
  double u;
};
std::span<const LevelInfo, kLevels> Levels();
std::optional<Level> FindLevel(std::string_view field, std::string_view name);
std::string_view NameOf(Field field);  // as in rules files: "birth_date"
std::string_view NameOf(Level level);  // "missing" for kMissing

// What one record brings to being compared, made ready once. Values that are
// placeholders, could not be read or identify nobody are missing.
struct MatchVector {
  // Most records have one at most, which then lies where the rest does: what
  // scoring waits for is memory.
  using Values = absl::InlinedVector<std::string, 1>;

  // Normalised, ascending: those that passed their check, and those that did
  // not.
  Values numbers;
  Values doubtful_numbers;
  codes::ComparableName name;
  std::optional<codes::PartialDate> birth_date;
  codes::Sex sex = codes::Sex::kUnknown;
  Values phones;          // as ComparablePhone gives them, ascending
  std::string household;  // in today's numbering
  std::string address;    // as FoldAddress gives it
  bool operator==(const MatchVector&) const = default;
};
// A phone as it is compared: as codes::ReadPhone writes it, and of what is no
// number of the mainland the digits. Empty for a placeholder, half a number,
// and what has fewer than six digits.
std::string ComparablePhone(std::string_view given);

// What is compared stands in these.
inline constexpr AttributeSet kComparedAttributes =
    BitOf(kIdentifiers) | BitOf(kName) | BitOf(kSex) | BitOf(kBirthDate) |
    BitOf(kHouseholdRegistration) | BitOf(kResidence) | BitOf(kContact);
MatchVector MatchVectorOf(const ::waystation::store::v1::StoredRecord& record,
                          const BlockList& block_list = {});

// Whether two names, or two birth dates, are known and cannot be one person's
// without a mistake that a clerk should see: the name is another, has another
// character or agrees in part, or the date agrees in no way. Father and son,
// twins and who moved in later agree on all the rest. Symmetric.
bool Contradict(const codes::ComparableName& a, const codes::ComparableName& b);
bool Contradict(const std::optional<codes::PartialDate>& a,
                const std::optional<codes::PartialDate>& b);

// By Field. Symmetric.
using LevelsOfPair = std::array<Level, kFields>;
LevelsOfPair Compare(const MatchVector& a, const MatchVector& b);

// What each level weighs. Immutable once it is made; thread-safe.
class Weights {
 public:
  // The defaults.
  Weights();

  // 0 < m, u < 1.
  void Set(Level level, double m, double u);
  // `share` of the population has this name, as ReadName writes it.
  void SetNameShare(std::string_view name, double share);

  double BitsOf(Level level) const {
    return bits_[static_cast<std::size_t>(level)];
  }
  // 0 where nobody said.
  double ShareOf(const codes::ComparableName& name) const;
  double MOf(Level level) const { return m_[static_cast<std::size_t>(level)]; }

  bool operator==(const Weights&) const = default;

 private:
  std::array<double, kLevels> m_{};
  // One more, for kMissing.
  std::array<double, kLevels + 1> bits_{};
  // By folded name.
  absl::flat_hash_map<std::u32string, double> name_shares_;
};

// What one field says; 0 bits as well where another says it already.
struct Contribution {
  Field field = Field::kNumber;
  Level level = Level::kMissing;
  double bits = 0;
  // Of the population, where the value is one that many share; else 0.
  double share = 0;
  bool operator==(const Contribution&) const = default;
};

struct Weighed {
  double score = 0;
  // By Field.
  std::array<Contribution, kFields> contributions{};

  // The two hold one number: it judges them (link.h), and no score.
  bool shares_number() const {
    return contributions[static_cast<std::size_t>(Field::kNumber)].level ==
           Level::kNumberSame;
  }
};
Weighed Weigh(const MatchVector& a, const MatchVector& b,
              const Weights& weights);
// Of a pair that agrees so, with no name that many share.
Weighed Weigh(const LevelsOfPair& levels, const Weights& weights);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_SCORE_H_
