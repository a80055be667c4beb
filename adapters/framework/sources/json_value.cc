// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/json_value.h"

#include <rapidjson/error/error.h>

#include <algorithm>

#include "adapters/framework/sources/json_scanner.h"

namespace waystation::adapters::json {
namespace {

constexpr std::size_t kMemory = std::size_t{128} << 10;
// Above it names are sorted instead of compared each with each.
constexpr std::size_t kFewMembers = 24;

bool HasRepetition(std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// The name that `object` has twice; nullopt if it has none.
std::optional<std::string_view> RepeatedName(const Value& object) {
  const std::size_t size = object.MemberCount();
  if (size > kFewMembers) {
    std::vector<std::string_view> names;
    for (const auto& member : object.GetObject()) {
      names.push_back(Text(member.name));
    }
    if (!HasRepetition(names)) return std::nullopt;
    return *std::adjacent_find(names.begin(), names.end());
  }
  for (auto one = object.MemberBegin(); one != object.MemberEnd(); ++one) {
    const std::string_view name = Text(one->name);
    for (auto other = one + 1; other != object.MemberEnd(); ++other) {
      if (Text(other->name) == name) return name;
    }
  }
  return std::nullopt;
}

}  // namespace

Reader::Reader() : memory_(kMemory), pool_(memory_.data(), memory_.size()) {}

std::string_view Reader::Read(std::string_view text) {
  document_.reset();
  pool_.Clear();
  document_.emplace(&pool_);
  if (!SurrogatesArePaired(text)) return "JSON_SURROGATE";
  // Strings are unescaped where they stand.
  text_.assign(text);
  document_->ParseInsitu<rapidjson::kParseIterativeFlag |
                         rapidjson::kParseNumbersAsStringsFlag>(text_.data());
  return document_->HasParseError() ? "JSON_SYNTAX" : "";
}

std::vector<std::string_view> FindRepeatedMember(const Value& value) {
  if (value.IsArray()) {
    for (const Value& element : value.GetArray()) {
      auto way = FindRepeatedMember(element);
      if (!way.empty()) return way;
    }
  }
  if (!value.IsObject()) return {};
  if (const auto name = RepeatedName(value)) return {*name};
  for (const auto& member : value.GetObject()) {
    auto way = FindRepeatedMember(member.value);
    if (way.empty()) continue;
    way.insert(way.begin(), Text(member.name));
    return way;
  }
  return {};
}

}  // namespace waystation::adapters::json
