// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/phone.h"

#include <array>
#include <cstddef>

#include "proto/codes/ascii.h"
#include "proto/codes/number_text.h"
#include "proto/codes/text.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

// Digits and the extension of a number, with everything between them dropped.
struct Dialled {
  std::string digits;
  std::string extension;
  bool plus = false;  // began with +
  bool clean = true;  // nothing but digits and what stands between them
};

bool IsBetween(char32_t point) {
  switch (point) {
    case ' ':
    case '-':
    case '(':
    case ')':
    case '.':
    case '/':
    case '[':
    case ']':
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212:
    case 0x3000:
    case 0xA0:
    case 0x00B7:
      return true;
    default:
      return false;
  }
}

// Splits at hyphens too, since 0512-65211234-801 has its extension last.
Dialled Read(std::string_view folded) {
  Dialled dialled;
  std::array<std::string, 4> groups;
  std::size_t group = 0;
  bool extension = false;
  for (std::size_t i = 0; i < folded.size();) {
    const char32_t point = NextCodePoint(folded, i);
    if (point >= '0' && point <= '9') {
      (extension ? dialled.extension : groups[group])
          .push_back(static_cast<char>(point));
    } else if (point == '+' && groups[0].empty() && !dialled.plus) {
      dialled.plus = true;
    } else if (point == U'转' || point == U'轉' || point == '#') {
      dialled.clean = dialled.clean && !extension;
      extension = true;
    } else if (point == '-' && !groups[group].empty() &&
               group + 1 < groups.size()) {
      ++group;
    } else if (!IsBetween(point)) {
      dialled.clean = false;
    }
  }
  // A short last group after a whole subscriber number is an extension.
  const bool ends_in_extension =
      !extension && group > 0 && groups[group - 1].size() >= 7 &&
      groups[group - 1].size() <= 8 && !groups[group].empty() &&
      groups[group].size() <= 5;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    (i == group && ends_in_extension ? dialled.extension : dialled.digits)
        .append(groups[i]);
  }
  return dialled;
}

bool IsMobile(std::string_view digits) {
  return digits.size() == 11 && digits[0] == '1' && digits[1] >= '3' &&
         digits[1] <= '9';
}

// The length of the area code with its 0: 3 in the largest cities, else 4; 0
// where there is none.
std::size_t AreaCode(std::string_view digits) {
  if (digits.size() < 10 || digits[0] != '0') return 0;
  if (digits[1] == '1' || digits[1] == '2') {
    // 010 Beijing and 021 to 029.
    return digits.substr(0, 3) == "010" || digits[1] == '2' ? 3 : 0;
  }
  return digits[1] >= '3' && digits[1] <= '9' ? 4 : 0;
}

// A number within one area: seven or eight digits, of which 0 and 1 begin none.
bool IsSubscriber(std::string_view digits) {
  return (digits.size() == 7 || digits.size() == 8) && digits[0] >= '2';
}

bool IsFiller(std::string_view digits) {
  return IsRepeated(digits) || IsCounting(digits) || digits == "13800000000" ||
         digits == "13800138000" ||
         (IsMobile(digits) && IsRepeated(digits.substr(3)) &&
          digits[3] == '0') ||
         (IsMobile(digits) && IsRepeated(digits.substr(1)));
}

}  // namespace

Phone ReadPhone(std::string_view given) {
  if (IsMobile(given) && IsDigits(given) && !IsFiller(given)) {
    return {.number = std::string(given),
            .grade = Grade::kOk,
            .kind = PhoneKind::kMobile};
  }
  const std::string_view trimmed = Trim(given);
  if (trimmed.empty()) return {};
  if (!IsUtf8(trimmed) || HasControl(trimmed)) {
    return {.number = {}, .grade = Grade::kUnreadable};
  }
  const std::string wide = FoldWidth(trimmed);
  std::string_view folded = Trim(wide);
  // Spreadsheets mark text so, and programs that pass it on once more.
  while (folded.starts_with('\'')) folded = Trim(folded.substr(1));
  if (folded.empty()) return {};
  const auto left = [](std::string_view text, Grade grade) {
    return Phone{.number = std::string(text), .grade = grade};
  };
  if (IsPlaceholderWord(folded)) return left(folded, Grade::kPlaceholder);
  if (IsScientific(folded)) return left(folded, Grade::kTruncated);

  const Dialled dialled = Read(folded);
  std::string_view digits = dialled.digits;
  if (!dialled.clean || digits.empty()) return left(folded, Grade::kFormat);
  const bool country_code =
      digits.starts_with("0086") ||
      (digits.starts_with("86") &&
       (dialled.plus || digits.size() == 13 ||
        (digits.size() > 11 && digits[2] == '0')));  // 86-0512-...
  if (country_code) {
    digits.remove_prefix(digits.starts_with("00") ? 4 : 2);
  } else if (dialled.plus) {
    return left(folded, Grade::kFormat);  // another country
  }
  if (digits.starts_with('0') && IsMobile(digits.substr(1))) {
    digits.remove_prefix(1);
  }
  if (IsFiller(digits)) return left(digits, Grade::kPlaceholder);
  if (IsMobile(digits)) {
    return {.number = std::string(digits),
            .grade = dialled.extension.empty() ? Grade::kOk : Grade::kFormat,
            .kind = PhoneKind::kMobile};
  }

  // +86 512 ... leaves the 0 of the area code out.
  const std::string whole =
      Join({country_code && !digits.starts_with('0') ? "0" : "", digits});
  const std::string extension =
      dialled.extension.empty() ? "" : Join({"-", dialled.extension});
  const std::size_t area = AreaCode(whole);
  if (area != 0 && IsSubscriber(std::string_view(whole).substr(area))) {
    return {.number = Join({std::string_view(whole).substr(0, area), "-",
                            std::string_view(whole).substr(area), extension}),
            .grade = Grade::kOk,
            .kind = PhoneKind::kLandline};
  }
  if (IsSubscriber(digits)) {
    return {.number = Join({digits, extension}),
            .grade = Grade::kAmbiguous,
            .kind = PhoneKind::kLandline};
  }
  const bool lost_one = digits.size() == 10 && digits[0] == '1' &&
                        digits[1] >= '3' && digits[1] <= '9';
  return left(digits, lost_one ? Grade::kTruncated : Grade::kFormat);
}

std::string MaskPhone(std::string_view number) {
  std::string masked(number.size(), '*');
  if (IsMobile(number) && IsDigits(number)) {
    masked.replace(0, 3, number.substr(0, 3));
    masked.replace(7, 4, number.substr(7));
    return masked;
  }
  const std::size_t hyphen = number.find('-');
  if (hyphen == std::string_view::npos || number.size() < hyphen + 8) {
    return masked;
  }
  // 0512-****1234; the extension goes, since it is as good as a name.
  const std::string_view local =
      number.substr(hyphen + 1, number.find('-', hyphen + 1) - hyphen - 1);
  if (local.size() < 7) return masked;
  return Join({number.substr(0, hyphen + 1), std::string(local.size() - 4, '*'),
               local.substr(local.size() - 4)});
}

}  // namespace waystation::codes
