// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/values.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"
#include "client/wayctl/language.h"
#include "proto/codes/citizen_number.h"
#include "proto/codes/division.h"
#include "proto/codes/name.h"
#include "proto/codes/phone.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::wayctl {
namespace {

namespace pb = google::protobuf;

// The code, and what `named` is called.
std::string DivisionText(const std::string& code, const std::string& named) {
  const std::string name(codes::DivisionPath(named));
  return name.empty() ? code : code + " " + name;
}

// "1990-03-07", and "lunar 1990-01-30" or "lunar 1990-01-30 leap".
std::string RawDate(const v1::Date& date) {
  if (auto text = runtime::WriteScalarMessage(date)) return *std::move(text);
  if (date.year() == 0) return {};
  v1::Date solar = date;
  solar.clear_calendar();
  solar.clear_leap_month();
  return "lunar " + runtime::WriteScalarMessage(solar).value_or(std::string()) +
         (date.leap_month() ? " leap" : "");
}

// For people or for scripts.
class Writer {
 public:
  explicit Writer(bool for_people) : for_people_(for_people) {}

  // Element `index` of a repeated field, or the field itself for -1.
  std::string Value(const pb::Message& message,
                    const pb::FieldDescriptor& field, int index) const {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        return Message(
            index < 0 ? reflection.GetMessage(message, &field)
                      : reflection.GetRepeatedMessage(message, &field, index));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return Of(EnumCell(
            index < 0 ? reflection.GetEnum(message, &field)
                      : reflection.GetRepeatedEnum(message, &field, index)));
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return String(field, index < 0 ? reflection.GetString(message, &field)
                                       : reflection.GetRepeatedString(
                                             message, &field, index));
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message, &field) ? Of({Say("yes"), "true"})
                                                   : Of({Say("no"), "false"});
      default:
        return std::to_string(reflection.GetInt32(message, &field));
    }
  }

  std::string Field(const pb::Message& message,
                    const pb::FieldDescriptor& field) const {
    if (!field.is_repeated()) return Value(message, field, -1);
    std::vector<std::string> values;
    const int size = message.GetReflection()->FieldSize(message, &field);
    values.reserve(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) values.push_back(Value(message, field, i));
    return Of(JoinedCell(values));
  }

 private:
  std::string Of(const Cell& cell) const {
    return for_people_ ? cell.shown : cell.raw;
  }

  std::string String(const pb::FieldDescriptor& field,
                     const std::string& value) const {
    const bool is_division =
        field.options().GetExtension(v1::meaning) == v1::MEANING_DIVISION;
    return for_people_ && is_division ? DivisionText(value, value) : value;
  }

  // The first field stands alone, as what the message is about; the others with
  // their names: "320505 江苏省苏州市虎丘区 狮山路 1 号; since 2020-03-01".
  std::string Message(const pb::Message& message) const {
    if (message.GetDescriptor() == v1::Date::descriptor()) {
      const auto& date = static_cast<const v1::Date&>(message);
      return Of({DateText(date), RawDate(date)});
    }
    if (message.GetDescriptor() == v1::Code::descriptor()) {
      const auto& code = static_cast<const v1::Code&>(message);
      return Of({Say("$0 ($1)", code.value(), code.list()),
                 code.value() + " (" + code.list() + ")"});
    }
    std::vector<const pb::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    std::string text;
    for (const pb::FieldDescriptor* field : fields) {
      if (SpeaksForItself(*field)) {
        if (!text.empty()) text += " ";
      } else {
        if (!text.empty()) text += Of({Say("; "), "; "});
        if (field->number() > 1) {
          text += Of({SayName(field->name()), field->name()}) + " ";
        }
      }
      text += Field(message, *field);
    }
    return text;
  }

  // Fields whose value says what it is.
  static bool SpeaksForItself(const pb::FieldDescriptor& field) {
    return field.name() == "number" || field.name() == "title" ||
           field.name() == "address";
  }

  const bool for_people_;
};

std::string Attribute(const Writer& writer, const v1::Person& person,
                      const pb::FieldDescriptor& field, int entry) {
  const pb::Reflection& reflection = *person.GetReflection();
  if (!field.is_repeated()) {
    return reflection.HasField(person, &field) ? writer.Field(person, field)
                                               : std::string();
  }
  if (entry < 0) return writer.Field(person, field);
  return entry < reflection.FieldSize(person, &field)
             ? writer.Value(person, field, entry)
             : std::string();
}

std::string MaskedAddress(std::string_view address) {
  return address.empty() ? "" : "****";
}

void MaskMessage(pb::Message& message);

void MaskString(pb::Message& message, const pb::FieldDescriptor& field) {
  const v1::Format format = field.options().GetExtension(v1::format);
  std::string (*mask)(std::string_view) = nullptr;
  if (format == v1::FORMAT_IDENTIFIER ||
      (format == v1::FORMAT_TOKEN && field.name() == "number")) {
    mask = codes::MaskCitizenNumber;
  } else if (format == v1::FORMAT_PHONE) {
    mask = codes::MaskPhone;
  } else if (format == v1::FORMAT_NAME ||
             field.options().GetExtension(v1::meaning) == v1::MEANING_NAME ||
             field.containing_type() == v1::Name::descriptor()) {
    mask = codes::MaskName;
  } else if (field.name() == "address" || field.name() == "dwelling") {
    mask = MaskedAddress;
  }
  if (mask == nullptr) return;
  const pb::Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    reflection.SetString(&message, &field,
                         mask(reflection.GetString(message, &field)));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    reflection.SetRepeatedString(
        &message, &field, i,
        mask(reflection.GetRepeatedString(message, &field, i)));
  }
}

void MaskField(pb::Message& message, const pb::FieldDescriptor& field) {
  if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
    MaskString(message, field);
    return;
  }
  if (field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) return;
  const pb::Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    MaskMessage(*reflection.MutableMessage(&message, &field));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    MaskMessage(*reflection.MutableRepeatedMessage(&message, &field, i));
  }
}

void MaskMessage(pb::Message& message) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) MaskField(message, *field);
}

}  // namespace

Cell TimeCell(const pb::Timestamp& time, const Surroundings& surroundings) {
  if (time.seconds() == 0 && time.nanos() == 0) return Cell("");
  const absl::Time at =
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return {absl::FormatTime("%Y-%m-%d %H:%M:%S", at, surroundings.zone),
          absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", at, absl::UTCTimeZone())};
}

Cell DateCell(const v1::Date& date) { return {DateText(date), RawDate(date)}; }

std::string DateText(const v1::Date& date) {
  if (const auto text = runtime::WriteScalarMessage(date)) return *text;
  if (date.year() == 0) return {};
  v1::Date solar = date;
  solar.clear_calendar();
  solar.clear_leap_month();
  const std::string digits =
      runtime::WriteScalarMessage(solar).value_or(std::string());
  return date.leap_month() ? Say("lunar $0, leap month", digits)
                           : Say("lunar $0", digits);
}

Cell AnswerCell(v1::PredicateAnswer::Answer answer) {
  switch (answer) {
    case v1::PredicateAnswer::ANSWER_YES:
      return {Say("yes"), "yes"};
    case v1::PredicateAnswer::ANSWER_NO:
      return {Say("no"), "no"};
    default:
      return {Say("unknown"), "unknown"};
  }
}

Cell EnumCell(const pb::EnumValueDescriptor* value) {
  if (value == nullptr) return Cell("");
  // The sex "not known" is 0 as well and says something.
  if (value->number() == 0) return Cell("");
  const std::string name = runtime::ShortEnumName(*value);
  return {SayEnum(value->name(), name), name};
}

absl::StatusOr<int> ParseEnum(const pb::EnumDescriptor& type,
                              std::string_view option, std::string_view name) {
  const pb::EnumValueDescriptor* value = runtime::FindEnumValue(type, name);
  if (value != nullptr) return value->number();
  return errors::Error("USAGE", {.field = std::string(option),
                                 .rule = runtime::EnumChoices(type)});
}

std::string PlaceText(const std::string& code) {
  std::string county = code.substr(0, 6);
  county.resize(6, '0');
  return DivisionText(code, county);
}

std::string ChoicesOf(const pb::EnumDescriptor& type) {
  return language::SayRule(runtime::EnumChoices(type));
}

absl::Status CheckAttribute(std::string_view name) {
  if (v1::Person::descriptor()->FindFieldByName(std::string(name))) {
    return absl::OkStatus();
  }
  return errors::Error("ATTRIBUTE_UNKNOWN");
}

Cell AttributeCell(const v1::Person& person, std::string_view attribute,
                   int entry) {
  const pb::FieldDescriptor* field =
      v1::Person::descriptor()->FindFieldByName(std::string(attribute));
  if (field == nullptr) return Cell("");
  return {Attribute(Writer(/*for_people=*/true), person, *field, entry),
          Attribute(Writer(/*for_people=*/false), person, *field, entry)};
}

std::string AgencyText(std::string_view id) {
  if (id == kOffice) return Say("reconciliation office");
  const std::size_t dot = id.find('.');
  if (dot == std::string_view::npos) return std::string(id);
  const std::string place(codes::DivisionPath(id.substr(dot + 1)));
  const std::string sector = SayName(id.substr(0, dot));
  return place.empty() ? std::string(id) : Say("$0, $1", sector, place);
}

std::vector<std::string> SetAttributes(const v1::Person& person) {
  std::vector<const pb::FieldDescriptor*> fields;
  person.GetReflection()->ListFields(person, &fields);
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const pb::FieldDescriptor* field : fields) {
    names.push_back(field->name());
  }
  return names;
}

void Mask(const std::set<std::string>& shown, v1::Person& person) {
  std::vector<const pb::FieldDescriptor*> fields;
  person.GetReflection()->ListFields(person, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (!shown.contains(field->name())) MaskField(person, *field);
  }
}

}  // namespace waystation::wayctl
