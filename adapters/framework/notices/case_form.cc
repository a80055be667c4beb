// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/notices/case_form.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/framework/sinks/view_text.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/language/language.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::adapters {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::util::TimeUtil;
using language::Say;
using language::SayEnum;
using language::SayName;
using Kind = v1::Notice;

constexpr std::string_view kAnswerTo = "result.";
constexpr std::string_view kAbout = "about.";
// A spreadsheet program takes some letters and digits for a number.
constexpr std::string_view kVersionMark = "v-";

// Rows that say what is known, and are not read back.
constexpr auto kShown = std::to_array<std::string_view>(
    {"kind", "urgent", "purpose", "from", "to", "attributes", "sent", "due",
     "text", "record"});

template <typename Enum>
std::string Short(Enum value) {
  const EnumValueDescriptor* found =
      google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return found == nullptr || value == 0 ? "" : runtime::ShortEnumName(*found);
}

// "found: 查到, ..." in the language of use.
std::string Choice(const EnumValueDescriptor& value) {
  const std::string name = runtime::ShortEnumName(value);
  const std::string said = SayEnum(value.name(), name);
  return said == name ? name : absl::StrCat(name, " (", said, ")");
}

std::string ChoicesOf(const EnumDescriptor& type,
                      const std::vector<int>& numbers) {
  std::vector<std::string> choices;
  choices.reserve(numbers.size());
  for (const int number : numbers) {
    choices.push_back(Choice(*type.FindValueByNumber(number)));
  }
  return absl::StrJoin(choices, ", ");
}

template <typename Enum>
std::string AllChoices() {
  const EnumDescriptor& type = *google::protobuf::GetEnumDescriptor<Enum>();
  std::vector<int> numbers;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0)
      numbers.push_back(type.value(i)->number());
  }
  return ChoicesOf(type, numbers);
}

// What is offered for each kind of case; the hub decides what it takes.
std::vector<int> ResultsOf(v1::Notice::Kind kind) {
  switch (kind) {
    case Kind::KIND_CORRECTION:
      return {Kind::RESULT_UPHELD, Kind::RESULT_REJECTED,
              Kind::RESULT_NOT_FOUND, Kind::RESULT_NOT_OURS};
    case Kind::KIND_SERVICE:
    case Kind::KIND_HAND_OVER:
      return {Kind::RESULT_TAKEN_UP, Kind::RESULT_NOT_OURS};
    case Kind::KIND_RESIDENCE:
      return {Kind::RESULT_FOUND, Kind::RESULT_NOT_FOUND,
              Kind::RESULT_NOT_OURS};
    default:
      return {Kind::RESULT_FOUND, Kind::RESULT_PARTIAL, Kind::RESULT_NOT_FOUND,
              Kind::RESULT_NOT_OURS};
  }
}

// The last day on which an answer is in time, as it is told in China.
std::string DueDay(const v1::Notice& notice) {
  if (!notice.has_due_time()) return "";
  return calendar::TextOf(calendar::DayOf(
      TimeUtil::TimestampToMicroseconds(notice.due_time()) - 1));
}

std::string SentDay(const v1::Notice& notice) {
  return calendar::TextOf(
      calendar::DayOf(TimeUtil::TimestampToMicroseconds(notice.sent_time())));
}

void AddHead(const v1::GetNoticeResponse& got, std::vector<FormRow>& rows) {
  const v1::Notice& notice = got.notice();
  rows.push_back({"id", notice.id(), Say("The case; leave it as it is")});
  rows.push_back(
      {"kind", Short(notice.kind()),
       SayEnum(v1::Notice::Kind_Name(notice.kind()), Short(notice.kind()))});
  rows.push_back(
      {"purpose", Short(notice.purpose()),
       SayEnum(v1::Purpose_Name(notice.purpose()), Short(notice.purpose()))});
  rows.push_back({"from", notice.from(), Say("Who asks")});
  rows.push_back({"to", notice.to(), Say("Who is asked")});
  rows.push_back({"attributes", absl::StrJoin(notice.attributes(), ";"),
                  Say("What it is about")});
  rows.push_back({"sent", SentDay(notice), Say("Day on which it was sent")});
  rows.push_back({"due", DueDay(notice), Say("Last day for an answer")});
  if (notice.urgent()) rows.push_back({"urgent", "yes", Say("Urgent")});
  if (!got.text().text().empty()) {
    rows.push_back({"text", got.text().text(), Say("Words of who asks")});
  }
}

std::string FieldRow(const std::string& attribute) {
  return absl::StrCat(std::string(kAnswerTo), attribute);
}

bool IsAttribute(const std::string& name) {
  return v1::Person::descriptor()->FindFieldByName(name) != nullptr;
}

// By its name in the proto, or as it is said in the language of use.
const EnumValueDescriptor* FindValue(const EnumDescriptor& type,
                                     const std::string& text) {
  if (const auto* named = runtime::FindEnumValue(type, text)) return named;
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    if (value.number() != 0 &&
        SayEnum(value.name(), runtime::ShortEnumName(value)) == text) {
      return &value;
    }
  }
  return nullptr;
}

// Reads rows one by one and notes what is wrong.
class Reader {
 public:
  explicit Reader(std::vector<FormProblem>& problems) : problems_(problems) {}

  void Complain(const FormRow& row, std::string rule) {
    problems_.push_back(
        {.line = row.line, .field = row.field, .rule = std::move(rule)});
  }

  // Of a row whose first cell is nothing that we named: it may hold anything.
  void ComplainOfRow(const FormRow& row, std::string rule) {
    problems_.push_back(
        {.line = row.line, .field = {}, .rule = std::move(rule)});
  }

  void Need(bool given, std::string field) {
    if (given) return;
    problems_.push_back(
        {.line = 0, .field = std::move(field), .rule = "must be filled in"});
  }

  // 0, and a complaint, for what the enum lacks.
  template <typename Enum>
  Enum Value(const FormRow& row) {
    const EnumDescriptor& type = *google::protobuf::GetEnumDescriptor<Enum>();
    const auto* value = FindValue(type, row.value);
    if (value == nullptr) Complain(row, runtime::EnumChoices(type));
    return static_cast<Enum>(value == nullptr ? 0 : value->number());
  }

 private:
  std::vector<FormProblem>& problems_;
};

}  // namespace

std::vector<FormRow> CaseForm(const v1::GetNoticeResponse& got) {
  const v1::Notice& notice = got.notice();
  std::vector<FormRow> rows;
  AddHead(got, rows);
  rows.push_back({"version",
                  absl::StrCat(std::string(kVersionMark), got.etag()),
                  Say("Leave it as it is")});
  for (auto& [path, text] : FieldTexts(got.about().person())) {
    const std::string attribute = path.substr(0, path.find('.'));
    rows.push_back(
        {absl::StrCat(std::string(kAbout), path), std::move(text),
         Say("What the record of who asks says: $0", SayName(attribute))});
  }
  rows.push_back(
      {"result", "",
       Say("To fill in: $0", ChoicesOf(*v1::Notice::Result_descriptor(),
                                       ResultsOf(notice.kind())))});
  if (notice.kind() == v1::Notice::KIND_VERIFICATION) {
    for (const std::string& attribute : notice.attributes()) {
      rows.push_back({FieldRow(attribute), "",
                      Say("To fill in if found: $0",
                          AllChoices<v1::FieldAnswer::Answer>())});
    }
  }
  rows.push_back({"evidence", "",
                  Say("What it rests on, if you want to say so: $0",
                      AllChoices<v1::Evidence>())});
  rows.push_back(
      {"note", "", Say("Words to who asks, at most 500 characters")});
  return rows;
}

std::vector<FormRow> ResultForm(const v1::GetNoticeResponse& got) {
  std::vector<FormRow> rows;
  AddHead(got, rows);
  rows.push_back({"record", got.record_key(), Say("Your record")});
  const v1::NoticeAnswer& answer = got.text().answer();
  rows.push_back({"result", Short(got.notice().result()),
                  SayEnum(v1::Notice::Result_Name(got.notice().result()),
                          Short(got.notice().result()))});
  for (const v1::FieldAnswer& field : answer.fields()) {
    rows.push_back({FieldRow(field.attribute()), Short(field.answer()),
                    SayName(field.attribute())});
  }
  if (answer.evidence() != v1::EVIDENCE_UNSPECIFIED) {
    rows.push_back({"evidence", Short(answer.evidence()),
                    SayEnum(v1::Evidence_Name(answer.evidence()),
                            Short(answer.evidence()))});
  }
  if (!answer.note().empty()) {
    rows.push_back({"note", answer.note(), Say("Words of who answers")});
  }
  return rows;
}

std::vector<FormRow> NewCaseForm() {
  return {
      {"reference", "",
       Say("Your own number of the case, each once; nothing of the person")},
      {"kind", "", AllChoices<v1::Notice::Kind>()},
      {"purpose", "", AllChoices<v1::Purpose>()},
      {"record", "", Say("Key of your record of the person")},
      {"attributes", "", Say("What it is about: name;birth_date;...")},
      {"to", "", Say("The agency that is asked; or the next two")},
      {"sector", "", Say("The sector whose responsible agency gets it")},
      {"division", "", Say("And the division it is responsible for")},
      {"urgent", "", Say("yes, for the shorter deadline of a verification")},
      {"text", "", Say("Your words, at most 500 characters")}};
}

FilledCase ReadCase(const std::vector<FormRow>& rows,
                    std::vector<FormProblem>& problems) {
  FilledCase filled;
  Reader reader(problems);
  for (const FormRow& row : rows) {
    if (row.field == "id") {
      filled.id = row.value;
    } else if (row.field == "version") {
      filled.version = row.value;
      if (!row.value.starts_with(kVersionMark)) {
        reader.Complain(row, "as it stood in the form");
      } else {
        filled.version.erase(0, kVersionMark.size());
      }
    } else if (row.field == "result") {
      filled.answer.set_result(reader.Value<v1::Notice::Result>(row));
    } else if (row.field == "evidence") {
      filled.answer.set_evidence(reader.Value<v1::Evidence>(row));
    } else if (row.field == "note") {
      filled.answer.set_note(row.value);
    } else if (row.field.starts_with(kAnswerTo)) {
      const std::string attribute = row.field.substr(kAnswerTo.size());
      if (!IsAttribute(attribute)) {
        reader.ComplainOfRow(row, "a field of Person");
        continue;
      }
      v1::FieldAnswer& field = *filled.answer.add_fields();
      field.set_attribute(attribute);
      field.set_answer(reader.Value<v1::FieldAnswer::Answer>(row));
    } else if (!row.field.starts_with(kAbout) &&
               std::ranges::find(kShown, row.field) == kShown.end()) {
      reader.ComplainOfRow(row, "no row of this form");
    }
  }
  reader.Need(!filled.id.empty(), "id");
  reader.Need(!filled.version.empty(), "version");
  const bool has_result = std::ranges::any_of(
      rows, [](const FormRow& row) { return row.field == "result"; });
  reader.Need(has_result, "result");
  return filled;
}

NewCase ReadNewCase(const std::vector<FormRow>& rows,
                    std::vector<FormProblem>& problems) {
  NewCase filled;
  v1::SendNoticeRequest& request = filled.request;
  Reader reader(problems);
  std::string agency;
  v1::Responsible responsible;
  for (const FormRow& row : rows) {
    if (row.field == "reference") {
      filled.reference = row.value;
      if (row.value.size() > 64) reader.Complain(row, "at most 64 bytes");
    } else if (row.field == "kind") {
      request.set_kind(reader.Value<v1::Notice::Kind>(row));
    } else if (row.field == "purpose") {
      request.set_purpose(reader.Value<v1::Purpose>(row));
    } else if (row.field == "record") {
      request.set_record_key(row.value);
    } else if (row.field == "attributes") {
      for (const std::string& name : std::vector<std::string>(absl::StrSplit(
               row.value, absl::ByAnyChar(";, "), absl::SkipEmpty()))) {
        if (!IsAttribute(name)) reader.Complain(row, "a field of Person");
        request.add_attributes(name);
      }
    } else if (row.field == "to") {
      agency = row.value;
    } else if (row.field == "sector") {
      responsible.set_sector(row.value);
    } else if (row.field == "division") {
      responsible.set_division(row.value);
    } else if (row.field == "urgent") {
      request.set_urgent(row.value == "yes" || row.value == Say("yes"));
      if (!request.urgent() && row.value != "no" && row.value != Say("no")) {
        reader.Complain(row, "yes or no");
      }
    } else if (row.field == "text") {
      request.set_text(row.value);
    } else {
      reader.ComplainOfRow(row, "no row of this form");
    }
  }
  const bool by_place =
      !responsible.sector().empty() && !responsible.division().empty();
  if (by_place) {
    *request.mutable_responsible() = responsible;
  } else {
    request.set_agency(agency);
  }
  reader.Need(!filled.reference.empty(), "reference");
  const auto given = [&](std::string_view name) {
    return std::ranges::any_of(
        rows, [&](const FormRow& row) { return row.field == name; });
  };
  for (const std::string_view name :
       {"kind", "purpose", "record", "attributes"}) {
    reader.Need(given(name), std::string(name));
  }
  if (by_place == !agency.empty()) {
    problems.push_back({.line = 0,
                        .field = "to",
                        .rule = "either to, or sector with division"});
  }
  return filled;
}

}  // namespace waystation::adapters
