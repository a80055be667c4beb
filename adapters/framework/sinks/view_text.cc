// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sinks/view_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "proto/codes/code_list.h"
#include "proto/codes/date.h"
#include "proto/codes/sex.h"
#include "proto/runtime/yaml.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/mailbox_service.pb.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::adapters {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// What a row is made of.
struct Subject {
  const v1::MailboxEntry& entry;
  std::string_view record_key;
  absl::Time as_of;
  absl::Duration utc_offset;
};

std::string Spell(const v1::Date& date, bool compact) {
  codes::PartialDate partial;
  partial.year = static_cast<std::int16_t>(date.year());
  partial.month = static_cast<std::uint8_t>(date.month());
  partial.day = static_cast<std::uint8_t>(date.day());
  partial.lunar = date.calendar() == v1::Date::CALENDAR_LUNAR;
  partial.leap_month = date.leap_month();
  std::string text = codes::FormatDate(partial);
  if (compact && !partial.lunar) std::erase(text, '-');
  return text;
}

// The system's own code for what `codes` map to `name` (or to another spelling
// of it); the first in order where several do, `name` itself where none does.
std::string Backwards(const CodeTable* codes,
                      const std::function<bool(const std::string&)>& is_it,
                      std::string name) {
  if (codes == nullptr) return name;
  const std::map<std::string, std::string> ordered(codes->begin(),
                                                   codes->end());
  for (const auto& [given, target] : ordered) {
    if (is_it(target)) return given;
  }
  return name;
}

std::string SpellEnum(const google::protobuf::EnumValueDescriptor& value,
                      const CodeTable* codes) {
  const auto is_it = [&](const std::string& target) {
    return runtime::FindEnumValue(*value.type(), target) == &value;
  };
  std::string name = runtime::ShortEnumName(value);
  if (value.type() == v1::Sex_descriptor()) {
    name = codes::SexCode(static_cast<codes::Sex>(value.number()));
  }
  return Backwards(codes, is_it, std::move(name));
}

std::string SpellString(const std::string& text, const CodeTable* codes) {
  return Backwards(
      codes, [&](const std::string& target) { return target == text; }, text);
}

// One part of a field's path: "schemes", or "identifiers[citizen_number]", the
// entries of that kind alone.
struct Step {
  const FieldDescriptor* field = nullptr;
  const FieldDescriptor* kind = nullptr;
  std::set<int> wanted = {};

  bool Takes(const Message& entry) const {
    return kind == nullptr ||
           wanted.contains(entry.GetReflection()->GetEnumValue(entry, kind));
  }
};

// How one column spells what it finds.
struct Spelling {
  const CodeTable* codes = nullptr;
  // The list whose codes the system knows; empty: any.
  std::string list;
  bool compact_dates = false;

  std::string Of(const Message& value) const {
    if (value.GetDescriptor() == v1::Date::descriptor()) {
      return Spell(static_cast<const v1::Date&>(value), compact_dates);
    }
    const auto& code = static_cast<const v1::Code&>(value);
    if (!list.empty() && code.list() != list) return "";
    return SpellString(code.value(), codes);
  }
};

// All values at the end of the path, in order. An entry without one has its
// empty place, so that the entries of two columns stand side by side.
void Collect(const Message& message, std::span<const Step> path,
             const Spelling& spelling, std::vector<std::string>& out) {
  const Step& step = path.front();
  const FieldDescriptor& field = *step.field;
  const auto& reflection = *message.GetReflection();
  const auto add_message = [&](const Message& value) {
    if (!step.Takes(value)) return;
    if (path.size() == 1) {
      out.push_back(spelling.Of(value));
      return;
    }
    const std::size_t before = out.size();
    Collect(value, path.subspan(1), spelling, out);
    if (field.is_repeated() && out.size() == before) out.emplace_back();
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
          add_message(reflection.GetRepeatedMessage(message, &field, i));
        }
      } else if (reflection.HasField(message, &field)) {
        add_message(reflection.GetMessage(message, &field));
      }
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field.is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
          out.push_back(SpellEnum(
              *reflection.GetRepeatedEnum(message, &field, i), spelling.codes));
        }
      } else if (reflection.GetEnumValue(message, &field) != 0) {
        out.push_back(
            SpellEnum(*reflection.GetEnum(message, &field), spelling.codes));
      }
      break;
    default:
      if (field.is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
          out.push_back(
              SpellString(reflection.GetRepeatedString(message, &field, i),
                          spelling.codes));
        }
      } else if (const std::string text = reflection.GetString(message, &field);
                 !text.empty()) {
        out.push_back(SpellString(text, spelling.codes));
      }
  }
}

std::string Joined(const std::vector<std::string>& values) {
  const bool none = std::all_of(values.begin(), values.end(),
                                [](const auto& v) { return v.empty(); });
  return none ? "" : absl::StrJoin(values, ";");
}

const v1::AttributeView* FindAttribute(const v1::PersonView& view,
                                       std::string_view name) {
  const auto found =
      std::find_if(view.attributes().begin(), view.attributes().end(),
                   [&](const auto& a) { return a.attribute() == name; });
  return found == view.attributes().end() ? nullptr : &*found;
}

std::string Fact(const Subject& subject, const std::string& fact,
                 const CodeTable* codes) {
  if (fact == "record_key") return std::string(subject.record_key);
  if (fact == "handle") return subject.entry.view().handle();
  if (fact == "change") {
    return SpellEnum(
        *v1::ChangeKind_descriptor()->FindValueByNumber(subject.entry.kind()),
        codes);
  }
  if (fact == "attributes") {
    return absl::StrJoin(subject.entry.attributes(), ";");
  }
  return absl::FormatTime("%Y-%m-%d %H:%M:%S",
                          subject.as_of + subject.utc_offset,
                          absl::UTCTimeZone());
}

std::string Answer(const v1::PersonView& view, std::string_view predicate) {
  for (const auto& answer : view.predicates()) {
    if (answer.predicate() != predicate) continue;
    if (answer.answer() == v1::PredicateAnswer::ANSWER_YES) return "1";
    if (answer.answer() == v1::PredicateAnswer::ANSWER_NO) return "0";
  }
  return "";
}

bool IsFact(const std::string& fact) {
  return fact == "record_key" || fact == "handle" || fact == "change" ||
         fact == "attributes" || fact == "as_of";
}

// The step that `part` names in `message`; nullopt if there is no such.
std::optional<Step> FindStep(const google::protobuf::Descriptor& message,
                             const std::string& part) {
  const std::size_t bracket = part.find('[');
  Step step;
  step.field = message.FindFieldByName(part.substr(0, bracket));
  if (step.field == nullptr) return std::nullopt;
  if (bracket == std::string::npos) return step;
  const auto* entry = step.field->message_type();
  if (!part.ends_with(']') || entry == nullptr) return std::nullopt;
  for (int i = 0; i < entry->field_count() && step.kind == nullptr; ++i) {
    const FieldDescriptor* field = entry->field(i);
    if (field->enum_type() != nullptr && !field->is_repeated()) {
      step.kind = field;
    }
  }
  if (step.kind == nullptr) return std::nullopt;
  const std::string kinds = part.substr(bracket + 1, part.size() - bracket - 2);
  for (const auto& name :
       std::vector<std::string>(absl::StrSplit(kinds, '|'))) {
    const auto* value = runtime::FindEnumValue(*step.kind->enum_type(), name);
    if (value == nullptr) return std::nullopt;
    step.wanted.insert(value->number());
  }
  return step;
}

// The steps from Person to the value; empty if there is no such.
std::vector<Step> FindPath(const std::string& name) {
  std::vector<Step> path;
  const google::protobuf::Descriptor* message = v1::Person::descriptor();
  for (const auto& part : std::vector<std::string>(absl::StrSplit(name, '.'))) {
    const auto step =
        message == nullptr ? std::nullopt : FindStep(*message, part);
    if (!step) return {};
    path.push_back(*step);
    message = step->field->message_type();
    if (message == v1::Date::descriptor() ||
        message == v1::Code::descriptor()) {
      message = nullptr;
    }
  }
  const FieldDescriptor& last = *path.back().field;
  const bool has_value = last.message_type() == nullptr ||
                         last.message_type() == v1::Date::descriptor() ||
                         last.message_type() == v1::Code::descriptor();
  return has_value ? path : std::vector<Step>{};
}

bool IsAttribute(const std::string& name) {
  return v1::Person::descriptor()->FindFieldByName(name) != nullptr;
}

bool IsPredicate(const std::string& name) {
  const auto& person = *v1::Person::descriptor();
  for (int i = 0; i < person.field_count(); ++i) {
    const auto& options =
        person.field(i)->options().GetExtension(v1::attribute);
    for (const v1::Predicate& predicate : options.predicates()) {
      if (predicate.name() == name) return true;
    }
  }
  return false;
}

// Adds the texts of what stands below `path`.
void AddTexts(const v1::Person& person,
              const google::protobuf::Descriptor& message,
              std::vector<Step>& path, const std::string& name,
              std::vector<std::pair<std::string, std::string>>& texts) {
  for (int i = 0; i < message.field_count(); ++i) {
    path.push_back({.field = message.field(i)});
    const std::string below =
        name.empty() ? message.field(i)->name()
                     : absl::StrCat(name, ".", message.field(i)->name());
    const auto* inner = message.field(i)->message_type();
    if (inner == nullptr || inner == v1::Date::descriptor() ||
        inner == v1::Code::descriptor()) {
      std::vector<std::string> values;
      Collect(person, path, {}, values);
      if (std::string text = Joined(values); !text.empty()) {
        texts.emplace_back(below, std::move(text));
      }
    } else {
      AddTexts(person, *inner, path, below, texts);
    }
    path.pop_back();
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> FieldTexts(
    const v1::Person& person) {
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<Step> path;
  AddTexts(person, *v1::Person::descriptor(), path, "", texts);
  return texts;
}

struct ViewText::Column {
  std::string name;
  std::function<std::string(const Subject&)> text;
};

// Reads the mapping's `export` and collects what is wrong with it.
class ViewText::Compiler {
 public:
  Compiler(const Mapping& mapping, ViewText& out)
      : mapping_(mapping), out_(out) {}

  absl::Status Run() {
    const config::v1::Export& config = mapping_.config().export_();
    for (const std::string* part :
         {&config.file_prefix(), &config.file_suffix()}) {
      const bool prefix = part == &config.file_prefix();
      if (part->empty() || part->find('/') != std::string::npos ||
          (prefix && part->starts_with('.'))) {
        Complain(prefix ? "export.file_prefix" : "export.file_suffix",
                 "part of a file's name, such as ldrk_hz or .csv");
      }
    }
    for (int i = 0; i < config.columns_size(); ++i) {
      path_ = absl::StrCat("export.columns[", i, "]");
      ReadColumn(config.columns(i));
    }
    if (!has_key_) {
      Complain("export.columns",
               "one column must hold the fact record_key, or the system cannot "
               "tell whose row it is");
    }
    return problems_.empty()
               ? absl::OkStatus()
               : runtime::ConfigInvalid(mapping_.places(), problems_);
  }

 private:
  void Complain(std::string path, std::string rule) {
    problems_.push_back({std::move(path), std::move(rule)});
  }
  void ComplainOf(std::string_view key, std::string rule) {
    Complain(absl::StrCat(path_, ".", std::string(key)), std::move(rule));
  }

  void ReadColumn(const config::v1::ExportColumn& config) {
    if (config.column().empty()) ComplainOf("column", "must be set");
    if (!names_.insert(config.column()).second) {
      ComplainOf("column", "stands twice");
    }
    Spelling spelling;
    spelling.codes = mapping_.FindCodes(config.code_map());
    if (spelling.codes == nullptr && !config.code_map().empty()) {
      ComplainOf("code_map", "no such code map");
    }
    spelling.compact_dates = config.date_format() == "YYYYMMDD";
    if (!spelling.compact_dates && !config.date_format().empty() &&
        config.date_format() != "YYYY-MM-DD") {
      ComplainOf("date_format", "YYYYMMDD or YYYY-MM-DD");
    }
    spelling.list = config.list();
    if (!config.list().empty() &&
        codes::FindCodeList(config.list()) == nullptr) {
      ComplainOf("list",
                 "the id of a code list and version, such as \"GB4658:2006\"");
    }
    out_.columns_.push_back(
        {config.column(), ReadSource(config, std::move(spelling))});
  }

  using Text = std::function<std::string(const Subject&)>;

  Text ReadSource(const config::v1::ExportColumn& config, Spelling spelling) {
    switch (config.source_case()) {
      case config::v1::ExportColumn::kFact:
        if (!IsFact(config.fact())) {
          ComplainOf("fact",
                     "one of record_key, handle, change, attributes, as_of");
        }
        has_key_ = has_key_ || config.fact() == "record_key";
        return [fact = config.fact(),
                codes = spelling.codes](const Subject& subject) {
          return Fact(subject, fact, codes);
        };
      case config::v1::ExportColumn::kField: {
        auto path = FindPath(config.field());
        if (path.empty()) {
          ComplainOf(
              "field",
              "a path to a value of waystation.v1.Person, such as "
              "residence.division or identifiers[citizen_number].number");
        }
        return [path = std::move(path),
                spelling = std::move(spelling)](const Subject& subject) {
          std::vector<std::string> values;
          Collect(subject.entry.view().person(), path, spelling, values);
          return Joined(values);
        };
      }
      case config::v1::ExportColumn::kPredicate:
        if (!IsPredicate(config.predicate())) {
          ComplainOf("predicate", "one of person.proto, such as permit_valid");
        }
        return [name = config.predicate()](const Subject& subject) {
          return Answer(subject.entry.view(), name);
        };
      case config::v1::ExportColumn::kSourceOf:
        CheckAttribute("source_of", config.source_of());
        return [name = config.source_of()](const Subject& subject) {
          const auto* view = FindAttribute(subject.entry.view(), name);
          return view == nullptr ? std::string() : view->source_agency();
        };
      case config::v1::ExportColumn::kStatusOf:
        CheckAttribute("status_of", config.status_of());
        return [name = config.status_of(),
                codes = spelling.codes](const Subject& subject) {
          const auto* view = FindAttribute(subject.entry.view(), name);
          return view == nullptr || view->status() == 0
                     ? std::string()
                     : SpellEnum(*v1::Status_descriptor()->FindValueByNumber(
                                     view->status()),
                                 codes);
        };
      default:
        Complain(path_,
                 "needs one of fact, field, predicate, source_of, status_of");
        return {};
    }
  }

  void CheckAttribute(std::string_view key, const std::string& name) {
    if (!IsAttribute(name)) {
      ComplainOf(key, "an attribute of waystation.v1.Person");
    }
  }

  const Mapping& mapping_;
  ViewText& out_;
  std::string path_;
  std::set<std::string> names_;
  bool has_key_ = false;
  std::vector<runtime::YamlProblem> problems_;
};

absl::StatusOr<std::unique_ptr<const ViewText>> ViewText::Compile(
    const Mapping& mapping) {
  auto out = std::unique_ptr<ViewText>(new ViewText(mapping));
  if (auto run = Compiler(mapping, *out).Run(); !run.ok()) return run;
  return out;
}

ViewText::ViewText(const Mapping& mapping) : mapping_(mapping) {}

ViewText::~ViewText() = default;

std::vector<std::string> ViewText::columns() const {
  std::vector<std::string> out;
  for (const Column& column : columns_) out.push_back(column.name);
  return out;
}

std::vector<std::string> ViewText::Row(const v1::MailboxEntry& entry,
                                       std::string_view record_key,
                                       absl::Time as_of) const {
  const Subject subject{entry, record_key, as_of, mapping_.utc_offset()};
  std::vector<std::string> out;
  out.reserve(columns_.size());
  for (const Column& column : columns_) out.push_back(column.text(subject));
  return out;
}

}  // namespace waystation::adapters
