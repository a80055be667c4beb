// SPDX-License-Identifier: Apache-2.0
#include "tests/population/births.h"

#include <chrono>

namespace waystation::population {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

constexpr int kFirstYear = 1950;
constexpr int kLastYear = 2006;

constexpr int kDecade = 10;
constexpr int kDrawnOfDecade = 6;
constexpr int kFirstWithNamesake = 3;
constexpr int kFirstNamesake = 7;
constexpr int kFirstTwin = 9;

// Sequences in use for births of one day: 001 to this. Numbers differ in day
// and sequence alone, whatever the division.
constexpr int Sequences(int birth_year) {
  return birth_year < 1960   ? 400
         : birth_year < 1970 ? 800
         : birth_year < 2000 ? 980
                             : 680;
}

constexpr std::uint64_t DrawnOfDay(int birth_year) {
  return static_cast<std::uint64_t>(Sequences(birth_year)) / kDecade *
         kDrawnOfDecade;
}

constexpr std::uint64_t DrawnOfYear(int birth_year) {
  const std::uint64_t length = year(birth_year).is_leap() ? 366 : 365;
  return length * DrawnOfDay(birth_year);
}

// 1 to 10.
int DigitOf(int sequence) { return (sequence - 1) % kDecade + 1; }

// With the first digit of another pair; odd stays odd.
Birth Moved(const Birth& birth, int from, int to) {
  return {birth.date, birth.sequence + to - from};
}

}  // namespace

bool Birth::CanHaveTwin() const { return DigitOf(sequence) <= 2; }

bool Birth::CanHaveNamesake() const {
  const int digit = DigitOf(sequence);
  return digit == kFirstWithNamesake || digit == kFirstWithNamesake + 1;
}

Birth Birth::Twin() const { return Moved(*this, 1, kFirstTwin); }

Birth Birth::Namesake() const {
  return Moved(*this, kFirstWithNamesake, kFirstNamesake);
}

std::uint64_t MostPeople() {
  static const std::uint64_t kMost = [] {
    std::uint64_t sum = 0;
    for (int y = kFirstYear; y <= kLastYear; ++y) sum += DrawnOfYear(y);
    return sum;
  }();
  return kMost;
}

Birth BirthOfSlot(std::uint64_t slot) {
  int birth_year = kFirstYear;
  while (slot >= DrawnOfYear(birth_year)) {
    slot -= DrawnOfYear(birth_year);
    ++birth_year;
  }
  const std::uint64_t of_day = DrawnOfDay(birth_year);
  const sys_days first = sys_days(year(birth_year) / 1 / 1);
  const auto at = static_cast<int>(slot % of_day);
  return {Date(first + days(static_cast<int>(slot / of_day))),
          at / kDrawnOfDecade * kDecade + at % kDrawnOfDecade + 1};
}

}  // namespace waystation::population
