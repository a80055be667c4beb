// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/yaml.h"
#include "proto/runtime/yaml_text.h"

namespace waystation::runtime {
namespace {

namespace pb = google::protobuf;

constexpr std::size_t kMostProblems = 20;
constexpr std::size_t kMostBytes = 16 << 20;

// Finds where a document begins.
class Beginning final : public YAML::EventHandler {
 public:
  const YAML::Mark& mark() const { return mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Note(mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Note(mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/,
                YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {
    Note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    Note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/,
                  YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    Note(mark);
  }
  void OnMapEnd() override {}

 private:
  // The root's, which comes first.
  void Note(const YAML::Mark& mark) {
    if (!std::exchange(has_root_, true)) mark_ = mark;
  }

  YAML::Mark mark_;
  bool has_root_ = false;
};

// Where a second document begins. YAML::LoadAll would read them all, and there
// are broken texts of a few bytes (",: a") of which it reads empty ones until
// no memory is left.
std::optional<YAML::Mark> SecondDocument(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Beginning first;
  Beginning second;
  if (!parser.HandleNextDocument(first)) return std::nullopt;
  if (!parser.HandleNextDocument(second)) return std::nullopt;
  return second.mark();
}

// Walks node and message side by side and collects what does not fit.
class Reader {
 public:
  explicit Reader(std::string_view file_name) : places_(file_name) {}

  void ReadMessage(const YAML::Node& node, const std::string& path,
                   pb::Message& message);

  void Complain(const YAML::Mark& mark, std::string rule) {
    if (problems_.size() < kMostProblems) {
      problems_.push_back({Place(mark), std::move(rule)});
    }
  }

  absl::StatusOr<YamlPlaces> Finish() && {
    if (problems_.empty()) return std::move(places_);
    return errors::Error("CONFIG_INVALID",
                         {.violations = std::move(problems_)});
  }

 private:
  std::string Place(const YAML::Mark& mark) const {
    if (mark.is_null()) return places_.file_name();
    return places_.file_name() + ":" + std::to_string(mark.line + 1) + ":" +
           std::to_string(mark.column + 1);
  }
  void ReadField(const YAML::Node& key, const YAML::Node& value,
                 const std::string& path, const pb::FieldDescriptor& field,
                 pb::Message& message);
  void ReadMap(const YAML::Node& node, const std::string& path,
               const pb::FieldDescriptor& field, pb::Message& message);
  // Sets or, for a repeated field, adds one value.
  void ReadValue(const YAML::Node& node, const std::string& path,
                 const pb::FieldDescriptor& field, pb::Message& message);
  void ReadScalar(const YAML::Node& node, const pb::FieldDescriptor& field,
                  pb::Message& message);

  YamlPlaces places_;
  std::vector<errors::FieldViolation> problems_;
};

std::string Quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// Where byte `at` stands.
YAML::Mark MarkOf(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  YAML::Mark mark;
  mark.line = static_cast<int>(std::ranges::count(before, '\n'));
  mark.column = static_cast<int>(at - (before.rfind('\n') + 1));
  return mark;
}

// yaml-cpp quotes single bytes of a character: each is replaced.
std::string Utf8Of(std::string text) {
  while (const auto bad = FirstNotUtf8(text)) {
    text.replace(*bad, 1, "\uFFFD");
  }
  return text;
}

std::string UnknownKey(std::string_view key, const pb::Descriptor& type) {
  std::vector<std::string> known;
  known.reserve(static_cast<std::size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) {
    known.push_back(type.field(i)->name());
  }
  const std::string_view near = Nearest(key, known);
  std::string rule = "there is no key " + Quoted(key) + " here";
  if (!near.empty()) rule += "; did you mean " + Quoted(near) + "?";
  return rule;
}

void Reader::ReadMessage(const YAML::Node& node, const std::string& path,
                         pb::Message& message) {
  if (!node.IsMap()) {
    return Complain(node.Mark(), "a map of keys and values is wanted");
  }
  const pb::Descriptor& type = *message.GetDescriptor();
  std::set<std::string> seen;
  std::set<const pb::OneofDescriptor*> chosen;
  for (const auto& entry : node) {
    const YAML::Node& key = entry.first;
    const YAML::Node& value = entry.second;
    if (!key.IsScalar()) {
      Complain(key.Mark(), "a key must be a plain word");
      continue;
    }
    const std::string& name = key.Scalar();
    const pb::FieldDescriptor* const field = type.FindFieldByName(name);
    if (field == nullptr) {
      Complain(key.Mark(), UnknownKey(name, type));
      continue;
    }
    if (!seen.insert(name).second) {
      Complain(key.Mark(), "the key " + Quoted(name) + " is given twice");
      continue;
    }
    if (value.IsNull()) continue;
    const pb::OneofDescriptor* const oneof = field->real_containing_oneof();
    if (oneof != nullptr && !chosen.insert(oneof).second) {
      Complain(key.Mark(), "only one of the " + Quoted(oneof->name()) +
                               " keys may be given");
      continue;
    }
    ReadField(key, value, path.empty() ? name : absl::StrCat(path, ".", name),
              *field, message);
  }
}

void Reader::ReadField(const YAML::Node& key, const YAML::Node& value,
                       const std::string& path,
                       const pb::FieldDescriptor& field, pb::Message& message) {
  places_.Add(path, key.Mark().line + 1, key.Mark().column + 1);
  if (field.is_map()) return ReadMap(value, path, field, message);
  if (!field.is_repeated()) return ReadValue(value, path, field, message);
  if (!value.IsSequence()) {
    return Complain(value.Mark(), "a list is wanted, such as [a, b]");
  }
  int index = 0;
  for (const YAML::Node& item : value) {
    const std::string item_path = path + "[" + std::to_string(index++) + "]";
    places_.Add(item_path, item.Mark().line + 1, item.Mark().column + 1);
    ReadValue(item, item_path, field, message);
  }
}

void Reader::ReadMap(const YAML::Node& node, const std::string& path,
                     const pb::FieldDescriptor& field, pb::Message& message) {
  if (!node.IsMap()) {
    return Complain(node.Mark(), "a map of keys and values is wanted");
  }
  std::set<std::string> seen;
  for (const auto& item : node) {
    if (!item.first.IsScalar()) {
      Complain(item.first.Mark(), "a key must be a plain word");
      continue;
    }
    const std::string& name = item.first.Scalar();
    if (!seen.insert(name).second) {
      Complain(item.first.Mark(),
               "the key " + Quoted(name) + " is given twice");
      continue;
    }
    const std::string item_path = absl::StrCat(path, ".", name);
    places_.Add(item_path, item.first.Mark().line + 1,
                item.first.Mark().column + 1);
    pb::Message& entry = *message.GetReflection()->AddMessage(&message, &field);
    const pb::Descriptor& type = *field.message_type();
    ReadScalar(item.first, *type.map_key(), entry);
    if (!item.second.IsNull()) {
      ReadValue(item.second, item_path, *type.map_value(), entry);
    }
  }
}

void Reader::ReadValue(const YAML::Node& node, const std::string& path,
                       const pb::FieldDescriptor& field, pb::Message& message) {
  if (field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) {
    if (node.IsScalar()) return ReadScalar(node, field, message);
    return Complain(node.Mark(), "a single value is wanted");
  }
  const pb::Reflection& reflection = *message.GetReflection();
  pb::Message& child = field.is_repeated()
                           ? *reflection.AddMessage(&message, &field)
                           : *reflection.MutableMessage(&message, &field);
  if (node.IsScalar() && IsScalarMessage(child)) {
    if (auto rule = ReadScalarMessage(node.Scalar(), child)) {
      Complain(node.Mark(), *std::move(rule));
    }
    return;
  }
  ReadMessage(node, path, child);
}

// One set or add for a singular or a repeated field.
#define WAYSTATION_PUT(Type, value)                                  \
  (field.is_repeated()                                               \
       ? message.GetReflection()->Add##Type(&message, &field, value) \
       : message.GetReflection()->Set##Type(&message, &field, value))

template <typename T>
bool ReadNumber(const std::string& text, T& value) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

void Reader::ReadScalar(const YAML::Node& node,
                        const pb::FieldDescriptor& field,
                        pb::Message& message) {
  using Field = pb::FieldDescriptor;
  const std::string& text = node.Scalar();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_STRING: {
      if (field.type() != Field::TYPE_BYTES) {
        // The escapes \N and \_ are single bytes to yaml-cpp.
        if (FirstNotUtf8(text)) {
          return Complain(node.Mark(), "the file must be UTF-8");
        }
        return WAYSTATION_PUT(String, text);
      }
      std::string bytes;
      if (absl::Base64Unescape(text, &bytes)) {
        return WAYSTATION_PUT(String, bytes);
      }
      return Complain(node.Mark(), "base64 is wanted");
    }
    case Field::CPPTYPE_BOOL:
      if (text == "true") return WAYSTATION_PUT(Bool, true);
      if (text == "false") return WAYSTATION_PUT(Bool, false);
      return Complain(node.Mark(), "true or false is wanted");
    case Field::CPPTYPE_ENUM:
      if (const auto* value = FindEnumValue(*field.enum_type(), text)) {
        return WAYSTATION_PUT(Enum, value);
      }
      return Complain(node.Mark(), EnumChoices(*field.enum_type()));
    case Field::CPPTYPE_INT32:
      if (std::int32_t value = 0; ReadNumber(text, value)) {
        return WAYSTATION_PUT(Int32, value);
      }
      break;
    case Field::CPPTYPE_INT64:
      if (std::int64_t value = 0; ReadNumber(text, value)) {
        return WAYSTATION_PUT(Int64, value);
      }
      break;
    case Field::CPPTYPE_UINT32:
      if (std::uint32_t value = 0; ReadNumber(text, value)) {
        return WAYSTATION_PUT(UInt32, value);
      }
      break;
    case Field::CPPTYPE_UINT64:
      if (std::uint64_t value = 0; ReadNumber(text, value)) {
        return WAYSTATION_PUT(UInt64, value);
      }
      break;
    case Field::CPPTYPE_DOUBLE:
    case Field::CPPTYPE_FLOAT: {
      double value = 0;
      if (!ReadNumber(text, value) || !std::isfinite(value)) {
        return Complain(node.Mark(), "a number is wanted");
      }
      if (field.cpp_type() == Field::CPPTYPE_FLOAT) {
        return WAYSTATION_PUT(Float, static_cast<float>(value));
      }
      return WAYSTATION_PUT(Double, value);
    }
    case Field::CPPTYPE_MESSAGE:
      break;
  }
  Complain(node.Mark(), "a whole number within the field's range is wanted");
}
#undef WAYSTATION_PUT

}  // namespace

void YamlPlaces::Add(std::string path, int line, int column) {
  places_[std::move(path)] =
      file_name_ + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string YamlPlaces::Of(std::string_view path) const {
  while (!path.empty()) {
    const auto found = places_.find(path);
    if (found != places_.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    path = path.substr(0, cut == std::string_view::npos ? 0 : cut);
  }
  return file_name_;
}

bool YamlPlaces::Has(std::string_view path) const {
  return places_.find(path) != places_.end();
}

absl::Status ConfigInvalid(const YamlPlaces& places,
                           const std::vector<YamlProblem>& problems) {
  errors::Details details;
  for (const YamlProblem& problem : problems) {
    const bool said = problem.path.empty() || places.Has(problem.path);
    details.violations.push_back(
        {places.Of(problem.path),
         said ? problem.rule : problem.path + ": " + problem.rule});
  }
  return errors::Error("CONFIG_INVALID", details);
}

absl::StatusOr<YamlPlaces> ReadYaml(std::string_view text,
                                    std::string_view file_name,
                                    pb::Message& message) {
  message.Clear();
  Reader reader(file_name);
  if (const auto bad = FirstNotUtf8(text)) {
    reader.Complain(MarkOf(text, *bad), "the file must be UTF-8");
    return std::move(reader).Finish();
  }
  // By them yaml-cpp would take the file for UTF-16 or UTF-32.
  if (const auto bad = text.find('\0'); bad != std::string_view::npos) {
    reader.Complain(MarkOf(text, bad), "the file must hold no NUL byte");
    return std::move(reader).Finish();
  }
  try {
    const std::string file(text);
    if (const auto second = SecondDocument(file)) {
      reader.Complain(*second, "the file must hold one document");
    } else if (const YAML::Node document = YAML::Load(file);
               !document.IsNull()) {
      reader.ReadMessage(document, "", message);
    }
  } catch (const YAML::Exception& problem) {
    reader.Complain(problem.mark, "YAML: " + Utf8Of(problem.msg));
  }
  return std::move(reader).Finish();
}

absl::StatusOr<YamlPlaces> LoadYaml(const std::string& path,
                                    pb::Message& message) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMostBytes);
  if (!text.ok()) return text.status();
  return ReadYaml(*text, path, message);
}

}  // namespace waystation::runtime
