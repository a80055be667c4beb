// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/value_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "proto/codes/code_list.h"
#include "proto/codes/division.h"
#include "proto/codes/name.h"
#include "proto/codes/phone.h"
#include "proto/codes/registration_number.h"
#include "proto/codes/sex.h"
#include "proto/codes/text.h"
#include "proto/codes/uscc.h"
#include "waystation/v1/person.pb.h"

namespace waystation::adapters {
namespace {

using codes::Grade;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Outcome = ValueRead::Outcome;

// Placeholders of these fields are claims like any other, graded and never
// matched: a person without papers is served under such a name or number.
// Elsewhere a placeholder says nothing.
bool KeepsPlaceholders(Reading reading) {
  return reading == Reading::kName || reading == Reading::kIdentifier;
}

Outcome OutcomeOf(Reading reading, Grade grade) {
  switch (grade) {
    case Grade::kMissing:
      return Outcome::kAbsent;
    case Grade::kPlaceholder:
      return KeepsPlaceholders(reading) ? Outcome::kHeld : Outcome::kAbsent;
    case Grade::kFormat:
    case Grade::kUnreadable:
      return Outcome::kLost;
    default:
      return Outcome::kHeld;
  }
}

void SetString(const FieldDescriptor& field, std::string value,
               Message& message) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    reflection.AddString(&message, &field, std::move(value));
  } else {
    reflection.SetString(&message, &field, std::move(value));
  }
}

void SetEnum(const FieldDescriptor& field, int value, Message& message) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    reflection.AddEnumValue(&message, &field, value);
  } else {
    reflection.SetEnumValue(&message, &field, value);
  }
}

Message& MutableMessage(const FieldDescriptor& field, Message& message) {
  const auto& reflection = *message.GetReflection();
  return field.is_repeated() ? *reflection.AddMessage(&message, &field)
                             : *reflection.MutableMessage(&message, &field);
}

// A number or code of somebody's own: half width, upper case, no spaces.
codes::Text ReadToken(std::string_view text) {
  codes::Text token = codes::ReadText(text);
  if (token.grade != Grade::kOk) return token;
  token.text = codes::FoldWidth(token.text);
  std::erase(token.text, ' ');
  absl::AsciiStrToUpper(&token.text);
  return token;
}

struct ReadString {
  std::string text;
  Grade grade;
  std::optional<codes::PartialDate> birth_date = std::nullopt;
  // The kind that the number itself tells, where it is one of a document's.
  v1::Identifier::Kind kind = v1::Identifier::KIND_UNSPECIFIED;
};

ReadString ReadIdentifier(std::string_view text, const ReadingOptions& options,
                          const Message& identifier) {
  const auto kind = static_cast<const v1::Identifier&>(identifier).kind();
  if (kind != v1::Identifier::KIND_CITIZEN_NUMBER) {
    codes::Text token = ReadToken(text);
    return {std::move(token.text), token.grade};
  }
  codes::CitizenNumber number =
      codes::ReadCitizenNumber(text, options.today, options.profile);
  ReadString out{std::move(number.number), number.grade, number.birth_date};
  if (number.kind == codes::CitizenNumberKind::kResidentPermit) {
    out.kind = v1::Identifier::KIND_HMT_RESIDENCE_PERMIT;
  } else if (number.kind == codes::CitizenNumberKind::kForeigner) {
    out.kind = v1::Identifier::KIND_FOREIGN_PERMANENT_RESIDENCE;
  }
  return out;
}

// Generated businesses are registered where nobody is.
Grade GradeOfRegistration(Grade grade, const ReadingOptions& options) {
  return options.profile == codes::CitizenNumberProfile::kDemo &&
                 grade == Grade::kDivisionUnknown
             ? Grade::kOk
             : grade;
}

ReadString ReadUscc(std::string_view text, const ReadingOptions& options) {
  codes::Uscc uscc = codes::ReadUscc(text);
  return {std::move(uscc.code), GradeOfRegistration(uscc.grade, options)};
}

ReadString ReadBusinessNumber(std::string_view text,
                              const ReadingOptions& options) {
  // 15 digits or the older 13 are of GS 15; anything else is a code or none.
  ReadString uscc = ReadUscc(text, options);
  if (uscc.text.size() == 18) return uscc;
  codes::RegistrationNumber number = codes::ReadRegistrationNumber(text);
  if (codes::HasValue(number.grade)) {
    return {std::move(number.number),
            GradeOfRegistration(number.grade, options)};
  }
  return uscc;
}

ReadString ReadText(const FieldPlan& plan, const ReadingOptions& options,
                    std::string_view text, const Message& message) {
  switch (plan.reading) {
    case Reading::kName: {
      codes::Name name = codes::ReadName(text);
      return {std::move(name.text), name.grade};
    }
    case Reading::kDivision: {
      codes::ReadDivision division = codes::ParseDivision(text);
      return {std::move(division.code), division.grade};
    }
    case Reading::kIdentifier:
      return ReadIdentifier(text, options, message);
    case Reading::kPhone: {
      codes::Phone phone = codes::ReadPhone(text);
      return {std::move(phone.number), phone.grade};
    }
    case Reading::kUscc:
      return ReadUscc(text, options);
    case Reading::kBusinessNumber:
      return ReadBusinessNumber(text, options);
    case Reading::kToken: {
      codes::Text token = ReadToken(text);
      return {std::move(token.text), token.grade};
    }
    default: {
      codes::Text free = codes::ReadText(text);
      return {std::move(free.text), free.grade};
    }
  }
}

ValueRead ReadStringValue(const FieldPlan& plan, const ReadingOptions& options,
                          std::string_view text, Message& message) {
  ReadString read = ReadText(plan, options, text, message);
  ValueRead out{OutcomeOf(plan.reading, read.grade), read.grade, true,
                read.birth_date};
  if (out.outcome != Outcome::kHeld) return out;
  out.as_given = read.text == text;
  if (read.kind != v1::Identifier::KIND_UNSPECIFIED) {
    static_cast<v1::Identifier&>(message).set_kind(read.kind);
  }
  SetString(*plan.path.back(), std::move(read.text), message);
  return out;
}

ValueRead ReadCodeValue(const FieldPlan& plan, std::string_view given,
                        std::string_view text, Message& message) {
  codes::ReadCode code = codes::ParseCode(*plan.list, text);
  ValueRead out{OutcomeOf(plan.reading, code.grade), code.grade};
  if (code.grade == Grade::kCodeUnknown) out.outcome = Outcome::kLost;
  if (out.outcome != Outcome::kHeld) return out;
  out.as_given = code.code == given;
  auto& target =
      static_cast<v1::Code&>(MutableMessage(*plan.path.back(), message));
  target.set_value(std::move(code.code));
  target.set_list(std::string(plan.list->id()));
  return out;
}

ValueRead ReadSexValue(const FieldPlan& plan, std::string_view text,
                       Message& message) {
  const codes::ReadSex read = codes::ParseSex(text);
  if (!read.sex) {
    const bool absent =
        read.grade == Grade::kMissing || read.grade == Grade::kPlaceholder;
    return {absent ? Outcome::kAbsent : Outcome::kLost, read.grade};
  }
  // "Not known" claims nothing.
  if (*read.sex == codes::Sex::kUnknown) return {Outcome::kAbsent, Grade::kOk};
  SetEnum(*plan.path.back(), static_cast<int>(*read.sex), message);
  return {Outcome::kHeld, Grade::kOk, codes::SexCode(*read.sex) == text};
}

ValueRead ReadEnumValue(const FieldPlan& plan, std::string_view text,
                        Message& message) {
  const auto found = plan.enum_codes.find(std::string(codes::Trim(text)));
  if (found == plan.enum_codes.end()) {
    return codes::Trim(text).empty()
               ? ValueRead{}
               : ValueRead{Outcome::kLost, Grade::kCodeUnknown};
  }
  if (found->second == 0) return {Outcome::kAbsent, Grade::kOk};
  SetEnum(*plan.path.back(), found->second, message);
  return {Outcome::kHeld, Grade::kOk, false};
}

// Whether the text is the date's digits, with hyphens or without.
bool IsPlain(const codes::PartialDate& date, std::string_view text) {
  if (date.lunar) return false;
  std::array<char, 10> digits{};
  std::size_t size = 0;
  const auto append = [&](int value, int places) {
    for (int unit = places == 4 ? 1000 : 10; unit > 0; unit /= 10) {
      digits[size++] = static_cast<char>('0' + value / unit % 10);
    }
  };
  append(date.year, 4);
  if (date.month != 0) append(date.month, 2);
  if (date.day != 0) append(date.day, 2);
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-' && (i == 4 || i == 7)) continue;
    if (at == size || text[i] != digits[at++]) return false;
  }
  return at == size;
}

}  // namespace

void SetDate(const FieldPlan& plan, const v1::Date& date, Message& message) {
  static_cast<v1::Date&>(MutableMessage(*plan.path.back(), message)) = date;
}

ValueRead ReadDateValue(std::string_view text, const ReadingOptions& options,
                        v1::Date& date) {
  const codes::ReadDate read = codes::ParseDate(text, options.today);
  if (!read.date) {
    const bool absent =
        read.grade == Grade::kMissing || read.grade == Grade::kPlaceholder;
    return {absent ? Outcome::kAbsent : Outcome::kLost, read.grade};
  }
  const codes::PartialDate& value = *read.date;
  date.set_year(value.year);
  date.set_month(value.month);
  date.set_day(value.day);
  if (value.lunar) date.set_calendar(v1::Date::CALENDAR_LUNAR);
  date.set_leap_month(value.leap_month);
  const bool as_given = IsPlain(value, text);
  return {Outcome::kHeld, read.grade, as_given, value};
}

ValueRead ReadValue(const FieldPlan& plan, const ReadingOptions& options,
                    std::string_view text, Message& message) {
  std::string_view meant = text;
  if (plan.codes != nullptr && plan.reading != Reading::kEnum) {
    const auto found = plan.codes->find(std::string(codes::Trim(text)));
    if (found == plan.codes->end()) {
      return codes::Trim(text).empty()
                 ? ValueRead{}
                 : ValueRead{Outcome::kLost, Grade::kCodeUnknown};
    }
    meant = found->second;
  }
  switch (plan.reading) {
    case Reading::kDate: {
      v1::Date date;
      const ValueRead read = ReadDateValue(meant, options, date);
      if (read.outcome == Outcome::kHeld) {
        SetDate(plan, date, message);
      }
      return read;
    }
    case Reading::kCode:
      return ReadCodeValue(plan, text, meant, message);
    case Reading::kSex:
      return ReadSexValue(plan, meant, message);
    case Reading::kEnum:
      return ReadEnumValue(plan, text, message);
    default:
      return ReadStringValue(plan, options, meant, message);
  }
}

void SetConstant(const FieldPlan& plan, const ReadingOptions& options,
                 Message& message) {
  if (plan.reading == Reading::kEnum) {
    SetEnum(*plan.path.back(), plan.enum_constant, message);
    return;
  }
  ReadValue(plan, options, plan.constant, message);
}

std::string_view LossReason(Grade grade) {
  switch (grade) {
    case Grade::kDateImpossible:
      return "DATE_IMPOSSIBLE";
    case Grade::kCodeUnknown:
      return "CODE_UNKNOWN";
    case Grade::kFormat:
      return "VALUE_FORMAT";
    default:
      return "VALUE_UNREADABLE";
  }
}

}  // namespace waystation::adapters
