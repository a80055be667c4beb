// SPDX-License-Identifier: Apache-2.0
// A mapping, checked and made ready to run: which columns a row is asked for,
// and which field of which attribute each of them fills. How a field's text is
// read follows from the field itself (its type and the options beside it in
// person.proto), so a mapping names columns and fields and nothing else.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_MAPPING_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_MAPPING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/mapping/denial.h"
#include "adapters/framework/mapping/sector.h"
#include "adapters/framework/sources/table_source.h"
#include "proto/runtime/yaml.h"
#include "waystation/config/v1/adapter.pb.h"

namespace google::protobuf {
class FieldDescriptor;
}
namespace waystation::codes {
class CodeList;
}

namespace waystation::adapters {

// nullopt for one that is not specified.
std::optional<Charset> ToCharset(config::v1::Table::Charset charset);

// How the text of one field is read.
enum class Reading : std::uint8_t {
  kText,
  kToken,
  kName,
  kDivision,
  kIdentifier,
  kPhone,
  kUscc,
  kBusinessNumber,
  kDate,
  kCode,
  kSex,
  kEnum,
};

// A system's own codes. An empty value says nothing.
using CodeTable = std::unordered_map<std::string, std::string>;

// One field of one entry, filled from one column or with a constant.
struct FieldPlan {
  // From the attribute down to the field that holds the value.
  std::vector<const google::protobuf::FieldDescriptor*> path;
  Reading reading = Reading::kText;
  // Index among the wanted columns; nullopt for a constant.
  std::optional<std::size_t> column;
  // Of columns whose values follow that of `column`, each after a space.
  std::vector<std::size_t> more_columns;
  // The constant, as text or, for kEnum, as a number.
  std::string constant;
  int enum_constant = 0;
  // What the column's values mean; for kEnum the numbers, 0 for nothing.
  const CodeTable* codes = nullptr;
  std::unordered_map<std::string, int> enum_codes;
  const codes::CodeList* list = nullptr;  // for kCode
};

// One entry of a set, or one part of an attribute that is no set.
struct EntryPlan {
  std::vector<FieldPlan> fields;
};

struct AttributePlan {
  const google::protobuf::FieldDescriptor* attribute = nullptr;
  std::vector<EntryPlan> entries;
  std::optional<std::size_t> valid_from;
  // A v1::Evidence.
  int evidence = 0;
};

// What becomes of a column that a file has.
struct ColumnUse {
  std::string column;
  // "name.full", "record key", ...; empty if the column is dropped.
  std::string use;
  // Why it is dropped: COLUMN_DENIED, COLUMN_LISTED or COLUMN_NOT_MAPPED, and
  // what the denial or the mapping says of it.
  std::string_view reason;
  std::string because;
};

// Immutable after Compile; thread-safe.
class Mapping {
 public:
  // CONFIG_INVALID with the place and rule of everything that is wrong;
  // COLUMN_DENIED where that is a column of the sector's denials or of
  // DeniedEverywhere, or a field that the sector does not send.
  static absl::StatusOr<std::unique_ptr<const Mapping>> Compile(
      const config::v1::Mapping& config, const runtime::YamlPlaces& places,
      const Sector& sector);

  // From a file.
  static absl::StatusOr<std::unique_ptr<const Mapping>> Load(
      const std::string& path, const Sector& sector);

  const config::v1::Mapping& config() const { return config_; }
  // Where it stands, for checks that come later.
  const runtime::YamlPlaces& places() const { return places_; }
  const TableFormat& table() const { return table_; }

  // The columns to ask a source for.
  const std::vector<std::string>& columns() const { return columns_; }

  std::size_t record_key() const { return record_key_; }
  std::optional<std::size_t> recorded_time() const { return recorded_time_; }
  absl::Duration utc_offset() const { return utc_offset_; }
  const std::vector<AttributePlan>& attributes() const { return attributes_; }
  // The column whose value takes the record back, and what the values mean.
  std::optional<std::size_t> retraction() const { return retraction_; }
  const CodeTable* retraction_codes() const { return retraction_codes_; }
  std::optional<std::size_t> guardian_reference() const {
    return guardian_reference_;
  }
  std::optional<std::size_t> guardian_time() const { return guardian_time_; }

  // Changes whenever the mapping says something else.
  std::uint64_t fingerprint() const { return fingerprint_; }

  // What becomes of each of a file's columns.
  std::vector<ColumnUse> Explain(std::span<const std::string> columns) const;

  // The column that fills the field of a violation's path, such as
  // "claims.birth_date.date"; empty if none does.
  std::string_view ColumnOf(std::string_view path) const;

  const CodeTable* FindCodes(std::string_view name) const;

 private:
  class Compiler;

  explicit Mapping(runtime::YamlPlaces places) : places_(std::move(places)) {}

  config::v1::Mapping config_;
  runtime::YamlPlaces places_;
  std::span<const Denial> denials_;
  TableFormat table_;
  std::vector<std::string> columns_;
  std::size_t record_key_ = 0;
  std::optional<std::size_t> recorded_time_;
  absl::Duration utc_offset_;
  std::vector<AttributePlan> attributes_;
  std::optional<std::size_t> retraction_;
  const CodeTable* retraction_codes_ = nullptr;
  std::optional<std::size_t> guardian_reference_;
  std::optional<std::size_t> guardian_time_;
  std::unordered_map<std::string, CodeTable> codes_;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_MAPPING_H_
