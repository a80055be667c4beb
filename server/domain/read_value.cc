// SPDX-License-Identifier: Apache-2.0
#include "server/domain/read_value.h"

#include <cstddef>
#include <string>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "proto/codes/code_list.h"
#include "proto/codes/division.h"
#include "proto/codes/name.h"
#include "proto/codes/phone.h"
#include "proto/codes/registration_number.h"
#include "proto/codes/text.h"
#include "proto/codes/uscc.h"
#include "proto/directory/service_class.h"
#include "server/domain/dates.h"
#include "server/domain/grades.h"
#include "waystation/v1/person.pb.h"

namespace waystation::domain {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// 民委发〔2016〕33号 asks for 25 characters at least.
constexpr std::size_t kNameCharacters = 100;
constexpr std::size_t kTextBytes = 2'000;
constexpr std::size_t kTokenBytes = 128;
constexpr int kMaxElements = 64;
constexpr std::size_t kUsccSize = 18;

// A value as read: normalised text and what it is worth.
struct Text {
  std::string text;
  codes::Grade grade = codes::Grade::kMissing;
};

template <typename Number>
Text FromNumber(Number read) {
  return {std::move(read.number), read.grade};
}

template <typename Coded>
Text FromCode(Coded read) {
  return {std::move(read.code), read.grade};
}

// A number or code of somebody's own making: nothing to check, one spelling.
Text ReadTokenText(std::string_view given) {
  codes::Text read = codes::ReadText(codes::FoldWidth(given));
  std::erase(read.text, ' ');
  for (char& c : read.text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return {std::move(read.text), read.grade};
}

std::size_t CountAlphanumeric(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    count += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
             (c >= 'A' && c <= 'Z');
  }
  return count;
}

Text ReadBusinessNumber(std::string_view given) {
  const std::string folded = codes::FoldWidth(given);
  if (CountAlphanumeric(folded) + 2 >= kUsccSize) {
    return FromCode(codes::ReadUscc(folded));
  }
  return FromNumber(codes::ReadRegistrationNumber(folded));
}

// Kinds whose number has 18 characters and the check of GB 11643.
bool HasCitizenCheck(v1::Identifier::Kind kind, std::string_view given) {
  switch (kind) {
    case v1::Identifier::KIND_CITIZEN_NUMBER:
    case v1::Identifier::KIND_HMT_RESIDENCE_PERMIT:
      return true;
    case v1::Identifier::KIND_FOREIGN_PERMANENT_RESIDENCE:
      // Cards issued before 2023-12-01 have three letters and twelve digits.
      return CountAlphanumeric(codes::FoldWidth(given)) != 15;
    default:
      return false;
  }
}

Text ReadByFormat(const FieldInfo& info, const Message& around,
                  std::string_view given, codes::Date today,
                  codes::CitizenNumberProfile profile) {
  if (info.meaning == v1::MEANING_DIVISION) {
    return FromCode(codes::ParseDivision(given));
  }
  if (info.meaning == v1::MEANING_NAME || info.format == v1::FORMAT_NAME) {
    codes::Name name = codes::ReadName(given);
    return {std::move(name.text), name.grade};
  }
  switch (info.format) {
    case v1::FORMAT_IDENTIFIER:
      if (HasCitizenCheck(static_cast<const v1::Identifier&>(around).kind(),
                          given)) {
        return FromNumber(codes::ReadCitizenNumber(given, today, profile));
      }
      return ReadTokenText(given);
    case v1::FORMAT_USCC:
      return FromCode(codes::ReadUscc(given));
    case v1::FORMAT_BUSINESS_NUMBER:
      return ReadBusinessNumber(given);
    case v1::FORMAT_PHONE:
      return FromNumber(codes::ReadPhone(given));
    case v1::FORMAT_TOKEN:
      return ReadTokenText(given);
    default: {
      codes::Text text = codes::ReadText(given);
      return {std::move(text.text), text.grade};
    }
  }
}

// Whether a placeholder is kept, so that a clerk sees what the source holds.
bool KeepsPlaceholder(const FieldInfo& info) {
  return info.entry_key || info.format == v1::FORMAT_IDENTIFIER ||
         info.meaning == v1::MEANING_NAME;
}

bool IsShort(const FieldInfo& info) {
  return info.meaning == v1::MEANING_DIVISION ||
         (info.format != v1::FORMAT_UNSPECIFIED &&
          info.format != v1::FORMAT_NAME);
}

bool IsTooLong(const FieldInfo& info, std::string_view given) {
  if (info.meaning == v1::MEANING_NAME || info.format == v1::FORMAT_NAME) {
    return given.size() > kNameCharacters &&
           (given.size() > kTextBytes ||
            codes::Length(given) > kNameCharacters);
  }
  return given.size() > (IsShort(info) ? kTokenBytes : kTextBytes);
}

bool IsEmpty(const v1::Date& date) {
  return date.year() == 0 && date.month() == 0 && date.day() == 0;
}

// Whether the parts can be read as a date at all; a day that its month does not
// have can.
bool IsReadable(const v1::Date& date) {
  return date.year() >= 1 && date.year() <= 9999 && date.month() >= 0 &&
         date.month() <= 12 && date.day() >= 0 && date.day() <= 31 &&
         (date.day() == 0 || date.month() != 0) &&
         v1::Date::Calendar_IsValid(date.calendar()) &&
         (!date.leap_month() ||
          (date.calendar() == v1::Date::CALENDAR_LUNAR && date.month() != 0));
}

// Most dates: Gregorian, of this century or the last but its first years, a day
// that every month has.
bool IsPlain(const v1::Date& date, codes::Date today) {
  return date.calendar() == v1::Date::CALENDAR_UNSPECIFIED &&
         date.year() > 1930 && date.year() < static_cast<int>(today.year()) &&
         date.day() <= 28;
}

}  // namespace

std::string ReadToken(std::string_view given) {
  return ReadTokenText(given).text;
}

std::string Path::ToString() const {
  std::string text = parent == nullptr ? "" : parent->ToString() + ".";
  text += name;
  if (index >= 0) text += "[" + std::to_string(index) + "]";
  return text;
}

void Findings::Refuse(const Path& path, std::string_view reason,
                      std::string_view rule) {
  if (violations.size() == kMostFindings) return;
  v1::Violation& violation = violations.emplace_back();
  violation.set_field(path.ToString());
  violation.set_reason(std::string(reason));
  violation.set_rule(std::string(rule));
}

void Findings::Note(const Path& path, codes::Grade grade) {
  if (grade == codes::Grade::kOk || grades.size() == kMostFindings) return;
  v1::GradedField& graded = grades.emplace_back();
  graded.set_field(path.ToString());
  graded.set_grade(ToMessage(grade));
}

codes::Grade ValueReader::ReadValue(const AttributeInfo& attribute,
                                    const Path& path, Message& value) {
  is_birth_date_ = attribute.number == kBirthDate;
  const std::size_t refused = findings_.violations.size();
  const codes::Grade grade = ReadMessage(attribute.fields, path, value);
  is_birth_date_ = false;
  if (!attribute.is_set || findings_.violations.size() > refused) return grade;
  // An entry without its key cannot be told from another.
  for (const FieldInfo& info : attribute.fields) {
    if (info.entry_key && !info.reflection->HasField(value, info.field)) {
      findings_.Refuse({&path, info.field->name()}, "FIELD_MISSING",
                       "names the entry");
    }
  }
  return grade;
}

codes::Grade ValueReader::ReadMessage(const std::vector<FieldInfo>& fields,
                                      const Path& path, Message& value) {
  if (!fields.front().reflection->GetUnknownFields(value).empty()) {
    findings_.Refuse(path, "UNKNOWN_FIELDS", "waystation.v1");
  }
  codes::Grade worst = codes::Grade::kOk;
  for (const FieldInfo& info : fields) {
    const Path field{&path, info.field->name()};
    const codes::Grade grade = info.field->is_repeated()
                                   ? ReadRepeated(info, field, value)
                                   : ReadField(info, field, value);
    if (info.meaning != v1::MEANING_DETAIL) worst = codes::Worse(worst, grade);
  }
  return worst;
}

codes::Grade ValueReader::ReadField(const FieldInfo& info, const Path& path,
                                    Message& value) {
  const Reflection& reflection = *info.reflection;
  const FieldDescriptor* field = info.field;
  if (!reflection.HasField(value, field)) return codes::Grade::kOk;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& given =
          reflection.GetStringReference(value, field, &scratch);
      std::string text;
      const codes::Grade grade = ReadString(info, path, value, given, &text);
      if (text.empty()) {
        reflection.ClearField(&value, field);
        return codes::Grade::kOk;
      }
      if (text != given) reflection.SetString(&value, field, std::move(text));
      return grade;
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      CheckEnum(info, path, value);
      return codes::Grade::kOk;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message& part = *reflection.MutableMessage(&value, field);
      const codes::Grade grade = ReadPart(info, path, part);
      if (part.ByteSizeLong() == 0) reflection.ClearField(&value, field);
      return grade;
    }
    default:
      return codes::Grade::kOk;
  }
}

codes::Grade ValueReader::ReadRepeated(const FieldInfo& info, const Path& path,
                                       Message& value) {
  const Reflection& reflection = *info.reflection;
  const FieldDescriptor* field = info.field;
  const int size = reflection.FieldSize(value, field);
  if (size > kMaxElements) {
    findings_.Refuse(path, "TOO_MANY_ENTRIES", "at most 64");
    return codes::Grade::kOk;
  }
  codes::Grade worst = codes::Grade::kOk;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    for (int i = 0; i < size; ++i) {
      worst = codes::Worse(worst, ReadPart(info, {path.parent, path.name, i},
                                           *reflection.MutableRepeatedMessage(
                                               &value, field, i)));
    }
    return worst;
  }
  // Texts; what says nothing is dropped.
  int kept = 0;
  for (int i = 0; i < size; ++i) {
    std::string scratch;
    std::string text;
    const codes::Grade grade = ReadString(
        info, {path.parent, path.name, i}, value,
        reflection.GetRepeatedStringReference(value, field, i, &scratch),
        &text);
    if (text.empty()) continue;
    worst = codes::Worse(worst, grade);
    reflection.SetRepeatedString(&value, field, kept++, std::move(text));
  }
  for (int i = size; i > kept; --i) reflection.RemoveLast(&value, field);
  return worst;
}

codes::Grade ValueReader::ReadPart(const FieldInfo& info, const Path& path,
                                   Message& part) {
  if (info.is_date) return ReadDateField(path, static_cast<v1::Date&>(part));
  if (info.is_code) return ReadCode(path, static_cast<v1::Code&>(part));
  return ReadMessage(info.fields, path, part);
}

codes::Grade ValueReader::ReadString(const FieldInfo& info, const Path& path,
                                     const Message& around,
                                     const std::string& given,
                                     std::string* text) {
  if (IsTooLong(info, given)) {
    findings_.Refuse(
        path, "VALUE_TOO_LONG",
        IsShort(info) ? "at most 128 bytes"
        : info.meaning == v1::MEANING_NAME || info.format == v1::FORMAT_NAME
            ? "at most 100 characters"
            : "at most 2,000 bytes");
    return codes::Grade::kOk;
  }
  if (info.format == v1::FORMAT_SERVICE_CODE) {
    if (directory::ServiceClassOf(given) == directory::kHealthServiceClass) {
      findings_.Refuse(path, "HEALTH_SERVICE_REFUSED", "design 4");
    } else if (!directory::IsServiceCode(given)) {
      findings_.Refuse(path, "CODE_UNKNOWN", "<class>.<name>");
    } else {
      *text = given;
    }
    return codes::Grade::kOk;
  }
  Text read = ReadByFormat(info, around, given, today_, profile_);
  switch (read.grade) {
    case codes::Grade::kUnreadable:
      findings_.Refuse(path, "VALUE_UNREADABLE",
                       "UTF-8 without control characters");
      return codes::Grade::kOk;
    case codes::Grade::kMissing:
      return codes::Grade::kOk;
    case codes::Grade::kPlaceholder:
      findings_.Note(path, read.grade);
      if (!KeepsPlaceholder(info)) return codes::Grade::kOk;
      break;
    default:
      findings_.Note(path, read.grade);
  }
  if (read.text.empty()) read.text = std::string(codes::Trim(given));
  *text = std::move(read.text);
  return read.grade;
}

bool ValueReader::ReadDate(const Path& path, const v1::Date& date) {
  if (!IsReadable(date)) {
    findings_.Refuse(path, "DATE_IMPOSSIBLE", "GB/T 7408");
    return false;
  }
  static const Reflection& reflection =
      *v1::Date::default_instance().GetReflection();
  if (!reflection.GetUnknownFields(date).empty()) {
    findings_.Refuse(path, "UNKNOWN_FIELDS", "waystation.v1");
    return false;
  }
  return true;
}

codes::Grade ValueReader::ReadDateField(const Path& path, v1::Date& date) {
  if (IsEmpty(date)) {
    date.Clear();
    return codes::Grade::kOk;
  }
  if (!ReadDate(path, date)) return codes::Grade::kOk;
  if (IsPlain(date, today_)) return codes::Grade::kOk;
  codes::Grade grade =
      codes::ParseDate(codes::FormatDate(ToPartial(date)), today_).grade;
  // Most dates may lie ahead, such as the end of a permit.
  if (grade == codes::Grade::kDateFuture && !is_birth_date_) {
    grade = codes::Grade::kOk;
  }
  findings_.Note(path, grade);
  return grade;
}

codes::Grade ValueReader::ReadCode(const Path& path, v1::Code& code) {
  if (code.value().size() > kTokenBytes || code.list().size() > kTokenBytes) {
    findings_.Refuse(path, "VALUE_TOO_LONG", "at most 128 bytes");
    return codes::Grade::kOk;
  }
  const codes::CodeList* list = codes::FindCodeList(code.list());
  if (list == nullptr) {
    if (codes::HasControl(code.value()) || codes::HasControl(code.list())) {
      findings_.Refuse(path, "VALUE_UNREADABLE", "no control characters");
      return codes::Grade::kOk;
    }
    findings_.Note(path, codes::Grade::kCodeUnknown);
    return codes::Grade::kCodeUnknown;
  }
  codes::ReadCode read = codes::ParseCode(*list, code.value());
  if (read.grade == codes::Grade::kUnreadable) {
    findings_.Refuse(path, "VALUE_UNREADABLE", "no control characters");
    return codes::Grade::kOk;
  }
  if (read.code.empty()) {
    code.Clear();
    return codes::Grade::kOk;
  }
  if (read.code != code.value()) code.set_value(std::move(read.code));
  findings_.Note(path, read.grade);
  return read.grade;
}

void ValueReader::CheckEnum(const FieldInfo& info, const Path& path,
                            const Message& value) {
  const int number = info.reflection->GetEnumValue(value, info.field);
  if (info.field->enum_type()->FindValueByNumber(number) == nullptr) {
    findings_.Refuse(path, "CODE_UNKNOWN",
                     info.field->enum_type()->full_name());
  }
}

}  // namespace waystation::domain
