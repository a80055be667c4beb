// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SEEN_ELEMENTS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SEEN_ELEMENTS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/sources/fhir_path.h"
#include "adapters/framework/sources/json_value.h"

namespace waystation::adapters {

// The elements that the Patients of a file have, as FhirResource::SeenColumns
// tells them. Names that are none of FHIR, and what comes after very many, are
// not told: "(others)" stands for them.
class SeenElements {
 public:
  // `columns` and the paths that they spell, borrowed.
  SeenElements(const std::vector<std::string>& columns,
               const std::vector<FhirPath>& paths);
  ~SeenElements();

  void Note(const json::Value& patient);
  std::vector<std::string> Columns() const;

 private:
  // An element, told apart by what its system or url says.
  struct Node {
    std::string element;
    FhirCondition told_by;
    bool has_value = false;
    std::vector<std::unique_ptr<Node>> children;
  };

  void NoteMembers(const json::Value& object, Node& node);
  void NoteValue(const json::Value& value, std::string_view element,
                 Node& parent);
  Node* ChildOf(Node& parent, std::string_view element,
                std::string_view told_by, std::string_view value);
  void List(const Node& node, std::vector<const Node*>& way,
            std::vector<std::string>& out) const;
  bool IsRoot(std::string_view element) const;
  bool ReadBy(const FhirPath& path, const std::vector<const Node*>& way) const;

  const std::vector<std::string>& columns_;
  const std::vector<FhirPath>& paths_;
  Node root_;
  std::size_t nodes_ = 0;
  bool others_ = false;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_SEEN_ELEMENTS_H_
