// SPDX-License-Identifier: Apache-2.0
// How values of the API are spelled for people: times, dates, enums, attributes
// of a person. What a field means is read from the options beside it in
// person.proto; there is no list of attributes here.
#ifndef CLIENT_WAYCTL_VALUES_H_
#define CLIENT_WAYCTL_VALUES_H_

#include <google/protobuf/generated_enum_reflection.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/wayctl/language.h"
#include "client/wayctl/output.h"
#include "client/wayctl/surroundings.h"
#include "waystation/v1/registry_service.pb.h"

namespace google::protobuf {
class EnumDescriptor;
class EnumValueDescriptor;
class Timestamp;
}  // namespace google::protobuf
namespace waystation::v1 {
class StoreFinding;
}  // namespace waystation::v1

namespace waystation::wayctl {

// "2026-11-24 03:07:12" in the reader's zone; RFC 3339 in UTC for scripts.
// Empty for a time that is not set.
Cell TimeCell(const google::protobuf::Timestamp& time,
              const Surroundings& surroundings);

// "1990-03-07", "1990-03", "1990"; lunar dates say so.
std::string DateText(const v1::Date& date);
// The same, and "lunar 1990-01-30" for scripts in each language.
Cell DateCell(const v1::Date& date);

// "residence registration" in the reader's language; "residence_registration"
// for scripts. Empty for what is not specified.
Cell EnumCell(const google::protobuf::EnumValueDescriptor* value);

template <typename Enum>
Cell EnumOf(Enum value) {
  return EnumCell(
      google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(
          static_cast<int>(value)));
}

// "yes", "no" or "unknown".
Cell AnswerCell(v1::PredicateAnswer::Answer answer);

// The value of an enum by its short or full name; USAGE lists the choices.
absl::StatusOr<int> ParseEnum(const google::protobuf::EnumDescriptor& type,
                              std::string_view option, std::string_view name);

template <typename Enum>
absl::StatusOr<Enum> EnumFrom(std::string_view option, std::string_view name) {
  const auto number =
      ParseEnum(*google::protobuf::GetEnumDescriptor<Enum>(), option, name);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

// "3412 安徽省阜阳市", from the province to the county, for a code of 2 to 15
// digits; the code alone where no list has it.
std::string PlaceText(const std::string& code);

// The short names that ParseEnum takes of a type, for a help text.
std::string ChoicesOf(const google::protobuf::EnumDescriptor& type);

template <typename Enum>
std::string Choices() {
  return ChoicesOf(*google::protobuf::GetEnumDescriptor<Enum>());
}

// ATTRIBUTE_UNKNOWN unless `name` is a field of Person.
absl::Status CheckAttribute(std::string_view name);

// One attribute on one line: "320505 虎丘区; since 2020-03-01" for people, and
// "320505; since 2020-03-01" for scripts, the same in each language. Entries of
// a set are numbered by `entry`; -1 means all of them. Empty when nothing is
// set.
Cell AttributeCell(const v1::Person& person, std::string_view attribute,
                   int entry = -1);

// Names of the attributes that are set, in the order of their numbers.
std::vector<std::string> SetAttributes(const v1::Person& person);

// Replaces what identifies by itself, is a name, a phone number, a number of
// somebody's own or an address by a mask, but in the attributes named.
void Mask(const std::set<std::string>& shown, v1::Person& person);

// "a, b, c".
template <typename Range>
std::string Joined(const Range& values, std::string_view comma = ", ") {
  std::string text;
  for (const auto& value : values) {
    if (!text.empty()) text += comma;
    text += value;
  }
  return text;
}

// The same as the reader's language joins words, and with ", " for scripts.
template <typename Range>
Cell JoinedCell(const Range& values) {
  return {Joined(values, Say(", ")), Joined(values)};
}

// Who claims a value that a clerk set.
inline constexpr std::string_view kOffice = "office/reconciliation";

// Who an agency is, by sector and place: "labor, 江苏省苏州市". Its id where
// that says nothing.
std::string AgencyText(std::string_view id);

// What a check of a store found.
Table FindingRows(
    const google::protobuf::RepeatedPtrField<v1::StoreFinding>& findings);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_VALUES_H_
