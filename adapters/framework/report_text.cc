// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/report_text.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proto/auditlog/hash.h"
#include "proto/codes/grade.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

using errors::Exit;
using errors::Language;
using report::v1::FileReport;
using report::v1::RowFinding;

// Cells on a terminal: Chinese characters take two.
std::size_t WidthOf(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    // Characters of three bytes and more are wide, near enough.
    if (byte < 0x80 || (byte >= 0xC2 && byte < 0xE0)) width += 1;
    if (byte >= 0xE0) width += 2;
  }
  return width;
}

// Of a column's name with what stands around it.
constexpr std::size_t kNameWidth = 16;
constexpr std::size_t kWidestName = 60;

std::string Padded(std::string text, std::size_t width) {
  const std::size_t has = WidthOf(text);
  text.append(has + 2 > width ? 2 : width - has, ' ');
  return text;
}

// What a value's grade says of it. The value was sent all the same.
errors::Words GradeWords(codes::Grade grade) {
  using codes::Grade;
  switch (grade) {
    case Grade::kOk:
      return {"nothing to say", "无异常"};
    case Grade::kOk15Upgraded:
      return {"a 15-digit number, read as its 18 digits",
              "15位号码，已按18位读取"};
    case Grade::kDivisionOutOfTime:
      return {"the division had died before the birth",
              "行政区划早于出生已撤销"};
    case Grade::kBirthConflict:
      return {"number and stated birth date differ",
              "号码与所填出生日期不一致"};
    case Grade::kSexConflict:
      return {"number and stated sex differ", "号码与所填性别不一致"};
    case Grade::kAmbiguous:
      return {"several readings; the likelier one was taken",
              "有多种读法，取较可能者"};
    case Grade::kUnmappedCharacter:
      return {"a character without code stands in it", "含有无编码字符"};
    case Grade::kDivisionUnknown:
      return {"no list has this division",
              "行政区划代码不在任何年份的代码表中"};
    case Grade::kCodeUnknown:
      return {"not in the code list", "不在代码表中"};
    case Grade::kChecksumFail:
      return {"the check digit does not fit", "校验位不符"};
    case Grade::kDateFuture:
      return {"after today", "晚于今日"};
    case Grade::kDateImpossible:
      return {"no such date", "不存在该日期"};
    case Grade::kTruncated:
      return {"digits were lost or masked, as in 4.1E+17",
              "数字丢失或被遮盖，如 4.1E+17"};
    case Grade::kPlaceholder:
      return {"stands for nothing, as 18 zeros do", "占位值，如18个0"};
    case Grade::kFormat:
      return {"not of this shape", "格式不符"};
    case Grade::kMissing:
      return {"empty", "为空"};
    case Grade::kUnreadable:
      return {"no text that can be read", "不是可读文本"};
  }
  return {"", ""};
}

class Writer {
 public:
  explicit Writer(Language language) : language_(language) {}

  // One of two wordings.
  std::string Say(std::string_view english, std::string_view chinese) const {
    return std::string(errors::Words{english, chinese}.In(language_));
  }

  // A reason or a grade with what it says.
  std::string Reason(const std::string& name) const {
    const errors::Reason* reason = errors::FindReason(name);
    return reason == nullptr
               ? name
               : name + ": " + std::string(reason->text.In(language_));
  }
  std::string Grade(const std::string& name) const {
    const auto grade = codes::GradeFromName(name);
    if (!grade) return name;
    return name + ": " + std::string(GradeWords(*grade).In(language_));
  }

  // And what to do about it.
  void Advice(const std::string& name) {
    const errors::Reason* reason = errors::FindReason(name);
    if (reason == nullptr || reason->advice.english.empty()) return;
    Line("  " + std::string(reason->advice.In(language_)));
  }

  // Why something waits, what it says besides, and what to do.
  void Waiting(const std::string& what, const std::string& reason,
               const std::string& detail) {
    Line(what + Reason(reason) + (detail.empty() ? "" : " (" + detail + ")"));
    Advice(reason);
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
    std::string text = absl::StrCat(
        finding.file(), ":", finding.line(),
        finding.column().empty() ? ""
                                 : " " + codes::DisplaySafe(finding.column()));
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
    if (report.hub_restored()) {
      Line(
          Say("the hub was restored from a backup, or is another one: all rows "
              "are sent again",
              "枢纽已从备份恢复，或已更换：所有数据行将重新报送"));
    }
    Findings(report.findings());
    if (!report.waits_because().empty()) {
      Waiting(Say("the outbox waits: ", "发件箱等待中："),
              report.waits_because(), report.detail());
    }
  }

  // Of a run: what there is to be told. Nothing, where all is well.
  void Witness(const report::v1::WitnessReport& report) {
    if (!report.held_because().empty()) {
      Line(Say("WITNESS: ", "见证：") + Reason(report.held_because()));
      for (const std::string& path : report.evidence()) {
        Line(Say("  evidence: ", "  证据：") + path);
      }
    } else if (!report.not_cosigned_because().empty()) {
      Waiting(Say("the checkpoint is not cosigned: ", "检查点未见证签名："),
              report.not_cosigned_because(), report.detail());
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
      Advice(file.refused());
    }
    // Of a file that changed some rows may have been taken.
    if (file.refused().empty() || file.rows() > 0) {
      Line(absl::StrCat(file.file(), ": ", file.rows(), Say(" rows, ", " 行，"),
                        file.changed(), Say(" changed, ", " 有变化，"),
                        file.unchanged(), Say(" unchanged, ", " 无变化，"),
                        file.rejected(), Say(" rejected, ", " 被拒绝，"),
                        file.incomplete(), Say(" incomplete, ", " 不完整，"),
                        file.older(), Say(" older than sent", " 早于已发送")));
    }
    for (const auto& passed : file.passed_over()) {
      Line(absl::StrCat(
          Padded("  " + passed.name(), 16),
          Padded(absl::StrCat(passed.rows(), Say(" rows", " 行")), 14),
          Reason(passed.reason())));
    }
    for (const auto& count : file.counts()) {
      Line(Padded("  " + codes::DisplaySafe(count.column()), 16) +
           Padded(absl::StrCat(count.rows(), Say(" rows", " 行")), 14) +
           (count.graded() ? Say("graded ", "评为 ") + Grade(count.reason())
                           : Reason(count.reason())));
    }
    Findings(file.findings());
    const std::uint64_t all = PlacesOf(file);
    if (all > static_cast<std::uint64_t>(file.findings_size())) {
      Line(absl::StrCat("  ... ", Say("and ", "另有 "),
                        all - static_cast<std::uint64_t>(file.findings_size()),
                        Say(" more", " 处")));
    }
  }

  // How many findings have a place: grades are counted and not listed.
  static std::uint64_t PlacesOf(const FileReport& file) {
    std::uint64_t all = 0;
    for (const auto& count : file.counts()) {
      if (!count.graded()) all += count.rows();
    }
    return all;
  }

  void Columns(const FileReport& file) {
    Line(file.file() + Say(": columns", "：各列"));
    // Paths of FHIR are long; a few very long ones push nobody aside.
    std::size_t width = kNameWidth;
    for (const auto& column : file.columns()) {
      width = std::max(width, WidthOf(column.column()) + 4);
    }
    width = std::min(width, kWidestName);
    for (const auto& column : file.columns()) {
      // A header is the file's own, and may hold anything.
      Line(Padded("  " + codes::DisplaySafe(column.column()), width) +
           Use(column));
    }
  }

  std::string Use(const report::v1::ColumnReport& column) const {
    if (!column.use().empty()) {
      std::string use = column.use();
      if (language_ == Language::kChinese) {
        for (const auto& [english, chinese] : kUses) {
          if (const auto at = use.find(english); at != std::string::npos) {
            use.replace(at, english.size(), chinese);
          }
        }
      }
      return use;
    }
    const std::string dropped = Say("dropped: ", "丢弃：");
    if (column.reason() == "COLUMN_DENIED") {
      return dropped + Say("denied: ", "禁止发送：") + column.dropped_because();
    }
    if (!column.dropped_because().empty()) {
      return dropped + column.dropped_because();
    }
    const errors::Reason* reason = errors::FindReason(column.reason());
    return dropped + (reason == nullptr
                          ? column.reason()
                          : std::string(reason->text.In(language_)));
  }

  // What a column is for besides a field.
  static constexpr std::pair<std::string_view, std::string_view> kUses[] = {
      {"record key", "记录主键"},
      {"recorded time", "登记时间"},
      {"retraction", "撤回"},
      {"guardian's consent", "监护人同意"},
      {" since", " 起始日"}};

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
  writer.Witness(report.witness());
  writer.Delivery(report.delivery());
  const auto& mailbox = report.mailbox();
  if (mailbox.changes() > 0) {
    writer.Line(absl::StrCat(writer.Say("mailbox: ", "信箱："),
                             mailbox.changes(),
                             writer.Say(" changes, ", " 项变更，"),
                             mailbox.rows(), writer.Say(" rows", " 行")));
  }
  for (const std::string& file : mailbox.files()) {
    writer.Line(writer.Say("  written: ", "  已写出：") + file);
  }
  for (const auto& count : mailbox.unwritable()) {
    writer.Line(
        Padded("  " + count.column(), 16) +
        Padded(absl::StrCat(count.rows(), writer.Say(" rows", " 行")), 14) +
        writer.Reason(count.reason()));
  }
  if (!mailbox.waits_because().empty()) {
    writer.Waiting(writer.Say("the mailbox waits: ", "信箱等待中："),
                   mailbox.waits_because(), mailbox.detail());
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
    return writer.Take();
  }
  writer.Line(
      writer.Say("Mend the rows in the file, then run `quarantine replay`:",
                 "请在文件中更正这些行，然后运行 `quarantine replay`："));
  for (const std::string& file : report.files()) writer.Line("  " + file);
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
  if (report.paused()) {
    writer.Line(writer.Reason("OUTBOX_PAUSED"));
    writer.Advice("OUTBOX_PAUSED");
  }
  for (const auto& drop : report.dropped()) {
    writer.Line(absl::StrCat(
        writer.Say("dropped on ", "已丢弃："),
        absl::FormatTime(absl::RFC3339_sec,
                         absl::FromUnixSeconds(drop.time().seconds()),
                         absl::LocalTimeZone()),
        writer.Say(": ", "，"), drop.updates(),
        writer.Say(" updates: ", " 项更新："),
        codes::DisplaySafe(drop.because())));
  }
  return writer.Take();
}

std::string Text(const report::v1::WitnessReport& report, Language language) {
  Writer writer(language);
  writer.Line(writer.Say("log:        ", "日志：    ") + report.origin());
  writer.Line(writer.Say("last seen:  ", "最近所见：") +
              (report.checkpoint().empty()
                   ? writer.Say("nothing yet", "尚无")
                   : absl::StrCat(report.seen_size(),
                                  writer.Say(" entries", " 个条目"))));
  if (report.verifier_key().empty()) {
    writer.Line(writer.Say("key:        none; it looks and does not cosign",
                           "密钥：    无；只查看，不签名"));
  } else {
    writer.Line(writer.Say("key:        ", "密钥：    ") +
                report.verifier_key());
    writer.Line(
        writer.Say("register:   public_key: ", "登记：    public_key: ") +
        auditlog::ToBase64(report.public_key()));
  }
  for (const std::string& path : report.evidence()) {
    writer.Line(writer.Say("evidence:   ", "证据：    ") + path);
  }
  for (const auto& ruling : report.rulings()) {
    writer.Line(absl::StrCat(
        writer.Say("ruled on ", "裁定于 "),
        absl::FormatTime(absl::RFC3339_sec,
                         absl::FromUnixSeconds(ruling.time().seconds()),
                         absl::LocalTimeZone()),
        writer.Say(": ", "："), ruling.held_because(), ": ",
        codes::DisplaySafe(ruling.reason())));
  }
  if (!report.held_because().empty()) {
    writer.Line(writer.Say("HELD BACK:  ", "已停止：  ") +
                writer.Reason(report.held_because()));
    writer.Advice(report.held_because());
  }
  if (!report.checkpoint().empty()) {
    writer.Line("\n" + report.checkpoint());
  }
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
                        !report.witness().not_cosigned_because().empty() ||
                        report.mailbox().unwritable_size() > 0;
  const std::string& outbox = report.delivery().waits_because();
  return ExitFor(findings,
                 outbox.empty() ? report.mailbox().waits_because() : outbox);
}

Exit ExitOf(const report::v1::WitnessReport& report) {
  return ExitFor(false, report.held_because());
}

Exit ExitOf(const report::v1::QuarantineReport& report) {
  return ExitFor(report.rows_size() > 0, "");
}

Exit ExitOf(const report::v1::ReplayReport& report) {
  return ExitFor(report.remaining() > 0 || HasFindings(report.files()) ||
                     report.delivery().rejected() > 0,
                 report.delivery().waits_because());
}

}  // namespace waystation::adapters
