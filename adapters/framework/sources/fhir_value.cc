// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_value.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace waystation::adapters {
namespace {

using json::Value;

// Parts of a name stand side by side; Latin ones have a space between them.
void AppendPart(std::string_view part, std::string& text) {
  const auto is_ascii = [](char c) {
    return absl::ascii_isascii(static_cast<unsigned char>(c));
  };
  if (!text.empty() && !part.empty() && is_ascii(text.back()) &&
      is_ascii(part.front())) {
    text.push_back(' ');
  }
  text.append(part);
}

// What the path's leaves say, in `scratch` where it stands in several places.
std::string_view LeafText(const Value& object, const FhirPath& path,
                          std::string& scratch) {
  std::string_view only;
  std::size_t parts = 0;
  scratch.clear();
  for (const std::string& leaf : path.leaves) {
    const Value* value = json::Find(object, leaf);
    if (value == nullptr) continue;
    json::AnyOf(*value, [&](const Value& part) {
      if (!IsScalar(part) || ScalarText(part).empty()) return false;
      only = ScalarText(part);
      ++parts;
      AppendPart(only, scratch);
      return false;
    });
  }
  return parts == 1 ? only : std::string_view(scratch);
}

}  // namespace

std::string_view ScalarText(const Value& value) {
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  return json::Text(value);
}

bool Fits(const Value& object, const FhirStep& step) {
  return std::all_of(step.conditions.begin(), step.conditions.end(),
                     [&](const auto& wanted) {
                       const Value* value = json::Find(object, wanted.element);
                       return value != nullptr && IsScalar(*value) &&
                              ScalarText(*value) == wanted.value;
                     });
}

std::string_view FindText(const Value& object, const FhirPath& path,
                          std::size_t step, std::string& scratch) {
  if (step == path.steps.size()) return LeafText(object, path, scratch);
  const Value* value = json::Find(object, path.steps[step].element);
  std::string_view found;
  if (value == nullptr) return found;
  json::AnyOf(*value, [&](const Value& element) {
    if (!element.IsObject() || !Fits(element, path.steps[step])) return false;
    found = FindText(element, path, step + 1, scratch);
    return !found.empty();
  });
  return found;
}

}  // namespace waystation::adapters
