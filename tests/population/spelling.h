// SPDX-License-Identifier: Apache-2.0
// The ways in which registers write dates and digits.
#ifndef TESTS_POPULATION_SPELLING_H_
#define TESTS_POPULATION_SPELLING_H_

#include <chrono>
#include <string>

#include "tests/population/numbers.h"

namespace waystation::population {

std::string Compact(Date date);   // 19800209
std::string Dashed(Date date);    // 1980-02-09
std::string Slashed(Date date);   // 1980/2/9
std::string Dotted(Date date);    // 1980.2.9
std::string Chinese(Date date);   // 1980年2月9日
std::string Literary(Date date);  // 一九八〇年二月九日

std::string CompactTime(std::chrono::sys_seconds time);  // 20260302091233
std::string DashedTime(std::chrono::sys_seconds time);   // 2026-03-02 09:12:33
std::string ZonedTime(std::chrono::sys_seconds time);    // …T09:12:33+08:00

// Digits and letters in full width: ０４１２
std::string FullWidth(const std::string& text);

// The day of the traditional calendar on which `date` falls, its year, month
// and day read as if they were Gregorian; not a valid day now and then (30
// February). By ICU's Chinese calendar.
Date LunarDay(Date date);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_SPELLING_H_
