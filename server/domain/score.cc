// SPDX-License-Identifier: Apache-2.0
#include "server/domain/score.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "proto/codes/division.h"
#include "proto/codes/grade.h"
#include "proto/codes/phone.h"
#include "proto/codes/similarity.h"
#include "server/domain/address.h"
#include "server/domain/apply.h"
#include "server/domain/dates.h"
#include "server/domain/grades.h"
#include "server/domain/link.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::domain {
namespace {

namespace store = ::waystation::store::v1;

// By Field.
constexpr std::array<std::string_view, kFields> kFieldNames = {
    "number", "name", "birth_date", "sex", "phone", "household", "address"};

constexpr std::array<LevelInfo, kLevels> kTable = {{
    {Field::kNumber, "same", 0.90, 1e-7},
    {Field::kNumber, "near", 0.04, 1e-6},
    {Field::kNumber, "differs", 0.01, 0.99},
    {Field::kName, "exact", 0.80, 2e-5},
    {Field::kName, "variant", 0.03, 2e-6},
    {Field::kName, "reordered", 0.005, 2e-5},
    {Field::kName, "same_sound", 0.05, 1e-4},
    {Field::kName, "one_edit", 0.04, 5e-4},
    {Field::kName, "other_character", 0.02, 5e-4},
    {Field::kName, "similar", 0.025, 2e-3},
    {Field::kName, "part", 0.01, 5e-3},
    {Field::kName, "differs", 0.02, 0.99},
    {Field::kBirthDate, "exact", 0.87, 7e-5},
    {Field::kBirthDate, "first_of_january", 0.03, 2e-5},
    {Field::kBirthDate, "lunar", 0.02, 6e-5},
    {Field::kBirthDate, "swapped", 0.01, 5e-5},
    {Field::kBirthDate, "compatible", 0.02, 5e-4},
    {Field::kBirthDate, "near", 0.02, 2e-3},
    {Field::kBirthDate, "differs", 0.02, 0.99},
    {Field::kSex, "same", 0.985, 0.5},
    {Field::kSex, "differs", 0.015, 0.5},
    {Field::kPhone, "same", 0.45, 1e-4},
    {Field::kPhone, "near", 0.01, 1e-4},
    {Field::kPhone, "differs", 0.54, 0.99},
    {Field::kHousehold, "town", 0.45, 4e-3},
    {Field::kHousehold, "county", 0.45, 0.03},
    {Field::kHousehold, "prefecture", 0.04, 0.10},
    {Field::kHousehold, "differs", 0.06, 0.85},
    {Field::kAddress, "same", 0.35, 1e-3},
    {Field::kAddress, "similar", 0.10, 2e-3},
    {Field::kAddress, "area", 0.05, 0.02},
    {Field::kAddress, "differs", 0.50, 0.97},
}};

constexpr double kAlike = 0.88;
// A phone with fewer digits is an extension, or half of a number.
constexpr std::size_t kLeastPhone = 6;

// --- what a record brings ---

void AddNumbers(const store::StoredRecord& record, const BlockList& block_list,
                MatchVector& vector) {
  for (std::string& number : LinkingIdentifiers(record, block_list)) {
    vector.numbers.push_back(std::move(number));
  }
  const store::StoredClaim* claim = FindSound(record, kIdentifiers);
  if (claim == nullptr) return;
  for (const v1::Identifier& identifier : claim->value().identifiers()) {
    const std::string& number = identifier.number();
    if (identifier.kind() == v1::Identifier::KIND_CITIZEN_NUMBER &&
        number.size() == 18 &&
        !std::ranges::binary_search(vector.numbers, number) &&
        !block_list.Blocks(ValueKind::kNumber, number,
                           claim->recorded_time())) {
      vector.doubtful_numbers.push_back(number);
    }
  }
  std::ranges::sort(vector.doubtful_numbers);
}

void AddPhones(const store::StoredRecord& record, const BlockList& block_list,
               MatchVector& vector) {
  // Each by itself: an illegible one does not take the others with it.
  const store::StoredClaim* claim = FindClaim(record, kContact);
  if (claim == nullptr) return;
  for (const std::string& given : claim->value().contact().phones()) {
    std::string phone = ComparablePhone(given);
    if (!phone.empty() &&
        !block_list.Blocks(ValueKind::kPhone, given, claim->recorded_time())) {
      vector.phones.push_back(std::move(phone));
    }
  }
  std::ranges::sort(vector.phones);
}

// --- field by field ---

bool HaveOneInCommon(std::span<const std::string> a,
                     std::span<const std::string> b) {
  return std::ranges::any_of(a, [&](const std::string& value) {
    return std::ranges::binary_search(b, value);
  });
}

// The same but for one digit, or for two neighbours the other way round.
bool IsOneSlipAway(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto at =
      static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  if (at == a.size() || a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

Level CompareNumbers(const MatchVector& a, const MatchVector& b) {
  if (HaveOneInCommon(a.numbers, b.numbers)) return Level::kNumberSame;
  // Two sound numbers never differ in one digit: their check characters would
  // not both be right (GB 11643).
  const auto near = [](std::span<const std::string> some,
                       std::span<const std::string> others) {
    return std::ranges::any_of(some, [&](const std::string& one) {
      return std::ranges::any_of(others, [&](const std::string& other) {
        return IsOneSlipAway(one, other);
      });
    });
  };
  if (near(a.doubtful_numbers, b.numbers) ||
      near(a.numbers, b.doubtful_numbers) ||
      near(a.doubtful_numbers, b.doubtful_numbers)) {
    return Level::kNumberNear;
  }
  return a.numbers.empty() || b.numbers.empty() ? Level::kMissing
                                                : Level::kNumberDiffers;
}

// Names that one cannot tell apart by words: spaces are missing, or wrong.
bool AreAlike(const codes::ComparableName& a, const codes::ComparableName& b) {
  return !a.words().empty() && !b.words().empty() &&
         codes::JaroWinkler(a.folded(), b.folded()) >= kAlike;
}

Level LevelOfWords(const codes::ComparableName& a,
                   const codes::ComparableName& b) {
  switch (codes::CompareWords(a, b)) {
    case codes::WordAgreement::kReordered:
      return Level::kNameReordered;
    case codes::WordAgreement::kSameSound:
      return Level::kNameSameSound;
    case codes::WordAgreement::kOneEdit:
      return Level::kNameOneEdit;
    case codes::WordAgreement::kSimilar:
      return Level::kNameSimilar;
    case codes::WordAgreement::kPart:
      return Level::kNamePart;
    case codes::WordAgreement::kDiffers:
      break;
  }
  return AreAlike(a, b) ? Level::kNameSimilar : Level::kNameDiffers;
}

Level NameLevel(const codes::ComparableName& a,
                const codes::ComparableName& b) {
  switch (codes::CompareNames(a, b)) {
    case codes::NameAgreement::kExact:
      return Level::kNameExact;
    case codes::NameAgreement::kVariant:
      return Level::kNameVariant;
    case codes::NameAgreement::kSameSound:
      // The same letters in capitals, without accents.
      return a.is_chinese() || b.is_chinese() ? Level::kNameSameSound
                                              : Level::kNameVariant;
    case codes::NameAgreement::kOneEdit:
      return codes::DifferInGivenCharacter(a, b) ? Level::kNameOtherCharacter
                                                 : Level::kNameOneEdit;
    case codes::NameAgreement::kContradicts:
      return LevelOfWords(a, b);
    case codes::NameAgreement::kMissing:
      break;
  }
  return Level::kMissing;
}

bool DifferInOneDigit(const codes::PartialDate& a,
                      const codes::PartialDate& b) {
  if (a.precision() != codes::DatePrecision::kDay ||
      b.precision() != codes::DatePrecision::kDay) {
    return false;
  }
  int differing = 0;
  for (auto [x, y] : {std::pair<int, int>(a.year, b.year),
                      std::pair<int, int>(a.month, b.month),
                      std::pair<int, int>(a.day, b.day)}) {
    for (; x != 0 || y != 0; x /= 10, y /= 10) {
      differing += x % 10 != y % 10 ? 1 : 0;
    }
  }
  return differing == 1;
}

Level CompareBirthDates(const std::optional<codes::PartialDate>& a,
                        const std::optional<codes::PartialDate>& b) {
  switch (codes::CompareDates(a, b)) {
    case codes::DateAgreement::kExact:
      if (a->precision() != codes::DatePrecision::kDay) {
        return Level::kBirthDateCompatible;
      }
      return a->month == 1 && a->day == 1 ? Level::kBirthDateFirstOfJanuary
                                          : Level::kBirthDateExact;
    case codes::DateAgreement::kCompatible:
      return Level::kBirthDateCompatible;
    case codes::DateAgreement::kLunar:
      return Level::kBirthDateLunar;
    case codes::DateAgreement::kSwapped:
      return Level::kBirthDateSwapped;
    case codes::DateAgreement::kContradicts:
      return DifferInOneDigit(*a, *b) ? Level::kBirthDateNear
                                      : Level::kBirthDateDiffers;
    case codes::DateAgreement::kMissing:
      break;
  }
  return Level::kMissing;
}

Level CompareSexes(codes::Sex a, codes::Sex b) {
  const auto is_known = [](codes::Sex sex) {
    return sex == codes::Sex::kMale || sex == codes::Sex::kFemale;
  };
  if (!is_known(a) || !is_known(b)) return Level::kMissing;
  return a == b ? Level::kSexSame : Level::kSexDiffers;
}

Level ComparePhones(std::span<const std::string> a,
                    std::span<const std::string> b) {
  if (a.empty() || b.empty()) return Level::kMissing;
  if (HaveOneInCommon(a, b)) return Level::kPhoneSame;
  const bool near = std::ranges::any_of(a, [&](const std::string& one) {
    return std::ranges::any_of(
        b, [&](const std::string& other) { return IsOneSlipAway(one, other); });
  });
  return near ? Level::kPhoneNear : Level::kPhoneDiffers;
}

Level CompareHouseholds(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return Level::kMissing;
  const auto agree = [&](std::size_t digits) {
    return a.substr(0, digits) == b.substr(0, digits);
  };
  if (!agree(4)) return Level::kHouseholdDiffers;
  // Of a whole prefecture, nothing finer is known.
  if (a.ends_with("00") || b.ends_with("00")) return Level::kMissing;
  if (!agree(6)) return Level::kHouseholdPrefecture;
  const bool both_finer = a.size() >= 9 && b.size() >= 9;
  return both_finer && agree(9) ? Level::kHouseholdTown
                                : Level::kHouseholdCounty;
}

Level AddressLevel(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return Level::kMissing;
  switch (CompareAddresses(a, b)) {
    case AddressAgreement::kSame:
      return Level::kAddressSame;
    case AddressAgreement::kSimilar:
      return Level::kAddressSimilar;
    case AddressAgreement::kArea:
      return Level::kAddressArea;
    case AddressAgreement::kDiffers:
      break;
  }
  return Level::kAddressDiffers;
}

// Of records that were not looked at for a while, all that is read waits for
// memory: at once rather than one after the other.
void Fetch(const MatchVector& vector) {
  constexpr std::size_t kLine = 64;
  const auto* const begin = reinterpret_cast<const char*>(&vector);
  for (std::size_t at = 0; at < sizeof(vector); at += kLine) {
    __builtin_prefetch(begin + at);
  }
  if (!vector.numbers.empty()) {
    __builtin_prefetch(vector.numbers.front().data());
  }
  __builtin_prefetch(vector.address.data());
}

// --- adding up ---

constexpr auto kNamePlace = static_cast<std::size_t>(Field::kName);

bool Contradicts(Level level) {
  return level == Level::kNameDiffers || level == Level::kNamePart ||
         level == Level::kNameOtherCharacter ||
         level == Level::kBirthDateDiffers;
}

Weighed Contribute(const LevelsOfPair& levels, const Weights& weights) {
  Weighed weighed;
  for (std::size_t i = 0; i < kFields; ++i) {
    weighed.contributions[i] = {.field = static_cast<Field>(i),
                                .level = levels[i],
                                .bits = weights.BitsOf(levels[i])};
  }
  return weighed;
}

// Whether it may only say that two live together.
bool IsOfAHousehold(const Contribution& one) {
  return one.bits > 0 &&
         (one.field == Field::kPhone || one.field == Field::kHousehold ||
          one.field == Field::kAddress || one.level == Level::kNamePart ||
          one.level == Level::kNameOtherCharacter);
}

void AddUp(Weighed& weighed) {
  auto& contributions = weighed.contributions;
  if (std::ranges::any_of(contributions, Contradicts, &Contribution::level)) {
    Contribution* most = nullptr;
    for (Contribution& one : contributions) {
      if (!IsOfAHousehold(one)) continue;
      if (most == nullptr) {
        most = &one;
      } else if (one.bits > most->bits) {
        most->bits = 0;
        most = &one;
      } else {
        one.bits = 0;
      }
    }
  }
  for (const Contribution& one : contributions) weighed.score += one.bits;
}

}  // namespace

std::span<const LevelInfo, kLevels> Levels() { return kTable; }

std::optional<Level> FindLevel(std::string_view field, std::string_view name) {
  for (std::size_t i = 0; i < kLevels; ++i) {
    if (NameOf(kTable[i].field) == field && kTable[i].name == name) {
      return static_cast<Level>(i);
    }
  }
  return std::nullopt;
}

std::string_view NameOf(Field field) {
  return kFieldNames[static_cast<std::size_t>(field)];
}

std::string_view NameOf(Level level) {
  return level == Level::kMissing
             ? "missing"
             : kTable[static_cast<std::size_t>(level)].name;
}

std::string ComparablePhone(std::string_view given) {
  codes::Phone phone = codes::ReadPhone(given);
  if (codes::HasValue(phone.grade)) return std::move(phone.number);
  if (phone.grade != codes::Grade::kFormat) return "";
  std::erase_if(phone.number, [](char c) { return c < '0' || c > '9'; });
  return phone.number.size() < kLeastPhone ? "" : std::move(phone.number);
}

MatchVector MatchVectorOf(const store::StoredRecord& record,
                          const BlockList& block_list) {
  MatchVector vector;
  AddNumbers(record, block_list, vector);
  if (const auto* name = FindSound(record, kName)) {
    const std::string& full = name->value().name().full();
    if (!block_list.Blocks(ValueKind::kName, full, name->recorded_time())) {
      vector.name = codes::ComparableName(full);
    }
  }
  if (const auto* birth_date = FindSound(record, kBirthDate)) {
    vector.birth_date = ToPartial(birth_date->value().birth_date().date());
  }
  if (const auto* sex = FindSound(record, kSex)) {
    vector.sex = static_cast<codes::Sex>(sex->value().sex().value());
  }
  AddPhones(record, block_list, vector);
  if (const auto* household = FindSound(record, kHouseholdRegistration)) {
    const std::string& division =
        household->value().household_registration().division();
    if (division.size() >= 6)
      vector.household = codes::CurrentDivision(division);
  }
  if (const auto* residence = FindSound(record, kResidence)) {
    const std::string& address = residence->value().residence().address();
    if (!block_list.Blocks(ValueKind::kAddress, address,
                           residence->recorded_time())) {
      vector.address = FoldAddress(address);
    }
  }
  return vector;
}

bool Contradict(const codes::ComparableName& a,
                const codes::ComparableName& b) {
  return Contradicts(NameLevel(a, b));
}

bool Contradict(const std::optional<codes::PartialDate>& a,
                const std::optional<codes::PartialDate>& b) {
  return Contradicts(CompareBirthDates(a, b));
}

LevelsOfPair Compare(const MatchVector& a, const MatchVector& b) {
  Fetch(a);
  Fetch(b);
  return {CompareNumbers(a, b),
          NameLevel(a.name, b.name),
          CompareBirthDates(a.birth_date, b.birth_date),
          CompareSexes(a.sex, b.sex),
          ComparePhones(a.phones, b.phones),
          CompareHouseholds(a.household, b.household),
          AddressLevel(a.address, b.address)};
}

Weights::Weights() {
  for (std::size_t i = 0; i < kLevels; ++i) {
    Set(static_cast<Level>(i), kTable[i].m, kTable[i].u);
  }
}

void Weights::Set(Level level, double m, double u) {
  const auto i = static_cast<std::size_t>(level);
  m_[i] = m;
  bits_[i] = std::log2(m / u);
}

void Weights::SetNameShare(std::string_view name, double share) {
  name_shares_[codes::ComparableName(name).folded()] = share;
}

double Weights::ShareOf(const codes::ComparableName& name) const {
  if (name_shares_.empty()) return 0;
  const auto found = name_shares_.find(name.folded());
  return found == name_shares_.end() ? 0 : found->second;
}

Weighed Weigh(const MatchVector& a, const MatchVector& b,
              const Weights& weights) {
  const LevelsOfPair levels = Compare(a, b);
  Weighed weighed = Contribute(levels, weights);
  Contribution& name = weighed.contributions[kNamePlace];
  if (name.level == Level::kNameExact || name.level == Level::kNameVariant) {
    name.share = std::max(weights.ShareOf(a.name), weights.ShareOf(b.name));
    if (name.share > 0) {
      name.bits = std::min(
          name.bits, std::log2(weights.MOf(Level::kNameExact) / name.share));
    }
  }
  AddUp(weighed);
  return weighed;
}

Weighed Weigh(const LevelsOfPair& levels, const Weights& weights) {
  Weighed weighed = Contribute(levels, weights);
  AddUp(weighed);
  return weighed;
}

}  // namespace waystation::domain
