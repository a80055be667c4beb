// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/mapping.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/framework/mapping/timestamp.h"
#include "adapters/framework/sources/fhir_path.h"
#include "proto/codes/code_list.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::adapters {
namespace {

using google::protobuf::FieldDescriptor;

// Raised when the same mapping begins to mean something else, so that what was
// sent under the old meaning is looked at again.
constexpr std::uint64_t kReadingVersion = 1;

std::string Quoted(std::string_view name) {
  return absl::StrCat("'", std::string(name), "'");
}

std::vector<std::string> FieldNames(
    const google::protobuf::Descriptor& message) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(message.field_count()));
  for (int i = 0; i < message.field_count(); ++i) {
    names.push_back(message.field(i)->name());
  }
  return names;
}

// How the options beside a field in person.proto ask its text to be read.
Reading ReadingOfText(const FieldDescriptor& field) {
  switch (field.options().GetExtension(v1::format)) {
    case v1::FORMAT_NAME:
      return Reading::kName;
    case v1::FORMAT_IDENTIFIER:
      return Reading::kIdentifier;
    case v1::FORMAT_USCC:
      return Reading::kUscc;
    case v1::FORMAT_BUSINESS_NUMBER:
      return Reading::kBusinessNumber;
    case v1::FORMAT_PHONE:
      return Reading::kPhone;
    case v1::FORMAT_TOKEN:
      return Reading::kToken;
    default:
      break;
  }
  switch (field.options().GetExtension(v1::meaning)) {
    case v1::MEANING_NAME:
      return Reading::kName;
    case v1::MEANING_DIVISION:
      return Reading::kDivision;
    default:
      return Reading::kText;
  }
}

// nullopt for a message that has fields of its own.
std::optional<Reading> ReadingOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return ReadingOfText(field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.enum_type() == v1::Sex_descriptor() ? Reading::kSex
                                                       : Reading::kEnum;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.message_type() == v1::Date::descriptor()) return Reading::kDate;
      if (field.message_type() == v1::Code::descriptor()) return Reading::kCode;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::uint64_t Fingerprint(const config::v1::Mapping& config) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    config.SerializeToCodedStream(&coded);
  }
  // FNV-1a: nothing secret here, and one value for one text is all it takes.
  std::uint64_t hash = 0xcbf29ce484222325U ^ kReadingVersion;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace

std::optional<Charset> ToCharset(config::v1::Table::Charset charset) {
  switch (charset) {
    case config::v1::Table::CHARSET_GB18030:
      return Charset::kGb18030;
    case config::v1::Table::CHARSET_GBK:
      return Charset::kGbk;
    case config::v1::Table::CHARSET_UTF8:
      return Charset::kUtf8;
    case config::v1::Table::CHARSET_UTF16LE:
      return Charset::kUtf16Le;
    default:
      return std::nullopt;
  }
}

// Reads the configuration front to back and collects what is wrong with it.
class Mapping::Compiler {
 public:
  Compiler(Mapping& mapping, const runtime::YamlPlaces& places,
           const Sector& sector)
      : out_(mapping),
        config_(mapping.config_),
        places_(places),
        sector_(sector) {}

  absl::Status Run() {
    if (config_.sector() != sector_.name) {
      Complain("sector", absl::StrCat("must be ", Quoted(sector_.name),
                                      ", the sector of this adapter"));
    }
    ReadTable();
    ReadCodeMaps();
    ReadKeyAndTimes();
    for (int i = 0; i < config_.attributes_size(); ++i) ReadAttribute(i);
    if (config_.attributes().empty()) {
      Complain("attributes", "at least one attribute must be mapped");
    }
    ReadRetraction();
    ReadGuardian();
    ReadDrops();
    out_.fingerprint_ = Fingerprint(config_);
    if (!denied_.empty()) {
      return errors::Error("COLUMN_DENIED", {.violations = denied_});
    }
    if (!problems_.empty()) {
      return runtime::ConfigInvalid(places_, problems_);
    }
    return absl::OkStatus();
  }

 private:
  void Complain(std::string path, std::string rule) {
    problems_.push_back({std::move(path), std::move(rule)});
  }

  // Adds the column to those that are read. Denied ones are, too: the mapping
  // is refused as a whole.
  std::size_t Want(const std::string& column, const std::string& path) {
    if (const Denial* denial = FindDenial(out_.denials_, column)) {
      denied_.push_back(
          {places_.Of(path), absl::StrCat("column ", column, " holds ",
                                          std::string(denial->rule))});
    } else if (out_.table_.kind == FileKind::kFhir) {
      CheckPath(column, path);
    }
    const auto same = [&](const std::string& other) {
      return absl::EqualsIgnoreCase(other, column);
    };
    const auto found =
        std::find_if(out_.columns_.begin(), out_.columns_.end(), same);
    if (found != out_.columns_.end()) {
      return static_cast<std::size_t>(found - out_.columns_.begin());
    }
    out_.columns_.push_back(column);
    return out_.columns_.size() - 1;
  }

  // Whether the sector sends the field, such as "residence.division".
  void CheckField(const std::string& field, const std::string& place) {
    if (sector_.only == nullptr) return;
    const auto& fields = sector_.only->fields;
    if (std::find(fields.begin(), fields.end(), field) != fields.end()) return;
    denied_.push_back(
        {places_.Of(place), absl::StrCat("field ", field, " holds ",
                                         std::string(sector_.only->rule))});
  }

  std::optional<std::size_t> WantIfNamed(const std::string& column,
                                         const std::string& path) {
    if (column.empty()) return std::nullopt;
    return Want(column, path);
  }

  void ReadTable() {
    const config::v1::Table& table = config_.table();
    const bool is_fhir = table.format() == config::v1::Table::FORMAT_FHIR;
    const auto charset = ToCharset(table.charset());
    if (!charset && !is_fhir) {
      Complain("table.charset", "one of gb18030, gbk, utf8, utf16le");
    }
    char delimiter = ',';
    if (!table.delimiter().empty()) {
      delimiter = table.delimiter()[0];
      if (table.delimiter().size() != 1 || !IsDelimiter(delimiter)) {
        Complain("table.delimiter",
                 "one ASCII character that is no letter, digit or quote");
      }
    }
    out_.table_.dialect = {charset.value_or(Charset::kUtf8), delimiter,
                           !table.unquoted()};
    out_.table_.columns.assign(table.columns().begin(), table.columns().end());
    if (table.format() == config::v1::Table::FORMAT_UNSPECIFIED) return;
    out_.table_.kind = is_fhir ? FileKind::kFhir : FileKind::kDbf;
    if (is_fhir && charset.value_or(Charset::kUtf8) != Charset::kUtf8) {
      Complain("table.charset", "JSON is in utf8");
    } else if (charset == Charset::kUtf16Le) {
      Complain("table.charset", "a dBase table has no UTF-16");
    }
    // Columns have names, and values may hold anything.
    if (!table.columns().empty()) {
      Complain("table.columns", "are for text without a header line");
    }
    if (table.unquoted()) Complain("table.unquoted", "is for delimited text");
  }

  // A path that no Patient can have would only ever be empty.
  void CheckPath(const std::string& column, const std::string& place) {
    const auto path = ParseFhirPath(column);
    if (!path) {
      Complain(place, absl::StrCat(Quoted(column),
                                   ": a path into a Patient, such as "
                                   "name[use=official].text"));
      return;
    }
    const auto elements = PatientElements();
    if (std::find(elements.begin(), elements.end(), path->root()) !=
        elements.end()) {
      return;
    }
    std::string rule = absl::StrCat("a Patient has no ", path->root());
    if (const auto near = runtime::Nearest(path->root(), elements);
        !near.empty()) {
      absl::StrAppend(&rule, ": did you mean ", Quoted(near), "?");
    }
    Complain(place, std::move(rule));
  }

  static bool IsDelimiter(char c) {
    return c == '\t' || (absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
                         !absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
                         c != '"' && c != '\'' && c != '`');
  }

  void ReadCodeMaps() {
    for (int i = 0; i < config_.code_maps_size(); ++i) {
      const config::v1::CodeMap& map = config_.code_maps(i);
      const std::string path = absl::StrCat("code_maps[", i, "]");
      if (map.name().empty()) Complain(path, "needs a name");
      CodeTable table(map.entries().begin(), map.entries().end());
      if (!out_.codes_.emplace(map.name(), std::move(table)).second) {
        Complain(absl::StrCat(path, ".name"), "stands twice");
      }
    }
  }

  void ReadKeyAndTimes() {
    if (config_.record_key().empty()) {
      Complain("record_key", "must name a column");
    } else {
      out_.record_key_ = Want(config_.record_key(), "record_key");
    }
    out_.recorded_time_ = WantIfNamed(config_.recorded_time(), "recorded_time");
    const auto offset = ParseUtcOffset(config_.utc_offset());
    if (!offset) Complain("utc_offset", "such as \"+08:00\"");
    out_.utc_offset_ = offset.value_or(absl::ZeroDuration());
  }

  void ReadAttribute(int index) {
    const config::v1::AttributeMapping& config = config_.attributes(index);
    const std::string path = absl::StrCat("attributes[", index, "]");
    const google::protobuf::Descriptor& person = *v1::Person::descriptor();
    const FieldDescriptor* attribute =
        person.FindFieldByName(config.attribute());
    if (attribute == nullptr) {
      ComplainOfName(absl::StrCat(path, ".attribute"), config.attribute(),
                     person);
      return;
    }
    AttributePlan& plan = PlanOf(*attribute);
    const std::string since = absl::StrCat(path, ".valid_from");
    const auto valid_from = WantIfNamed(config.valid_from(), since);
    if (valid_from) CheckField(config.attribute() + ".valid_from", since);
    const int evidence =
        config.evidence() != 0 ? config.evidence() : config_.evidence();
    if (!plan.entries.empty() &&
        (valid_from != plan.valid_from || evidence != plan.evidence)) {
      Complain(path,
               "all entries of an attribute share valid_from and "
               "evidence");
    }
    plan.valid_from = valid_from;
    plan.evidence = evidence;
    EntryPlan& entry = plan.entries.emplace_back();
    bool reads = false;
    for (int i = 0; i < config.fields_size(); ++i) {
      auto field = ReadField(config.fields(i), *attribute,
                             absl::StrCat(path, ".fields[", i, "]"));
      if (!field) continue;
      reads = reads || field->column.has_value();
      entry.fields.push_back(*std::move(field));
    }
    if (!reads) Complain(path, "at least one field must come from a column");
  }

  // The attributes stand in the order of their numbers.
  AttributePlan& PlanOf(const FieldDescriptor& attribute) {
    const auto at = std::find_if(
        out_.attributes_.begin(), out_.attributes_.end(), [&](const auto& p) {
          return p.attribute->number() >= attribute.number();
        });
    if (at != out_.attributes_.end() && at->attribute == &attribute) return *at;
    AttributePlan plan;
    plan.attribute = &attribute;
    return *out_.attributes_.insert(at, std::move(plan));
  }

  std::optional<FieldPlan> ReadField(const config::v1::FieldMapping& config,
                                     const FieldDescriptor& attribute,
                                     const std::string& path) {
    FieldPlan plan;
    const std::string field_path = absl::StrCat(path, ".field");
    if (!FindPath(config.field(), attribute, field_path, plan.path)) {
      return std::nullopt;
    }
    CheckField(absl::StrCat(attribute.name(), ".", config.field()), field_path);
    const FieldDescriptor& leaf = *plan.path.back();
    plan.reading = *ReadingOf(leaf);
    ReadCodes(config, path, plan);
    if (!config.columns().empty()) {
      ReadColumns(config, path, plan);
      return plan;
    }
    switch (config.source_case()) {
      case config::v1::FieldMapping::kColumn:
        plan.column = WantValue(config.column(), absl::StrCat(path, ".column"));
        break;
      case config::v1::FieldMapping::kConstant:
        ReadConstant(config.constant(), path, plan);
        break;
      default:
        Complain(path, "needs a column or a constant");
    }
    return plan;
  }

  void ReadColumns(const config::v1::FieldMapping& config,
                   const std::string& path, FieldPlan& plan) {
    if (config.source_case() != config::v1::FieldMapping::SOURCE_NOT_SET) {
      Complain(absl::StrCat(path, ".columns"),
               "stands instead of a column or a constant");
    }
    if ((plan.reading != Reading::kText && plan.reading != Reading::kName) ||
        plan.codes != nullptr) {
      Complain(absl::StrCat(path, ".columns"),
               "only names and texts are put together");
    }
    for (int i = 0; i < config.columns_size(); ++i) {
      const std::size_t column =
          WantValue(config.columns(i), absl::StrCat(path, ".columns[", i, "]"));
      if (plan.column) {
        plan.more_columns.push_back(column);
      } else {
        plan.column = column;
      }
    }
  }

  // A column that fills a field.
  std::size_t WantValue(const std::string& column, const std::string& path) {
    if (absl::EqualsIgnoreCase(column, config_.record_key())) {
      Complain(path,
               "the record key must not be a personal value (domain "
               "facts, 5.1)");
    }
    return Want(column, path);
  }

  bool FindPath(const std::string& name, const FieldDescriptor& attribute,
                const std::string& place,
                std::vector<const FieldDescriptor*>& path) {
    const google::protobuf::Descriptor* message = attribute.message_type();
    std::string_view rest = name;
    for (;;) {
      const std::string part(rest.substr(0, rest.find('.')));
      const FieldDescriptor* field = message->FindFieldByName(part);
      if (field == nullptr) {
        ComplainOfName(place, part, *message);
        return false;
      }
      path.push_back(field);
      const bool last = part.size() == rest.size();
      if (ReadingOf(*field)) {
        if (!last) Complain(place, absl::StrCat(part, " has no fields"));
        return last;
      }
      if (last || field->message_type() == nullptr) {
        Complain(place, absl::StrCat("must name a field of ", part));
        return false;
      }
      rest.remove_prefix(part.size() + 1);
      message = field->message_type();
    }
  }

  void ComplainOfName(std::string place, std::string_view name,
                      const google::protobuf::Descriptor& message) {
    const std::vector<std::string> names = FieldNames(message);
    const std::string near(runtime::Nearest(name, names));
    Complain(std::move(place),
             near.empty() ? absl::StrCat("one of ", absl::StrJoin(names, ", "))
                          : absl::StrCat("did you mean ", Quoted(near), "?"));
  }

  void ReadCodes(const config::v1::FieldMapping& config,
                 const std::string& path, FieldPlan& plan) {
    if (plan.reading == Reading::kCode) {
      plan.list = codes::FindCodeList(config.list());
      if (plan.list == nullptr) {
        Complain(absl::StrCat(path, ".list"),
                 "the id of a code list and version, such as "
                 "\"GB4658:2006\"");
      }
    } else if (!config.list().empty()) {
      Complain(absl::StrCat(path, ".list"), "only codes have a list");
    }
    if (!config.code_map().empty()) {
      plan.codes = out_.FindCodes(config.code_map());
      if (plan.codes == nullptr) {
        Complain(absl::StrCat(path, ".code_map"), "no such code map");
        return;
      }
      if (plan.reading == Reading::kSex) plan.reading = Reading::kEnum;
      CheckTargets(*plan.codes, absl::StrCat(path, ".code_map"), plan);
    } else if (plan.reading == Reading::kEnum && config.has_column()) {
      Complain(path, "needs a code_map from the system's values to one of " +
                         runtime::EnumChoices(*plan.path.back()->enum_type()));
    }
  }

  void CheckTargets(const CodeTable& table, const std::string& place,
                    FieldPlan& plan) {
    for (const auto& [given, target] : table) {
      if (plan.reading == Reading::kEnum) {
        plan.enum_codes[given] =
            target.empty() ? 0 : EnumNumber(target, place, plan);
      } else if (plan.list != nullptr && !target.empty() &&
                 plan.list->Find(target) == nullptr) {
        Complain(place, absl::StrCat(Quoted(target), " is not in ",
                                     std::string(plan.list->id())));
      }
    }
  }

  int EnumNumber(const std::string& name, const std::string& place,
                 const FieldPlan& plan) {
    const auto& type = *plan.path.back()->enum_type();
    const auto* value = runtime::FindEnumValue(type, name);
    if (value == nullptr) {
      Complain(place, Quoted(name) + ": " + runtime::EnumChoices(type));
      return 0;
    }
    return value->number();
  }

  void ReadConstant(const std::string& constant, const std::string& path,
                    FieldPlan& plan) {
    if (plan.reading == Reading::kSex) plan.reading = Reading::kEnum;
    if (plan.reading == Reading::kEnum) {
      plan.enum_constant =
          EnumNumber(constant, absl::StrCat(path, ".constant"), plan);
    }
    if (plan.codes != nullptr) {
      Complain(absl::StrCat(path, ".code_map"), "is for columns");
      plan.codes = nullptr;
    }
    plan.constant = constant;
  }

  void ReadRetraction() {
    if (!config_.has_retraction()) return;
    const config::v1::RetractionMapping& config = config_.retraction();
    out_.retraction_ = WantIfNamed(config.column(), "retraction.column");
    if (!out_.retraction_) Complain("retraction.column", "must name a column");
    out_.retraction_codes_ = out_.FindCodes(config.code_map());
    if (out_.retraction_codes_ == nullptr) {
      Complain("retraction.code_map", "no such code map");
      return;
    }
    for (const auto& [given, target] : *out_.retraction_codes_) {
      const auto& type = *v1::RecordRetraction_Reason_descriptor();
      if (!target.empty() && runtime::FindEnumValue(type, target) == nullptr) {
        Complain("retraction.code_map",
                 Quoted(target) + ": " + runtime::EnumChoices(type));
      }
    }
  }

  void ReadGuardian() {
    if (!config_.has_guardian()) return;
    const config::v1::GuardianMapping& config = config_.guardian();
    out_.guardian_reference_ =
        WantIfNamed(config.reference(), "guardian.reference");
    out_.guardian_time_ =
        WantIfNamed(config.given_time(), "guardian.given_time");
    if (!out_.guardian_reference_) {
      Complain("guardian.reference", "must name a column");
    }
  }

  void ReadDrops() {
    for (int i = 0; i < config_.drop_size(); ++i) {
      const std::string& column = config_.drop(i).column();
      const auto same = [&](const std::string& other) {
        return absl::EqualsIgnoreCase(other, column);
      };
      if (std::any_of(out_.columns_.begin(), out_.columns_.end(), same)) {
        Complain(absl::StrCat("drop[", i, "].column"),
                 "is read by an attribute");
      }
    }
  }

  Mapping& out_;
  const config::v1::Mapping& config_;
  const runtime::YamlPlaces& places_;
  const Sector& sector_;
  std::vector<runtime::YamlProblem> problems_;
  std::vector<errors::FieldViolation> denied_;
};

absl::StatusOr<std::unique_ptr<const Mapping>> Mapping::Compile(
    const config::v1::Mapping& config, const runtime::YamlPlaces& places,
    const Sector& sector) {
  auto mapping = std::unique_ptr<Mapping>(new Mapping(places));
  mapping->config_ = config;
  mapping->denials_ = sector.denials;
  if (auto run = Compiler(*mapping, places, sector).Run(); !run.ok()) {
    return run;
  }
  return mapping;
}

absl::StatusOr<std::unique_ptr<const Mapping>> Mapping::Load(
    const std::string& path, const Sector& sector) {
  config::v1::Mapping config;
  const auto places = runtime::LoadYaml(path, config);
  if (!places.ok()) return places.status();
  return Compile(config, *places, sector);
}

const CodeTable* Mapping::FindCodes(std::string_view name) const {
  const auto found = codes_.find(std::string(name));
  return found == codes_.end() ? nullptr : &found->second;
}

namespace {

std::string PathName(const AttributePlan& attribute, const FieldPlan& field) {
  std::string name = attribute.attribute->name();
  for (const FieldDescriptor* part : field.path) {
    absl::StrAppend(&name, ".", part->name());
  }
  return name;
}

}  // namespace

std::vector<ColumnUse> Mapping::Explain(
    std::span<const std::string> columns) const {
  // What each wanted column is for, in the order of columns_.
  std::vector<std::vector<std::string>> uses(columns_.size());
  const auto add = [&](std::optional<std::size_t> column, std::string use) {
    if (!column) return;
    auto& list = uses[*column];
    if (std::find(list.begin(), list.end(), use) == list.end()) {
      list.push_back(std::move(use));
    }
  };
  add(record_key_, "record key");
  add(recorded_time_, "recorded time");
  add(retraction_, "retraction");
  add(guardian_reference_, "guardian's consent");
  add(guardian_time_, "guardian's consent");
  for (const AttributePlan& attribute : attributes_) {
    add(attribute.valid_from,
        absl::StrCat(attribute.attribute->name(), " since"));
    for (const EntryPlan& entry : attribute.entries) {
      for (const FieldPlan& field : entry.fields) {
        add(field.column, PathName(attribute, field));
        for (const std::size_t column : field.more_columns) {
          add(column, PathName(attribute, field));
        }
      }
    }
  }
  std::vector<ColumnUse> out;
  for (const std::string& column : columns) {
    const auto same = [&](const std::string& other) {
      return absl::EqualsIgnoreCase(other, column);
    };
    const auto wanted = std::find_if(columns_.begin(), columns_.end(), same);
    if (wanted != columns_.end()) {
      const auto index = static_cast<std::size_t>(wanted - columns_.begin());
      out.push_back({column, absl::StrJoin(uses[index], ", "), "", ""});
      continue;
    }
    const auto dropped =
        std::find_if(config_.drop().begin(), config_.drop().end(),
                     [&](const auto& drop) { return same(drop.column()); });
    if (const Denial* denial = FindDenial(denials_, column)) {
      out.push_back({column, "", "COLUMN_DENIED", std::string(denial->rule)});
    } else if (dropped != config_.drop().end()) {
      out.push_back({column, "", "COLUMN_LISTED", dropped->because()});
    } else {
      out.push_back({column, "", "COLUMN_NOT_MAPPED", ""});
    }
  }
  return out;
}

std::string_view Mapping::ColumnOf(std::string_view path) const {
  // "claims.identifiers[0].number" as "identifiers.number".
  std::string name;
  bool in_brackets = false;
  constexpr std::string_view kClaims = "claims.";
  if (path.starts_with(kClaims)) path.remove_prefix(kClaims.size());
  for (const char c : path) {
    in_brackets = in_brackets ? c != ']' : c == '[';
    if (!in_brackets && c != ']') name.push_back(c);
  }
  if (name == "record_key") return columns_[record_key_];
  for (const AttributePlan& attribute : attributes_) {
    for (const EntryPlan& entry : attribute.entries) {
      for (const FieldPlan& field : entry.fields) {
        if (!field.column) continue;
        const std::string field_name = PathName(attribute, field);
        if (name == field_name || name.starts_with(field_name + ".") ||
            field_name.starts_with(name + ".")) {
          return columns_[*field.column];
        }
      }
    }
  }
  return "";
}

}  // namespace waystation::adapters
