// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sinks/view_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "proto/codes/date.h"
#include "proto/codes/sex.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/mailbox_service.pb.h"
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

// All values at the end of the path, in order.
void Collect(const Message& message,
             std::span<const FieldDescriptor* const> path,
             const CodeTable* codes, bool compact,
             std::vector<std::string>& out) {
  const FieldDescriptor& field = *path.front();
  const auto& reflection = *message.GetReflection();
  const bool last = path.size() == 1;
  const auto add_message = [&](const Message& value) {
    if (!last) {
      Collect(value, path.subspan(1), codes, compact, out);
    } else if (field.message_type() == v1::Date::descriptor()) {
      out.push_back(Spell(static_cast<const v1::Date&>(value), compact));
    } else {
      out.push_back(
          SpellString(static_cast<const v1::Code&>(value).value(), codes));
    }
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
              *reflection.GetRepeatedEnum(message, &field, i), codes));
        }
      } else if (reflection.GetEnumValue(message, &field) != 0) {
        out.push_back(SpellEnum(*reflection.GetEnum(message, &field), codes));
      }
      break;
    default:
      if (field.is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
          out.push_back(SpellString(
              reflection.GetRepeatedString(message, &field, i), codes));
        }
      } else if (const std::string text = reflection.GetString(message, &field);
                 !text.empty()) {
        out.push_back(SpellString(text, codes));
      }
  }
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

bool IsFact(const std::string& fact) {
  return fact == "record_key" || fact == "handle" || fact == "change" ||
         fact == "attributes" || fact == "as_of";
}

// The fields on the way from Person to the value; empty if there is no such.
std::vector<const FieldDescriptor*> FindPath(const std::string& name) {
  std::vector<const FieldDescriptor*> path;
  const google::protobuf::Descriptor* message = v1::Person::descriptor();
  for (const auto& part : std::vector<std::string>(absl::StrSplit(name, '.'))) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr : message->FindFieldByName(part);
    if (field == nullptr) return {};
    path.push_back(field);
    message = field->message_type();
    if (message == v1::Date::descriptor() ||
        message == v1::Code::descriptor()) {
      message = nullptr;
    }
  }
  const FieldDescriptor& last = *path.back();
  const bool has_value = last.message_type() == nullptr ||
                         last.message_type() == v1::Date::descriptor() ||
                         last.message_type() == v1::Code::descriptor();
  return has_value ? path : std::vector<const FieldDescriptor*>{};
}

}  // namespace

struct ViewText::Column {
  std::string name;
  std::function<std::string(const Subject&)> text;
};

absl::StatusOr<std::unique_ptr<const ViewText>> ViewText::Compile(
    const Mapping& mapping) {
  auto out = std::unique_ptr<ViewText>(new ViewText(mapping));
  std::vector<errors::FieldViolation> problems;
  for (const auto& config : mapping.config().export_().columns()) {
    const auto complain = [&](const std::string& rule) {
      problems.push_back({"export column " + config.column(), rule});
    };
    const CodeTable* codes = mapping.FindCodes(config.code_map());
    if (codes == nullptr && !config.code_map().empty()) {
      complain("no such code map");
    }
    const bool compact = config.date_format() == "YYYYMMDD";
    if (!compact && !config.date_format().empty() &&
        config.date_format() != "YYYY-MM-DD") {
      complain("date_format is YYYYMMDD or YYYY-MM-DD");
    }
    Column column{config.column(), {}};
    switch (config.source_case()) {
      case config::v1::ExportColumn::kFact:
        if (!IsFact(config.fact())) {
          complain("one of record_key, handle, change, attributes, as_of");
        }
        column.text = [fact = config.fact(), codes](const Subject& subject) {
          return Fact(subject, fact, codes);
        };
        break;
      case config::v1::ExportColumn::kField: {
        const auto path = FindPath(config.field());
        if (path.empty()) complain("no such field of a person");
        column.text = [path, codes, compact](const Subject& subject) {
          std::vector<std::string> values;
          Collect(subject.entry.view().person(), path, codes, compact, values);
          return absl::StrJoin(values, ";");
        };
        break;
      }
      case config::v1::ExportColumn::kPredicate:
        column.text = [name = config.predicate()](const Subject& subject) {
          for (const auto& answer : subject.entry.view().predicates()) {
            if (answer.predicate() != name) continue;
            if (answer.answer() == v1::PredicateAnswer::ANSWER_YES) return "1";
            if (answer.answer() == v1::PredicateAnswer::ANSWER_NO) return "0";
          }
          return "";
        };
        break;
      case config::v1::ExportColumn::kSourceOf:
        column.text = [name = config.source_of()](const Subject& subject) {
          const auto* view = FindAttribute(subject.entry.view(), name);
          return view == nullptr ? std::string() : view->source_agency();
        };
        break;
      case config::v1::ExportColumn::kStatusOf:
        column.text = [name = config.status_of()](const Subject& subject) {
          const auto* view = FindAttribute(subject.entry.view(), name);
          return view == nullptr || view->status() == 0
                     ? std::string()
                     : runtime::ShortEnumName(
                           *v1::Status_descriptor()->FindValueByNumber(
                               view->status()));
        };
        break;
      default:
        complain("needs a source");
    }
    out->columns_.push_back(std::move(column));
  }
  if (!problems.empty()) {
    return errors::Error("CONFIG_INVALID", {.violations = problems});
  }
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
