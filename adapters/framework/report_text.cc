// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/report_text.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proto/errors/error.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

using errors::Exit;
using errors::Language;
using report::v1::FileReport;
using report::v1::RowFinding;

std::string Padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

class Writer {
 public:
  explicit Writer(Language language) : language_(language) {}

  // One of two wordings.
  std::string Say(std::string_view english, std::string_view chinese) const {
    return std::string(errors::Words{english, chinese}.In(language_));
  }

  std::string Reason(const std::string& name) const {
    const errors::Reason* reason = errors::FindReason(name);
    if (reason == nullptr) return name;
    return name + ": " + std::string(reason->text.In(language_));
  }

  void Line(const std::string& text) { out_.append(text).push_back('\n'); }

  void Files(const google::protobuf::RepeatedPtrField<FileReport>& files,
             bool with_columns) {
    for (const FileReport& file : files) File(file, with_columns);
  }

  void Findings(const google::protobuf::RepeatedPtrField<RowFinding>& all) {
    for (const RowFinding& finding : all) Line("  " + Place(finding));
  }

  std::string Place(const RowFinding& finding) const {
    std::string text =
        absl::StrCat(finding.file(), ":", finding.line(),
                     finding.column().empty() ? "" : " " + finding.column());
    text = Padded(std::move(text), 28) + Reason(finding.reason());
    if (!finding.rule().empty())
      absl::StrAppend(&text, " (", finding.rule(), ")");
    return text;
  }

  void Delivery(const report::v1::DeliveryReport& report) {
    const auto total = report.applied() + report.unchanged() + report.stale() +
                       report.rejected();
    if (total > 0) {
      Line(absl::StrCat(Say("sent: ", "已发送："), report.applied(),
                        Say(" applied, ", " 已采用，"), report.unchanged(),
                        Say(" unchanged, ", " 无变化，"), report.stale(),
                        Say(" stale, ", " 已过时，"), report.rejected(),
                        Say(" rejected", " 被拒绝")));
    }
    Findings(report.findings());
    if (!report.waits_because().empty()) {
      Line(Say("the outbox waits: ", "发件箱等待中：") +
           Reason(report.waits_because()));
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void File(const FileReport& file, bool with_columns) {
    if (with_columns) Columns(file);
    if (!file.refused().empty()) {
      Line(file.file() + Say(": refused: ", "：拒绝：") +
           Reason(file.refused()) +
           (file.detail().empty() ? "" : " (" + file.detail() + ")"));
      return;
    }
    Line(absl::StrCat(file.file(), ": ", file.rows(), Say(" rows, ", " 行，"),
                      file.changed(), Say(" changed, ", " 有变化，"),
                      file.unchanged(), Say(" unchanged, ", " 无变化，"),
                      file.rejected(), Say(" rejected, ", " 被拒绝，"),
                      file.incomplete(), Say(" incomplete, ", " 不完整，"),
                      file.older(), Say(" older than sent", " 早于已发送")));
    for (const auto& count : file.counts()) {
      Line(Padded("  " + count.column(), 16) +
           Padded(std::to_string(count.rows()), 10) + Reason(count.reason()));
    }
    Findings(file.findings());
  }

  void Columns(const FileReport& file) {
    for (const auto& column : file.columns()) {
      Line(Padded("  " + column.column(), 16) +
           (column.use().empty()
                ? Say("dropped: ", "丢弃：") + column.dropped_because()
                : column.use()));
    }
  }

  Language language_;
  std::string out_;
};

bool HasFindings(const google::protobuf::RepeatedPtrField<FileReport>& files) {
  return std::any_of(files.begin(), files.end(), [](const FileReport& file) {
    return !file.refused().empty() || file.rejected() > 0 ||
           file.incomplete() > 0 || file.findings_size() > 0;
  });
}

// What waits decides, if anything does: it has to be tried again.
Exit ExitFor(bool findings, const std::string& waits_because) {
  if (const errors::Reason* reason = errors::FindReason(waits_because)) {
    return reason->exit;
  }
  return findings ? Exit::kFindings : Exit::kDone;
}

}  // namespace

std::string Text(const report::v1::CheckReport& report, Language language) {
  Writer writer(language);
  if (report.files().empty()) {
    writer.Line(writer.Say("no exports found", "未找到导出文件"));
  }
  writer.Files(report.files(), /*with_columns=*/true);
  return writer.Take();
}

std::string Text(const report::v1::RunReport& report, Language language) {
  Writer writer(language);
  writer.Files(report.files(), /*with_columns=*/false);
  writer.Delivery(report.delivery());
  const auto& mailbox = report.mailbox();
  if (mailbox.changes() > 0) {
    writer.Line(absl::StrCat(writer.Say("mailbox: ", "信箱："),
                             mailbox.changes(),
                             writer.Say(" changes, ", " 项变更，"),
                             mailbox.rows(), writer.Say(" rows", " 行")));
  }
  for (const std::string& file : mailbox.files()) writer.Line("  " + file);
  for (const auto& count : mailbox.unwritable()) {
    writer.Line(Padded("  " + count.column(), 16) +
                Padded(std::to_string(count.rows()), 10) +
                writer.Reason(count.reason()));
  }
  if (!mailbox.waits_because().empty()) {
    writer.Line(writer.Say("the mailbox waits: ", "信箱等待中：") +
                writer.Reason(mailbox.waits_because()));
  }
  if (report.outbox().updates() > 0) {
    writer.Line(absl::StrCat(
        report.outbox().updates(),
        writer.Say(" updates wait in the outbox", " 项更新在发件箱中等待")));
  }
  const std::string text = writer.Take();
  return text.empty() ? writer.Say("nothing new\n", "没有新内容\n") : text;
}

std::string Text(const report::v1::QuarantineReport& report,
                 Language language) {
  Writer writer(language);
  for (const auto& row : report.rows()) {
    writer.Line(Padded(absl::StrCat(row.source(), " #", row.row()), 16) +
                (row.finding().row_rejected()
                     ? writer.Say("rejected    ", "未发送  ")
                     : writer.Say("incomplete  ", "不完整  ")) +
                writer.Place(row.finding()));
  }
  if (report.rows().empty()) {
    writer.Line(writer.Say("the quarantine is empty", "隔离区为空"));
  }
  return writer.Take();
}

std::string Text(const report::v1::ReplayReport& report, Language language) {
  Writer writer(language);
  writer.Files(report.files(), /*with_columns=*/false);
  writer.Delivery(report.delivery());
  writer.Line(
      absl::StrCat(report.released(),
                   writer.Say(" rows left the quarantine, ", " 行离开隔离区，"),
                   report.remaining(), writer.Say(" stay", " 行留下")));
  return writer.Take();
}

std::string Text(const report::v1::OutboxReport& report, Language language) {
  Writer writer(language);
  writer.Line(absl::StrCat(report.updates(),
                           writer.Say(" updates wait in ", " 项更新等待，共 "),
                           report.frames(), writer.Say(" frames", " 帧")));
  if (report.has_oldest()) {
    writer.Line(
        writer.Say("oldest: ", "最早：") +
        absl::FormatTime(absl::RFC3339_sec,
                         absl::FromUnixSeconds(report.oldest().seconds()),
                         absl::LocalTimeZone()));
  }
  if (report.paused()) writer.Line(writer.Reason("OUTBOX_PAUSED"));
  return writer.Take();
}

std::string Text(const absl::Status& status, Language language) {
  const errors::Reason& reason = errors::ReasonRowOf(status);
  std::string out = std::string(reason.name) + ": " +
                    std::string(reason.text.In(language)) + "\n";
  std::set<std::string> said;
  for (const auto& violation : errors::ViolationsOf(status)) {
    const bool both = !violation.field.empty() && !violation.rule.empty();
    const std::string line =
        violation.field + (both ? ": " : "") + violation.rule;
    if (said.insert(line).second) out.append("  ").append(line).append("\n");
  }
  for (const auto& [key, value] : errors::MetadataOf(status)) {
    if (key == "rule" && !said.empty()) continue;
    absl::StrAppend(&out, "  ", key, ": ", value, "\n");
  }
  if (!reason.advice.english.empty()) {
    out.append("  ").append(reason.advice.In(language)).append("\n");
  }
  return out;
}

Exit ExitOf(const report::v1::CheckReport& report) {
  return ExitFor(HasFindings(report.files()), "");
}

Exit ExitOf(const report::v1::RunReport& report) {
  const bool findings = HasFindings(report.files()) ||
                        report.delivery().rejected() > 0 ||
                        report.mailbox().unwritable_size() > 0;
  const std::string& outbox = report.delivery().waits_because();
  return ExitFor(findings,
                 outbox.empty() ? report.mailbox().waits_because() : outbox);
}

Exit ExitOf(const report::v1::QuarantineReport& report) {
  return ExitFor(report.rows_size() > 0, "");
}

Exit ExitOf(const report::v1::ReplayReport& report) {
  return ExitFor(report.remaining() > 0 || report.delivery().rejected() > 0,
                 report.delivery().waits_because());
}

}  // namespace waystation::adapters
