// SPDX-License-Identifier: Apache-2.0
#include "server/domain/block_list.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "proto/codes/name.h"
#include "proto/codes/text.h"
#include "server/domain/address.h"
#include "server/domain/score.h"

namespace waystation::domain {
namespace {

constexpr std::size_t kNumberLength = 18;

std::string NormaliseNumber(std::string_view value) {
  std::string number = codes::FoldWidth(value);
  std::erase(number, ' ');
  absl::AsciiStrToUpper(&number);
  return number.size() == kNumberLength &&
                 std::ranges::all_of(number, absl::ascii_isalnum)
             ? number
             : "";
}

}  // namespace

std::string BlockList::Normalise(ValueKind kind, std::string_view value) {
  switch (kind) {
    case ValueKind::kPhone:
      return ComparablePhone(value);
    case ValueKind::kName: {
      std::string name = codes::FoldVariants(codes::ReadName(value).text);
      std::erase(name, ' ');
      return name;
    }
    case ValueKind::kAddress:
      return FoldAddress(codes::ReadText(value).text);
    case ValueKind::kNumber:
      return NormaliseNumber(value);
  }
  return "";
}

void BlockList::Add(ValueKind kind, std::string value, Days days) {
  days_[{kind, std::move(value)}].push_back(days);
}

bool BlockList::Blocks(ValueKind kind, std::string_view value,
                       std::int64_t recorded_time) const {
  if (days_.empty()) return false;
  const auto found = days_.find({kind, Normalise(kind, value)});
  if (found == days_.end()) return false;
  if (recorded_time == 0) return true;
  const std::chrono::sys_days day = DayOf(recorded_time);
  return std::ranges::any_of(found->second, [&](const Days& days) {
    return days.first <= day && day <= days.last;
  });
}

}  // namespace waystation::domain
