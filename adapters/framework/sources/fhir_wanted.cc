// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_wanted.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "adapters/framework/sources/fhir_value.h"

namespace waystation::adapters {
namespace {

using json::Value;
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;
// A path, and how many of its steps were gone.
using OnTheWay = std::pair<const FhirPath*, std::size_t>;

void WriteKey(std::string_view name, JsonWriter& writer) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

// A value as far as it is text; whether anything was.
bool WriteScalars(const Value& value, std::string_view name,
                  JsonWriter& writer) {
  if (!json::AnyOf(value, IsScalar)) return false;
  WriteKey(name, writer);
  if (value.IsArray()) writer.StartArray();
  json::AnyOf(value, [&](const Value& element) {
    if (IsScalar(element)) element.Accept(writer);
    return false;
  });
  if (value.IsArray()) writer.EndArray();
  return true;
}

// Members of `object` that a path reads, or by which one chose it.
void WriteMembers(const Value& object, const std::vector<OnTheWay>& paths,
                  JsonWriter& writer);

bool IsLeaf(const OnTheWay& on_the_way, std::string_view name) {
  const auto& [path, gone] = on_the_way;
  if (gone != path->steps.size()) return false;
  return std::find(path->leaves.begin(), path->leaves.end(), name) !=
         path->leaves.end();
}

bool IsConditionOfLastStep(const OnTheWay& on_the_way, std::string_view name) {
  const auto& [path, gone] = on_the_way;
  if (gone == 0) return false;
  const auto& conditions = path->steps[gone - 1].conditions;
  return std::any_of(conditions.begin(), conditions.end(),
                     [&](const auto& c) { return c.element == name; });
}

// The paths that go on through `element`, those of `through` whose last step it
// fits.
std::vector<OnTheWay> Within(const Value& element,
                             const std::vector<OnTheWay>& through) {
  std::vector<OnTheWay> within;
  for (const auto& [path, gone] : through) {
    if (element.IsObject() && Fits(element, path->steps[gone - 1])) {
      within.emplace_back(path, gone);
    }
  }
  return within;
}

// An object, or an array of such, as far as paths go through it.
void WriteThrough(std::string_view name, const Value& value,
                  const std::vector<OnTheWay>& through, JsonWriter& writer) {
  const auto fits = [&](const Value& element) {
    return !Within(element, through).empty();
  };
  if (!json::AnyOf(value, fits)) return;
  WriteKey(name, writer);
  if (value.IsArray()) writer.StartArray();
  json::AnyOf(value, [&](const Value& element) {
    if (const auto within = Within(element, through); !within.empty()) {
      writer.StartObject();
      WriteMembers(element, within, writer);
      writer.EndObject();
    }
    return false;
  });
  if (value.IsArray()) writer.EndArray();
}

void WriteMember(std::string_view name, const Value& value,
                 const std::vector<OnTheWay>& paths, JsonWriter& writer) {
  const bool as_it_is =
      std::any_of(paths.begin(), paths.end(), [&](const OnTheWay& on_the_way) {
        return IsLeaf(on_the_way, name) ||
               IsConditionOfLastStep(on_the_way, name);
      });
  if (as_it_is && WriteScalars(value, name, writer)) return;
  std::vector<OnTheWay> through;
  for (const auto& [path, gone] : paths) {
    if (gone < path->steps.size() && path->steps[gone].element == name) {
      through.emplace_back(path, gone + 1);
    }
  }
  WriteThrough(name, value, through, writer);
}

void WriteMembers(const Value& object, const std::vector<OnTheWay>& paths,
                  JsonWriter& writer) {
  for (const auto& member : object.GetObject()) {
    WriteMember(json::Text(member.name), member.value, paths, writer);
  }
}

}  // namespace

std::string WantedJson(const Value& patient,
                       const std::vector<FhirPath>& paths) {
  std::vector<OnTheWay> all;
  for (const FhirPath& path : paths) all.emplace_back(&path, 0);
  rapidjson::StringBuffer out;
  JsonWriter writer(out);
  writer.StartObject();
  writer.Key("resourceType");
  writer.String("Patient");
  WriteMembers(patient, all, writer);
  writer.EndObject();
  return {out.GetString(), out.GetSize()};
}

}  // namespace waystation::adapters
