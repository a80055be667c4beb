// SPDX-License-Identifier: Apache-2.0
// Telephone numbers of the Chinese mainland.

#ifndef WAYSTATION_PROTO_CODES_PHONE_H_
#define WAYSTATION_PROTO_CODES_PHONE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/codes/grade.h"

namespace waystation::codes {

enum class PhoneKind : std::uint8_t { kUnknown, kMobile, kLandline };

struct Phone {
  // Mobile: 11 digits, 13812345678. Landline: area code, hyphen, subscriber
  // number and, where given, hyphen and extension: 0512-65211234-801. Without
  // an area code the seven or eight digits alone. Otherwise what remained.
  std::string number;
  Grade grade = Grade::kMissing;
  PhoneKind kind = PhoneKind::kUnknown;
  bool operator==(const Phone&) const = default;
};

// Reads one number as sources write it: +86, 0086, a leading 0 before a mobile
// number, spaces, hyphens, brackets, full width, 转 for an extension. OK;
// AMBIGUOUS for a landline without area code; TRUNCATED for scientific notation
// and ten-digit mobiles; PLACEHOLDER (13800000000, one repeated digit, 无);
// FORMAT, MISSING, UNREADABLE.
Phone ReadPhone(std::string_view given);

// "138****5678", "0512-****1234"; of anything else nothing stays.
std::string MaskPhone(std::string_view number);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_PHONE_H_
