// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/row_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "absl/time/civil_time.h"
#include "adapters/framework/decoding/sniff.h"
#include "adapters/framework/mapping/timestamp.h"
#include "adapters/framework/mapping/wire.h"
#include "proto/codes/text.h"
#include "proto/runtime/yaml_text.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::adapters {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Outcome = ValueRead::Outcome;

constexpr std::size_t kMostKeyBytes = 128;
// PIPL art. 31.
constexpr int kGuardedYears = 14;

// The message in which the plan's last field stands. Messages on the way that
// repeat get one element for each entry of the mapping, the last.
Message& Holder(const FieldPlan& plan, Message& entry) {
  Message* at = &entry;
  for (std::size_t i = 0; i + 1 < plan.path.size(); ++i) {
    const FieldDescriptor* field = plan.path[i];
    const auto& reflection = *at->GetReflection();
    if (!field->is_repeated()) {
      at = reflection.MutableMessage(at, field);
      continue;
    }
    const int size = reflection.FieldSize(*at, field);
    at = reflection.MutableRepeatedMessage(at, field, size - 1);
  }
  return *at;
}

// Adds the elements that Holder will find.
void AddElements(const EntryPlan& plan, Message& entry) {
  std::vector<const FieldDescriptor*> added;
  for (const FieldPlan& field : plan.fields) {
    Message* at = &entry;
    for (std::size_t i = 0; i + 1 < field.path.size(); ++i) {
      const FieldDescriptor* part = field.path[i];
      const auto& reflection = *at->GetReflection();
      if (!part->is_repeated()) {
        at = reflection.MutableMessage(at, part);
        continue;
      }
      if (std::find(added.begin(), added.end(), part) == added.end()) {
        added.push_back(part);
        at = reflection.AddMessage(at, part);
      } else {
        at = reflection.MutableRepeatedMessage(
            at, part, reflection.FieldSize(*at, part) - 1);
      }
    }
  }
}

bool NamesTheEntry(const FieldPlan& field) {
  return field.path.size() == 1 &&
         field.path.front()->options().GetExtension(v1::entry_key);
}

// Takes the elements of AddElements back.
void DropElements(const EntryPlan& plan, Message& entry) {
  std::vector<const FieldDescriptor*> dropped;
  for (const FieldPlan& field : plan.fields) {
    if (field.path.size() < 2 || !field.path[0]->is_repeated()) continue;
    const FieldDescriptor* part = field.path[0];
    if (std::find(dropped.begin(), dropped.end(), part) != dropped.end()) {
      continue;
    }
    dropped.push_back(part);
    entry.GetReflection()->RemoveLast(&entry, part);
  }
}

// Whether somebody born then is under 14, or may be where the day is not known.
// A birth to come is a mistake and says nothing of an age.
bool Under14(const std::optional<codes::PartialDate>& birth,
             const codes::Date& today) {
  if (!birth) return false;
  const auto year = static_cast<int>(today.year());
  const auto month = static_cast<unsigned>(today.month());
  const auto day = static_cast<unsigned>(today.day());
  const bool to_come =
      birth->year > year ||
      (birth->year == year &&
       (birth->month > month || (birth->month == month && birth->day > day)));
  if (to_come) return false;
  if (birth->year != year - kGuardedYears) {
    return birth->year > year - kGuardedYears;
  }
  if (birth->lunar || birth->month == 0) return true;
  if (birth->month != month) return birth->month > month;
  return birth->day == 0 || birth->day > day;
}

// The first moment that no clock of today shows anywhere, the day being
// China's.
absl::Time EndOfTomorrow(const codes::Date& today) {
  const absl::CivilDay day(static_cast<int>(today.year()),
                           static_cast<int>(unsigned{today.month()}),
                           static_cast<int>(unsigned{today.day()}));
  return absl::FromCivil(day + 2, absl::FixedTimeZone(8 * 60 * 60));
}

}  // namespace

RowReader::RowReader(const Mapping& mapping, Charset charset,
                     ReadingOptions options)
    : mapping_(mapping),
      charset_(charset),
      options_(options),
      latest_(EndOfTomorrow(options.today)),
      texts_(mapping.columns().size()),
      respelled_(mapping.columns().size()),
      dates_(mapping.columns().size()),
      person_(std::make_unique<v1::Person>()) {
  for (const AttributePlan& plan : mapping.attributes()) {
    out_.claims.emplace_back().attribute = plan.attribute->number();
  }
  for (DateColumn& column : dates_) column.date = std::make_unique<v1::Date>();
}

RowReader::~RowReader() = default;

const ReadRow& RowReader::Read(const Row& row) {
  out_.defect.reset();
  out_.record_key.clear();
  out_.recorded_time.reset();
  out_.findings.clear();
  out_.retraction = 0;
  out_.guardian.clear();
  stated_birth_.reset();
  number_birth_.reset();
  bytes_ = row.fields;
  if (Key key = ReadKey(row); key.defect) {
    out_.defect = std::move(key.defect);
    return out_;
  } else {
    out_.record_key = key.text;
  }
  if (!DecodeColumns(row)) return out_;
  ReadTimes();
  if (out_.retraction != 0) return out_;
  person_->Clear();
  for (std::size_t i = 0; i < mapping_.attributes().size(); ++i) {
    ReadAttribute(mapping_.attributes()[i], out_.claims[i]);
  }
  ReadGuardian();
  if (out_.guardian.empty() && IsMinor()) {
    out_.defect = Defect{"MINOR_WITHOUT_GUARDIAN", ""};
  }
  return out_;
}

bool RowReader::DecodeColumns(const Row& row) {
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (i == mapping_.record_key()) continue;
    texts_[i].clear();
    dates_[i].known = false;
    bool respelled = false;
    if (Decode(charset_, row.fields[i], texts_[i], respelled)) {
      out_.defect = Defect{"ROW_CHARSET", mapping_.columns()[i]};
      return false;
    }
    respelled_[i] = respelled ? 1 : 0;
  }
  return true;
}

const RowReader::DateColumn& RowReader::ReadDateColumn(std::size_t column) {
  DateColumn& date = dates_[column];
  if (!date.known) {
    date.known = true;
    date.date->Clear();
    date.read = ReadDateValue(texts_[column], options_, *date.date);
  }
  return date;
}

RowReader::Key RowReader::ReadKey(const Row& row) {
  const std::size_t column = mapping_.record_key();
  std::string& text = texts_[column];
  text.clear();
  const auto refuse = [&](std::string_view reason) {
    return Key{"", Defect{reason, mapping_.columns()[column]}};
  };
  if (Decode(charset_, row.fields[column], text)) return refuse("ROW_CHARSET");
  const std::string_view key = codes::Trim(text);
  if (key.empty() || key.size() > kMostKeyBytes || codes::HasControl(key)) {
    return refuse("RECORD_KEY_INVALID");
  }
  if (key.size() == 18 &&
      codes::ReadCitizenNumber(key, options_.today, options_.profile).grade ==
          codes::Grade::kOk) {
    return refuse("RECORD_KEY_PERSONAL");
  }
  return {key, std::nullopt};
}

void RowReader::ReadTimes() {
  if (const auto column = mapping_.recorded_time()) {
    const std::string_view text = codes::Trim(texts_[*column]);
    out_.recorded_time = ParseTimestamp(text, mapping_.utc_offset());
    // One that lies ahead is no time of entry, and would make all that comes
    // before it look older.
    if (out_.recorded_time && *out_.recorded_time >= latest_) {
      out_.recorded_time.reset();
    }
    if (!out_.recorded_time && !text.empty()) {
      out_.findings.push_back(
          {mapping_.columns()[*column], "TIME_INVALID", codes::Grade::kFormat});
    }
  }
  if (const auto column = mapping_.retraction()) {
    const auto& table = *mapping_.retraction_codes();
    const auto found = table.find(std::string(codes::Trim(texts_[*column])));
    if (found != table.end() && !found->second.empty()) {
      out_.retraction =
          runtime::FindEnumValue(*v1::RecordRetraction_Reason_descriptor(),
                                 found->second)
              ->number();
    }
  }
}

void RowReader::ReadAttribute(const AttributePlan& plan, ReadClaim& claim) {
  claim.state = ReadClaim::State::kAbsent;
  claim.value.clear();
  claim.evidence = plan.evidence;
  claim.valid_from.clear();
  claim.given.clear();
  bool held = false;
  const std::size_t findings = out_.findings.size();
  for (const EntryPlan& entry : plan.entries) {
    held = ReadEntry(plan, entry, claim) || held;
  }
  if (!held) {
    for (std::size_t i = findings; i < out_.findings.size(); ++i) {
      if (!out_.findings[i].reason.empty()) {
        claim.state = ReadClaim::State::kLost;
      }
    }
    claim.given.clear();
    return;
  }
  claim.state = ReadClaim::State::kHeld;
  const auto& reflection = *person_->GetReflection();
  const auto append = [&](const Message& message) {
    wire::AppendBytes(plan.attribute->number(), message.SerializeAsString(),
                      claim.value);
  };
  if (plan.attribute->is_repeated()) {
    const int size = reflection.FieldSize(*person_, plan.attribute);
    for (int i = 0; i < size; ++i) {
      append(reflection.GetRepeatedMessage(*person_, plan.attribute, i));
    }
  } else {
    append(reflection.GetMessage(*person_, plan.attribute));
  }
  if (plan.valid_from) {
    const DateColumn& since = ReadDateColumn(*plan.valid_from);
    if (since.read.outcome == Outcome::kHeld) {
      wire::AppendBytes(v1::ClaimTimes::kValidFromFieldNumber,
                        since.date->SerializeAsString(), claim.valid_from);
    }
    NoteDate(*plan.valid_from, plan, since.read);
  }
}

bool RowReader::ReadEntry(const AttributePlan& plan, const EntryPlan& entry,
                          ReadClaim& claim) {
  const auto& reflection = *person_->GetReflection();
  Message& target =
      plan.attribute->is_repeated()
          ? *reflection.AddMessage(person_.get(), plan.attribute)
          : *reflection.MutableMessage(person_.get(), plan.attribute);
  AddElements(entry, target);
  bool held = false;
  bool nameless = false;
  const std::size_t given = claim.given.size();
  for (const FieldPlan& field : entry.fields) {
    if (!field.column) SetConstant(field, options_, Holder(field, target));
  }
  for (const FieldPlan& field : entry.fields) {
    if (!field.column) continue;
    if (!field.more_columns.empty()) {
      held = ReadJoined(field, Holder(field, target), claim) || held;
      continue;
    }
    const std::string& text = texts_[*field.column];
    if (text.empty()) continue;
    const ValueRead read =
        LooksMisread(text)
            ? ValueRead{Outcome::kLost, codes::Grade::kUnreadable}
            : ReadField(field, Holder(field, target));
    NoteDate(*field.column, plan, read);
    if (read.outcome != Outcome::kHeld) {
      nameless =
          nameless || (read.outcome == Outcome::kAbsent &&
                       plan.attribute->is_repeated() && NamesTheEntry(field));
      continue;
    }
    held = true;
    NoteGiven(*field.column, read.as_given, claim);
    if (field.reading == Reading::kIdentifier && read.date) {
      number_birth_ = read.date;
    }
    if (plan.attribute->number() == v1::Person::kBirthDateFieldNumber) {
      stated_birth_ = read.date;
    }
  }
  if (held && !nameless) return true;
  // Constants alone claim nothing, nor does an entry of a set whose kind, by
  // the mapping, says nothing: a service that is not exchanged is none.
  claim.given.resize(given);
  if (plan.attribute->is_repeated()) {
    reflection.RemoveLast(person_.get(), plan.attribute);
  } else {
    DropElements(entry, target);
  }
  return false;
}

bool RowReader::ReadJoined(const FieldPlan& field, Message& holder,
                           ReadClaim& claim) {
  std::vector<std::size_t> columns = {*field.column};
  columns.insert(columns.end(), field.more_columns.begin(),
                 field.more_columns.end());
  std::string joined;
  for (const std::size_t column : columns) {
    const std::string_view text = codes::Trim(texts_[column]);
    if (text.empty()) continue;
    if (LooksMisread(text)) {
      Note(column, {Outcome::kLost, codes::Grade::kUnreadable});
      continue;
    }
    if (!joined.empty()) joined += ' ';
    joined += text;
  }
  if (joined.empty()) return false;
  const ValueRead read = ReadValue(field, options_, joined, holder);
  Note(*field.column, read);
  if (read.outcome != Outcome::kHeld) return false;
  // No single column says what the field does.
  for (const std::size_t column : columns) {
    if (!texts_[column].empty()) NoteGiven(column, false, claim);
  }
  return true;
}

ValueRead RowReader::ReadField(const FieldPlan& field, Message& holder) {
  if (field.reading != Reading::kDate || field.codes != nullptr) {
    return ReadValue(field, options_, texts_[*field.column], holder);
  }
  const DateColumn& date = ReadDateColumn(*field.column);
  if (date.read.outcome == Outcome::kHeld) {
    SetDate(field, *date.date, holder);
  }
  return date.read;
}

void RowReader::NoteDate(std::size_t column, const AttributePlan& plan,
                         ValueRead value) {
  // Permits expire and stays end in the future; births do not lie there.
  if (value.grade == codes::Grade::kDateFuture &&
      plan.attribute->number() != v1::Person::kBirthDateFieldNumber) {
    value.grade = codes::Grade::kOk;
  }
  Note(column, value);
}

void RowReader::NoteGiven(std::size_t column, bool as_given, ReadClaim& claim) {
  const bool spelled = respelled_[column] == 0 ||
                       SpelledAs(charset_, texts_[column], bytes_[column]);
  if (as_given && spelled) return;
  std::string given;
  wire::AppendBytes(v1::GivenValue::kColumnFieldNumber,
                    mapping_.columns()[column], given);
  if (spelled) {
    wire::AppendBytes(v1::GivenValue::kBytesFieldNumber, texts_[column], given);
  } else {
    wire::AppendBytes(v1::GivenValue::kBytesFieldNumber, bytes_[column], given);
    wire::AppendBytes(v1::GivenValue::kCharsetFieldNumber,
                      CharsetName(charset_), given);
  }
  wire::AppendBytes(v1::AttributeDetail::kGivenFieldNumber, given, claim.given);
}

void RowReader::Note(std::size_t column, const ValueRead& value) {
  if (value.outcome == Outcome::kLost) {
    out_.findings.push_back(
        {mapping_.columns()[column], LossReason(value.grade), value.grade});
  } else if (value.grade != codes::Grade::kOk &&
             value.grade != codes::Grade::kMissing) {
    out_.findings.push_back({mapping_.columns()[column], "", value.grade});
  }
}

void RowReader::ReadGuardian() {
  const auto reference = mapping_.guardian_reference();
  if (!reference) return;
  const std::string_view text = codes::Trim(texts_[*reference]);
  if (text.empty()) return;
  v1::GuardianEvidence evidence;
  evidence.set_reference(std::string(text));
  if (const auto column = mapping_.guardian_time()) {
    const auto time =
        ParseTimestamp(codes::Trim(texts_[*column]), mapping_.utc_offset());
    if (time) {
      evidence.mutable_given_time()->set_seconds(absl::ToUnixSeconds(*time));
    }
  }
  out_.guardian = evidence.SerializeAsString();
}

bool RowReader::IsMinor() const {
  return Under14(stated_birth_, options_.today) ||
         Under14(number_birth_, options_.today);
}

}  // namespace waystation::adapters
