// SPDX-License-Identifier: Apache-2.0
// JSON that is held in memory, read by RapidJSON without recursion, numbers as
// they are spelled. For the .cc files of this folder.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_JSON_VALUE_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_JSON_VALUE_H_

#include <rapidjson/document.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::adapters::json {

using Value = rapidjson::Value;

inline std::string_view Text(const Value& string) {
  return {string.GetString(), string.GetStringLength()};
}

// nullptr if `object` has no such member.
inline const Value* Find(const Value& object, std::string_view name) {
  for (auto at = object.MemberBegin(); at != object.MemberEnd(); ++at) {
    if (Text(at->name) == name) return &at->value;
  }
  return nullptr;
}

// Calls `function` with each element of an array, or with the value itself,
// until it says true. Whether it did.
template <typename Function>
bool AnyOf(const Value& value, Function function) {
  if (!value.IsArray()) return function(value);
  for (const Value& element : value.GetArray()) {
    if (function(element)) return true;
  }
  return false;
}

// The memory of one value after the other: what is read next takes that of what
// was read before.
class Reader {
 public:
  Reader();

  // The reason of proto/errors why `text` is no JSON; empty if it is one.
  // Precondition: it is not nested deeper than kMaxJsonDepth, and has no NUL.
  std::string_view Read(std::string_view text);

  const Value& value() const { return *document_; }

 private:
  using Pool = rapidjson::MemoryPoolAllocator<>;
  using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, Pool>;

  std::string text_;
  std::vector<char> memory_;
  Pool pool_;
  std::optional<Document> document_;
};

// The way to the first member that an object within `value` has twice, itself
// last; empty if none has. Views of `value`.
std::vector<std::string_view> FindRepeatedMember(const Value& value);

}  // namespace waystation::adapters::json

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_JSON_VALUE_H_
