// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "proto/runtime/yaml.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::runtime {
namespace {

namespace pb = google::protobuf;

void WriteMessage(const pb::Message& message, YAML::Emitter& out);

// Text that other YAML readers would take for a number, a date or a truth
// value: a division such as 034 must stay text for them too.
void WriteText(const std::string& text, YAML::Emitter& out) {
  constexpr std::string_view kNumberBegins = "-+.0123456789";
  constexpr std::array<std::string_view, 10> kWords = {
      "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  const std::string lower = absl::AsciiStrToLower(text);
  if ((!text.empty() &&
       kNumberBegins.find(text.front()) != std::string_view::npos) ||
      std::ranges::find(kWords, lower) != kWords.end()) {
    out << YAML::DoubleQuoted;
  }
  out << text;
}

std::string Shortest(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.begin(), text.end(), value).ptr;
  return {text.begin(), end};
}

// Element `index` of a repeated field, or the field itself for -1.
void WriteValue(const pb::Message& message, const pb::FieldDescriptor& field,
                int index, YAML::Emitter& out) {
  using Field = pb::FieldDescriptor;
  const pb::Reflection& reflection = *message.GetReflection();
#define WAYSTATION_GET(Type)                         \
  (index < 0 ? reflection.Get##Type(message, &field) \
             : reflection.GetRepeated##Type(message, &field, index))
  switch (field.cpp_type()) {
    case Field::CPPTYPE_STRING:
      if (field.type() == Field::TYPE_BYTES) {
        out << YAML::DoubleQuoted << absl::Base64Escape(WAYSTATION_GET(String));
      } else {
        WriteText(WAYSTATION_GET(String), out);
      }
      return;
    case Field::CPPTYPE_BOOL:
      out << WAYSTATION_GET(Bool);
      return;
    case Field::CPPTYPE_ENUM:
      out << ShortEnumName(*WAYSTATION_GET(Enum));
      return;
    case Field::CPPTYPE_INT32:
      out << WAYSTATION_GET(Int32);
      return;
    case Field::CPPTYPE_INT64:
      out << WAYSTATION_GET(Int64);
      return;
    case Field::CPPTYPE_UINT32:
      out << WAYSTATION_GET(UInt32);
      return;
    case Field::CPPTYPE_UINT64:
      out << WAYSTATION_GET(UInt64);
      return;
    case Field::CPPTYPE_FLOAT:
      out << Shortest(static_cast<double>(WAYSTATION_GET(Float)));
      return;
    case Field::CPPTYPE_DOUBLE:
      out << Shortest(WAYSTATION_GET(Double));
      return;
    case Field::CPPTYPE_MESSAGE: {
      const pb::Message& child = WAYSTATION_GET(Message);
      if (const auto text = WriteScalarMessage(child)) {
        out << *text;
      } else {
        WriteMessage(child, out);
      }
      return;
    }
  }
#undef WAYSTATION_GET
}

void WriteField(const pb::Message& message, const pb::FieldDescriptor& field,
                YAML::Emitter& out) {
  out << YAML::Key << field.name() << YAML::Value;
  if (!field.is_repeated()) return WriteValue(message, field, -1, out);
  const pb::Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (field.is_map()) {
    out << YAML::BeginMap;
    for (int i = 0; i < size; ++i) {
      const pb::Message& entry =
          reflection.GetRepeatedMessage(message, &field, i);
      out << YAML::Key;
      WriteValue(entry, *field.message_type()->map_key(), -1, out);
      out << YAML::Value;
      WriteValue(entry, *field.message_type()->map_value(), -1, out);
    }
    out << YAML::EndMap;
    return;
  }
  out << YAML::BeginSeq;
  for (int i = 0; i < size; ++i) WriteValue(message, field, i, out);
  out << YAML::EndSeq;
}

void WriteMessage(const pb::Message& message, YAML::Emitter& out) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  out << YAML::BeginMap;
  for (const pb::FieldDescriptor* field : fields) {
    WriteField(message, *field, out);
  }
  out << YAML::EndMap;
}

}  // namespace

std::string WriteYaml(const pb::Message& message) {
  YAML::Emitter out;
  WriteMessage(message, out);
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace waystation::runtime
