// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SINKS_VIEW_TEXT_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SINKS_VIEW_TEXT_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/mapping/mapping.h"

namespace waystation::v1 {
class MailboxEntry;
class Person;
}  // namespace waystation::v1

namespace waystation::adapters {

// All that a person's message holds, a line for each field: its path, such as
// "name.full", and its values, spelled as below.
std::vector<std::pair<std::string, std::string>> FieldTexts(
    const v1::Person& person);

// Writes what the mailbox tells of a person as the columns of an export, in
// UTF-8. Several values of one field are joined by ';'. Immutable, thread-safe.
class ViewText {
 public:
  // CONFIG_INVALID with the place and rule of everything in `export` that is
  // wrong.
  static absl::StatusOr<std::unique_ptr<const ViewText>> Compile(
      const Mapping& mapping);
  ~ViewText();

  std::vector<std::string> columns() const;

  // The columns of one row; `record_key` is one of the view's own.
  std::vector<std::string> Row(const v1::MailboxEntry& entry,
                               std::string_view record_key,
                               absl::Time as_of) const;

 private:
  struct Column;
  class Compiler;
  explicit ViewText(const Mapping& mapping);

  const Mapping& mapping_;
  std::vector<Column> columns_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SINKS_VIEW_TEXT_H_
