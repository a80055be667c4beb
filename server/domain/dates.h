// SPDX-License-Identifier: Apache-2.0
// Dates of the contract as dates of proto/codes, and what they span.
#ifndef WAYSTATION_SERVER_DOMAIN_DATES_H_
#define WAYSTATION_SERVER_DOMAIN_DATES_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "proto/codes/date.h"

namespace waystation::v1 {
class Date;
}  // namespace waystation::v1

namespace waystation::domain {

// Precondition: the parts are in range, as Read accepts them.
codes::PartialDate ToPartial(const ::waystation::v1::Date& date);
void SetDate(const codes::PartialDate& date, ::waystation::v1::Date* message);

// First and last day that the date may be, in the Gregorian calendar.
struct Days {
  std::chrono::sys_days first;
  std::chrono::sys_days last;
  bool operator==(const Days&) const = default;
};

// nullopt for a date that does not exist, or a lunar one outside 1900 to 2100.
std::optional<Days> DaysOf(const codes::PartialDate& date);

// Whether `finer` says all that `coarser` says, across calendars: its days lie
// within those of `coarser`. A preorder.
bool DateRefines(const codes::PartialDate& finer,
                 const codes::PartialDate& coarser);

// Whether somebody born then may be under 14 today (PIPL art. 31): where only
// month or year is known, the latest day counts. Not for a day that does not
// exist or is to come, which is a mistake and says nothing of an age.
bool MayBeMinor(const codes::PartialDate& birth, codes::Date today);

// The day on which an instant falls in China Standard Time.
codes::Date DayOf(std::int64_t microseconds);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_DATES_H_
