// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/answer_file.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "client/wayctl/csv_reader.h"
#include "client/wayctl/language.h"
#include "client/wayctl/typed_value.h"
#include "client/wayctl/values.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"

namespace waystation::wayctl {
namespace {

constexpr std::string_view kColumns[] = {"id", "answer", "reason", "etag"};
// Read where it stands: of which attribute a value is.
constexpr std::string_view kAttribute = "attribute";
constexpr std::string_view kProposal = "p-";
constexpr std::string_view kSetValue = "value=";
using Fields = std::map<std::string, std::string, std::less<>>;

absl::Status Usage(std::string rule) {
  return errors::Error("USAGE", {.field = "FILE", .rule = std::move(rule)});
}

// The kind that a word names, in either language.
std::optional<v1::Decision::Kind> KindOf(std::string_view word) {
  for (const auto kind :
       {v1::Decision::KIND_SAME, v1::Decision::KIND_DIFFERENT,
        v1::Decision::KIND_UNSURE, v1::Decision::KIND_KEEP_OPEN}) {
    const Cell cell = EnumOf(kind);
    if (word == cell.raw || word == cell.shown) return kind;
  }
  if (word == "keep-open") return v1::Decision::KIND_KEEP_OPEN;
  return std::nullopt;
}

// "approve" or "refuse" of what waits for a second person.
v1::SettleProposalRequest SettleOf(std::string_view id, std::string_view word,
                                   const std::string& reason) {
  v1::SettleProposalRequest settle;
  std::uint64_t number = 0;
  if (!absl::SimpleAtoi(std::string(id.substr(kProposal.size())), &number)) {
    return settle;
  }
  settle.set_number(number);
  settle.set_reason(reason);
  if (word == "approve") {
    settle.set_answer(v1::SettleProposalRequest::ANSWER_APPROVE);
  } else if (word == "refuse") {
    settle.set_answer(v1::SettleProposalRequest::ANSWER_REFUSE);
  }
  return settle;
}

// "value=1990-05-05": what the clerk sets, of the row's attribute.
absl::Status SetValue(const std::string& attribute, std::string_view word,
                      v1::DecideRequest& request) {
  if (attribute.empty()) {
    return errors::Error("FIELD_MISSING", {.field = "attribute"});
  }
  if (auto known = CheckAttribute(attribute); !known.ok()) return known;
  auto value =
      TypedValue(attribute, std::string(word.substr(kSetValue.size())));
  if (!value.ok()) return value.status();
  request.set_kind(v1::Decision::KIND_SET_VALUE);
  *request.mutable_value() = *std::move(value);
  return absl::OkStatus();
}

Answer AnswerOf(std::size_t line, const Fields& fields) {
  const auto field = [&](std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string()
                                 : std::string(codes::Trim(found->second));
  };
  Answer answer{.line = line, .id = field("id"), .answer = field("answer")};
  v1::DecideRequest& request = answer.request;
  request.set_subject(answer.id);
  request.set_reason(field("reason"));
  request.set_etag(field("etag"));
  if (answer.id.starts_with(kProposal)) {
    answer.settle = SettleOf(answer.id, answer.answer, request.reason());
    if (answer.settle.answer() ==
        v1::SettleProposalRequest::ANSWER_UNSPECIFIED) {
      answer.status =
          errors::Error("INVALID_REQUEST",
                        {.field = "answer", .rule = Say("approve or refuse")});
    }
  } else if (const auto kind = KindOf(answer.answer)) {
    request.set_kind(*kind);
  } else if (answer.answer.starts_with(kSetValue)) {
    answer.status = SetValue(field("attribute"), answer.answer, request);
  } else if (answer.answer.starts_with("l-")) {
    request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
    request.set_claim(answer.answer);
  } else {
    answer.status = errors::Error(
        "INVALID_REQUEST",
        {.field = "answer",
         .rule = Say("same, different, unsure, keep-open, value=V or the id of "
                     "a claim (l-…)")});
  }
  for (const std::string_view name : {"id", "reason", "etag"}) {
    if (field(name).empty()) {
      answer.status =
          errors::Error("FIELD_MISSING", {.field = std::string(name)});
      break;
    }
  }
  return answer;
}

Answer Broken(std::size_t line, std::string rule) {
  return {
      .line = line,
      .status = errors::Error("INVALID_REQUEST", {.rule = std::move(rule)})};
}

absl::StatusOr<std::vector<Answer>> ReadCsv(std::string_view text) {
  CsvReader reader(text);
  const std::optional<CsvRow> heading = reader.Next();
  std::vector<std::string> names;
  if (heading.has_value()) names = heading->cells;
  for (const std::string_view column : kColumns) {
    if (std::ranges::find(names, column) == names.end()) {
      return Usage(Say("a heading with the columns $0, or JSON lines",
                       Joined(kColumns)));
    }
  }
  std::vector<Answer> answers;
  while (const std::optional<CsvRow> row = reader.Next()) {
    if (row->IsBlank()) continue;
    if (row->is_broken || row->cells.size() != names.size()) {
      answers.push_back(
          Broken(row->line, Say("as many cells as the heading has, and quotes "
                                "that are closed")));
      continue;
    }
    Fields fields;
    for (std::size_t i = 0; i < names.size(); ++i) {
      fields[names[i]] = row->cells[i];
    }
    if (codes::Trim(fields["answer"]).empty()) continue;
    answers.push_back(AnswerOf(row->line, fields));
  }
  return answers;
}

std::vector<Answer> ReadJsonLines(std::string_view text) {
  std::vector<Answer> answers;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view written = codes::Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (written.empty()) continue;
    google::protobuf::Struct object;
    bool sound = google::protobuf::util::JsonStringToMessage(
                     std::string(written), &object)
                     .ok();
    Fields fields;
    std::vector<std::string_view> columns(std::begin(kColumns),
                                          std::end(kColumns));
    columns.push_back(kAttribute);
    for (const std::string_view column : columns) {
      const auto found = object.fields().find(std::string(column));
      if (found == object.fields().end()) continue;
      sound = sound && found->second.has_string_value();
      fields[std::string(column)] = found->second.string_value();
    }
    if (!sound) {
      answers.push_back(
          Broken(line, Say("a JSON object with texts: $0", Joined(kColumns))));
    } else if (!codes::Trim(fields["answer"]).empty()) {
      answers.push_back(AnswerOf(line, fields));
    }
  }
  return answers;
}

}  // namespace

absl::StatusOr<std::vector<Answer>> ReadAnswers(std::string_view text) {
  text = WithoutMark(text);
  if (!codes::IsUtf8(text)) return Usage(Say("text in UTF-8"));
  if (codes::Trim(text).starts_with('{')) return ReadJsonLines(text);
  return ReadCsv(text);
}

}  // namespace waystation::wayctl
