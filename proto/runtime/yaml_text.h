// SPDX-License-Identifier: Apache-2.0
// How single values of a message are spelled in YAML.
#ifndef WAYSTATION_PROTO_RUNTIME_YAML_TEXT_H_
#define WAYSTATION_PROTO_RUNTIME_YAML_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class EnumDescriptor;
class EnumValueDescriptor;
class Message;
}  // namespace google::protobuf

namespace waystation::runtime {

// "residence_registration" for PURPOSE_RESIDENCE_REGISTRATION.
std::string ShortEnumName(const google::protobuf::EnumValueDescriptor& value);

// By short or full name; nullptr for an unknown name, and for "unspecified":
// what is not specified is left out.
const google::protobuf::EnumValueDescriptor* FindEnumValue(
    const google::protobuf::EnumDescriptor& type, std::string_view name);

// What a field of that type may say: "one of a, b, c".
std::string EnumChoices(const google::protobuf::EnumDescriptor& type);

// True for the messages that are written as one scalar: Duration, Timestamp and
// waystation.v1.Date (unless lunar).
bool IsScalarMessage(const google::protobuf::Message& message);

// The rule that `text` breaks, nullopt if it was read into `message`.
std::optional<std::string> ReadScalarMessage(
    std::string_view text, google::protobuf::Message& message);

// nullopt if the message holds what one scalar cannot say.
std::optional<std::string> WriteScalarMessage(
    const google::protobuf::Message& message);

// The known name that `name` probably stands for; empty if none is near.
template <typename Names>
std::string_view Nearest(std::string_view name, const Names& known);

// Offset of the first byte that is no UTF-8; nullopt if all is.
std::optional<std::size_t> FirstNotUtf8(std::string_view text);

// Number of single-character edits between two names.
int EditDistance(std::string_view a, std::string_view b);

template <typename Names>
std::string_view Nearest(std::string_view name, const Names& known) {
  std::string_view best;
  int best_distance = 3;
  for (const auto& candidate : known) {
    const int distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace waystation::runtime

#endif  // WAYSTATION_PROTO_RUNTIME_YAML_TEXT_H_
