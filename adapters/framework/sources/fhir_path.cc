// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_path.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kMostLetters = 64;

constexpr std::string_view kPatient[] = {"id",
                                         "meta",
                                         "implicitRules",
                                         "language",
                                         "text",
                                         "contained",
                                         "extension",
                                         "modifierExtension",
                                         "identifier",
                                         "active",
                                         "name",
                                         "telecom",
                                         "gender",
                                         "birthDate",
                                         "deceasedBoolean",
                                         "deceasedDateTime",
                                         "address",
                                         "maritalStatus",
                                         "multipleBirthBoolean",
                                         "multipleBirthInteger",
                                         "photo",
                                         "contact",
                                         "communication",
                                         "generalPractitioner",
                                         "managingOrganization",
                                         "link"};

// Takes an element's name from the front.
std::optional<std::string> TakeElement(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(".+[]="), text.size());
  const std::string_view name = text.substr(0, end);
  if (!IsFhirElement(name)) return std::nullopt;
  text.remove_prefix(end);
  return std::string(name);
}

// Takes "[element=value]" from the front.
std::optional<FhirCondition> TakeCondition(std::string_view& text) {
  text.remove_prefix(1);
  FhirCondition condition;
  auto element = TakeElement(text);
  const std::size_t end = text.find(']');
  if (!element || !text.starts_with('=') || end == std::string_view::npos ||
      end == 1) {
    return std::nullopt;
  }
  condition.element = *std::move(element);
  condition.value = std::string(text.substr(1, end - 1));
  text.remove_prefix(end + 1);
  return condition;
}

bool TakeLeaves(std::string_view& text, FhirPath& path) {
  while (text.starts_with('+')) {
    text.remove_prefix(1);
    auto element = TakeElement(text);
    if (!element) return false;
    path.leaves.push_back(*std::move(element));
  }
  return text.empty();
}

}  // namespace

std::optional<FhirPath> ParseFhirPath(std::string_view text) {
  FhirPath path;
  for (;;) {
    auto element = TakeElement(text);
    if (!element) return std::nullopt;
    FhirStep step{*std::move(element), {}};
    while (text.starts_with('[')) {
      auto condition = TakeCondition(text);
      if (!condition) return std::nullopt;
      step.conditions.push_back(*std::move(condition));
    }
    if (!text.starts_with('.')) {
      if (!step.conditions.empty()) return std::nullopt;
      path.leaves.push_back(std::move(step.element));
      if (!TakeLeaves(text, path)) return std::nullopt;
      return path;
    }
    text.remove_prefix(1);
    path.steps.push_back(std::move(step));
  }
}

bool IsFhirElement(std::string_view text) {
  if (text.starts_with('_')) text.remove_prefix(1);
  return !text.empty() && text.size() <= kMostLetters &&
         absl::ascii_islower(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c); });
}

std::span<const std::string_view> PatientElements() { return kPatient; }

}  // namespace waystation::adapters
