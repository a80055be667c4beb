// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/seen_elements.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace waystation::adapters {
namespace {

constexpr std::size_t kMostNodes = 2'000;
constexpr std::size_t kMostValueBytes = 256;
constexpr std::string_view kOthers = "(others)";

// What tells elements of one name apart.
std::string_view ToldBy(std::string_view element) {
  if (element == "extension" || element == "modifierExtension") return "url";
  if (element == "identifier" || element == "telecom") return "system";
  return "";
}

// A name out of a public list rather than somebody's own text: what is said of
// a file names nobody.
bool IsPublic(std::string_view value) {
  for (const std::string_view kind :
       {"phone", "fax", "email", "pager", "url", "sms", "other"}) {
    if (value == kind) return true;
  }
  return value.size() <= kMostValueBytes &&
         (value.starts_with("http://") || value.starts_with("https://") ||
          value.starts_with("urn:"));
}

}  // namespace

SeenElements::SeenElements(const std::vector<std::string>& columns,
                           const std::vector<FhirPath>& paths)
    : columns_(columns), paths_(paths) {}

SeenElements::~SeenElements() = default;

void SeenElements::Note(const json::Value& patient) {
  NoteMembers(patient, root_);
}

void SeenElements::NoteMembers(const json::Value& object, Node& node) {
  for (const auto& member : object.GetObject()) {
    const std::string_view element = json::Text(member.name);
    if (&node == &root_ && element == "resourceType") continue;
    json::AnyOf(member.value, [&](const json::Value& value) {
      NoteValue(value, element, node);
      return false;
    });
  }
}

void SeenElements::NoteValue(const json::Value& value, std::string_view element,
                             Node& parent) {
  std::string_view told_by;
  std::string_view told;
  if (value.IsObject()) {
    told_by = ToldBy(element);
    const json::Value* by =
        told_by.empty() ? nullptr : json::Find(value, told_by);
    if (by != nullptr && by->IsString() && IsPublic(json::Text(*by))) {
      told = json::Text(*by);
    }
  }
  Node* node = ChildOf(parent, element, told.empty() ? "" : told_by, told);
  if (node == nullptr) return;
  // Of what nobody reads its name is enough.
  const bool within =
      value.IsObject() && (&parent != &root_ || IsRoot(element));
  if (within) {
    NoteMembers(value, *node);
  } else {
    node->has_value = true;
  }
}

SeenElements::Node* SeenElements::ChildOf(Node& parent,
                                          std::string_view element,
                                          std::string_view told_by,
                                          std::string_view value) {
  for (const auto& child : parent.children) {
    if (child->element == element && child->told_by.value == value) {
      return child.get();
    }
  }
  if (nodes_ == kMostNodes || !IsFhirElement(element)) {
    others_ = true;
    return nullptr;
  }
  ++nodes_;
  auto& node = parent.children.emplace_back(std::make_unique<Node>());
  node->element = element;
  node->told_by = {std::string(told_by), std::string(value)};
  return node.get();
}

bool SeenElements::IsRoot(std::string_view element) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const FhirPath& path) {
    return path.root() == element;
  });
}

std::vector<std::string> SeenElements::Columns() const {
  std::vector<std::string> out;
  std::vector<const Node*> way;
  for (const auto& child : root_.children) List(*child, way, out);
  if (others_) out.emplace_back(kOthers);
  return out;
}

void SeenElements::List(const Node& node, std::vector<const Node*>& way,
                        std::vector<std::string>& out) const {
  const auto add = [&](std::string column) {
    if (std::find(out.begin(), out.end(), column) == out.end()) {
      out.push_back(std::move(column));
    }
  };
  way.push_back(&node);
  if (node.has_value) {
    bool read = false;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (!ReadBy(paths_[i], way)) continue;
      read = true;
      add(columns_[i]);
    }
    std::string path;
    for (const Node* step : way) {
      absl::StrAppend(&path, path.empty() ? "" : ".", step->element);
      if (step->told_by.value.empty()) continue;
      absl::StrAppend(&path, "[", step->told_by.element, "=",
                      step->told_by.value, "]");
    }
    if (!read) add(std::move(path));
  }
  for (const auto& child : node.children) List(*child, way, out);
  way.pop_back();
}

bool SeenElements::ReadBy(const FhirPath& path,
                          const std::vector<const Node*>& way) const {
  if (path.steps.size() + 1 != way.size()) return false;
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    const FhirStep& step = path.steps[i];
    if (step.element != way[i]->element) return false;
    for (const FhirCondition& condition : step.conditions) {
      if (condition.element == way[i]->told_by.element &&
          condition.value != way[i]->told_by.value) {
        return false;
      }
    }
  }
  return std::find(path.leaves.begin(), path.leaves.end(),
                   way.back()->element) != path.leaves.end();
}

}  // namespace waystation::adapters
