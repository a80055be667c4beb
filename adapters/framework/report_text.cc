// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/report_text.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "proto/auditlog/hash.h"
#include "proto/codes/grade.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/language/language.h"
#include "waystation/report/v1/adapter_report.pb.h"

namespace waystation::adapters {
namespace {

using errors::Exit;
using language::Say;
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
std::string GradeWords(codes::Grade grade) {
  using codes::Grade;
  switch (grade) {
    case Grade::kOk:
      return Say("nothing to say");
    case Grade::kOk15Upgraded:
      return Say("a 15-digit number, read as its 18 digits");
    case Grade::kDivisionOutOfTime:
      return Say("the division had died before the birth");
    case Grade::kBirthConflict:
      return Say("number and stated birth date differ");
    case Grade::kSexConflict:
      return Say("number and stated sex differ");
    case Grade::kAmbiguous:
      return Say("several readings; the likelier one was taken");
    case Grade::kUnmappedCharacter:
      return Say("a character without code stands in it");
    case Grade::kDivisionUnknown:
      return Say("no list has this division");
    case Grade::kCodeUnknown:
      return Say("not in the code list");
    case Grade::kChecksumFail:
      return Say("the check digit does not fit");
    case Grade::kDateFuture:
      return Say("after today");
    case Grade::kDateImpossible:
      return Say("no such date");
    case Grade::kTruncated:
      return Say("digits were lost or masked, as in 4.1E+17");
    case Grade::kPlaceholder:
      return Say("stands for nothing, as 18 zeros do");
    case Grade::kFormat:
      return Say("not of this shape");
    case Grade::kMissing:
      return Say("empty");
    case Grade::kUnreadable:
      return Say("no text that can be read");
  }
  return {};
}

std::string DayOf(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

class Writer {
 public:
  // A reason or a grade with what it says.
  std::string Reason(const std::string& name) const {
    const errors::Reason* reason = errors::FindReason(name);
    return reason == nullptr ? name : name + ": " + language::SayReason(name);
  }
  std::string Grade(const std::string& name) const {
    const auto grade = codes::GradeFromName(name);
    if (!grade) return name;
    return name + ": " + GradeWords(*grade);
  }

  // And what to do about it.
  void Advice(const std::string& name) {
    const errors::Reason* reason = errors::FindReason(name);
    if (reason == nullptr || reason->advice.english.empty()) return;
    Line("  " + std::string(reason->advice.In(language::Current())));
  }

  // Why something waits, what it says besides, and what to do.
  void Waiting(const std::string& what, const std::string& reason,
               const std::string& detail, std::int64_t retry_seconds = 0) {
    Line(what + Reason(reason) +
         (detail.empty() ? "" : " (" + language::SayRule(detail) + ")"));
    Advice(reason);
    if (retry_seconds > 0) {
      Line("  " + Say("Try again in $0.",
                      language::SayDuration(absl::Seconds(retry_seconds))));
    }
  }

  // Names of files and columns, and the words of hubs, may hold anything.
  void Line(std::string_view text) {
    out_.append(codes::DisplaySafe(text)).push_back('\n');
  }
  void Lines(const std::string& text) {
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      Line({line.data(), line.size()});
    }
  }

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
      absl::StrAppend(&text, " (", language::SayRule(finding.rule()), ")");
    return text;
  }

  void Delivery(const report::v1::DeliveryReport& report) {
    const auto total = report.applied() + report.unchanged() + report.stale() +
                       report.rejected();
    if (total > 0) {
      Line(absl::StrCat(Say("sent: "), report.applied(), Say(" applied, "),
                        report.unchanged(), Say(" unchanged, "), report.stale(),
                        Say(" stale, "), report.rejected(), Say(" rejected")));
    }
    if (report.hub_restored()) {
      Line(
          Say("the hub was restored from a backup, or is another one: all rows "
              "are sent again"));
    }
    Findings(report.findings());
    if (!report.waits_because().empty()) {
      Waiting(Say("the outbox waits: "), report.waits_because(),
              report.detail(), report.retry_after().seconds());
    }
  }

  // Of a run: what there is to be told. Nothing, where all is well.
  void Certificate(const report::v1::OwnCertificateReport& report) {
    const std::string end = DayOf(report.not_after());
    if (report.renewed()) {
      Line(Say("the certificate was renewed: the new one ends on $0", end));
    } else if (!report.not_renewed_because().empty()) {
      Waiting(Say("the certificate ends on $0 and was not renewed: ", end),
              report.not_renewed_because(), report.detail());
    } else if (report.ends_soon()) {
      Line(Say("the certificate ends on $0: renew it (cert renew)", end));
    }
  }

  void Witness(const report::v1::WitnessReport& report) {
    if (!report.held_because().empty()) {
      Line(Say("WITNESS: ") + Reason(report.held_because()));
      for (const std::string& path : report.evidence()) {
        Line(Say("  evidence: ") + path);
      }
    } else if (!report.not_cosigned_because().empty()) {
      Waiting(Say("the checkpoint is not cosigned: "),
              report.not_cosigned_because(), report.detail());
    }
  }

  void Notices(const report::v1::NoticesReport& report) {
    const auto total = report.cases() + report.answered() + report.sent() +
                       report.results() + report.rejected();
    if (total > 0) {
      Line(
          Say("notices: $0 cases written, $1 answered, $2 sent, $3 answers of "
              "others, $4 rejected",
              report.cases(), report.answered(), report.sent(),
              report.results(), report.rejected()));
    }
    for (const auto& finding : report.findings()) {
      std::string place = finding.file();
      if (finding.line() > 0) absl::StrAppend(&place, ":", finding.line());
      if (!finding.field().empty()) {
        absl::StrAppend(&place, " ", codes::DisplaySafe(finding.field()));
      }
      Line("  " + Padded(std::move(place), kWidestName) +
           (finding.reason().empty() ? language::SayRule(finding.rule())
                                     : Reason(finding.reason())));
    }
    if (report.incomplete() > 0) {
      Line(Say("notices: $0 forms are not whole yet: their last row is missing",
               report.incomplete()));
    }
    if (!report.waits_because().empty()) {
      Waiting(Say("the notices wait: "), report.waits_because(),
              report.detail(), report.retry_after().seconds());
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void File(const FileReport& file, bool with_columns) {
    if (with_columns) Columns(file);
    if (!file.refused().empty()) {
      Line(file.file() + Say(": refused: ") + Reason(file.refused()) +
           (file.detail().empty()
                ? ""
                : " (" + language::SayRule(file.detail()) + ")"));
      Advice(file.refused());
    }
    // Of a file that changed some rows may have been taken.
    if (file.refused().empty() || file.rows() > 0) {
      Line(absl::StrCat(
          file.file(), ": ", file.rows(), Say(" rows, "), file.changed(),
          Say(" changed, "), file.unchanged(), Say(" unchanged, "),
          file.rejected(), Say(" rejected, "), file.incomplete(),
          Say(" incomplete, "), file.older(), Say(" older than sent")));
    }
    for (const auto& passed : file.passed_over()) {
      Line(absl::StrCat(Padded("  " + passed.name(), 16),
                        Padded(absl::StrCat(passed.rows(), Say(" rows")), 14),
                        Reason(passed.reason())));
    }
    for (const auto& count : file.counts()) {
      Line(Padded("  " + codes::DisplaySafe(count.column()), 16) +
           Padded(absl::StrCat(count.rows(), Say(" rows")), 14) +
           (count.graded() ? Say("graded ") + Grade(count.reason())
                           : Reason(count.reason())));
    }
    Findings(file.findings());
    const std::uint64_t all = PlacesOf(file);
    if (all > static_cast<std::uint64_t>(file.findings_size())) {
      Line(absl::StrCat("  ... ", Say("and "),
                        all - static_cast<std::uint64_t>(file.findings_size()),
                        Say(" more")));
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
    Line(file.file() + Say(": columns"));
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
      std::vector<std::string> uses = absl::StrSplit(column.use(), ", ");
      for (std::string& use : uses) use = language::SayRule(use);
      return absl::StrJoin(uses, Say(", "));
    }
    const std::string dropped = Say("dropped: ");
    if (column.reason() == "COLUMN_DENIED") {
      return dropped + Say("denied: ") +
             language::SayRule(column.dropped_because());
    }
    if (!column.dropped_because().empty()) {
      return dropped + language::SayRule(column.dropped_because());
    }
    const errors::Reason* reason = errors::FindReason(column.reason());
    return dropped + (reason == nullptr
                          ? column.reason()
                          : std::string(reason->text.In(language::Current())));
  }

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

std::string Text(const report::v1::CheckReport& report) {
  Writer writer;
  if (report.files().empty()) {
    writer.Line(Say("no exports found"));
  }
  writer.Files(report.files(), /*with_columns=*/true);
  return writer.Take();
}

std::string Text(const report::v1::RunReport& report) {
  Writer writer;
  writer.Files(report.files(), /*with_columns=*/false);
  writer.Certificate(report.certificate());
  writer.Witness(report.witness());
  writer.Delivery(report.delivery());
  const auto& mailbox = report.mailbox();
  if (mailbox.changes() > 0) {
    writer.Line(absl::StrCat(Say("mailbox: "), mailbox.changes(),
                             Say(" changes, "), mailbox.rows(), Say(" rows")));
  }
  for (const std::string& file : mailbox.files()) {
    writer.Line(Say("  written: ") + file);
  }
  for (const auto& count : mailbox.unwritable()) {
    writer.Line(Padded("  " + count.column(), 16) +
                Padded(absl::StrCat(count.rows(), Say(" rows")), 14) +
                writer.Reason(count.reason()));
  }
  if (!mailbox.waits_because().empty()) {
    writer.Waiting(Say("the mailbox waits: "), mailbox.waits_because(),
                   mailbox.detail(), mailbox.retry_after().seconds());
  }
  writer.Notices(report.notices());
  if (report.outbox().updates() > 0) {
    writer.Line(absl::StrCat(report.outbox().updates(),
                             Say(" updates wait in the outbox")));
  }
  const std::string text = writer.Take();
  return text.empty() ? Say("nothing new\n") : text;
}

std::string Text(const report::v1::QuarantineReport& report) {
  Writer writer;
  for (const auto& row : report.rows()) {
    writer.Line(Padded(absl::StrCat(row.source(), " #", row.row()), 16) +
                (row.finding().row_rejected() ? Say("rejected    ")
                                              : Say("incomplete  ")) +
                writer.Place(row.finding()));
  }
  if (report.rows().empty()) {
    writer.Line(Say("the quarantine is empty"));
    return writer.Take();
  }
  writer.Line(Say("Mend the rows in the file, then run `quarantine replay`:"));
  for (const std::string& file : report.files()) writer.Line("  " + file);
  return writer.Take();
}

std::string Text(const report::v1::ReplayReport& report) {
  Writer writer;
  writer.Files(report.files(), /*with_columns=*/false);
  writer.Delivery(report.delivery());
  writer.Line(absl::StrCat(report.released(),
                           Say(" rows left the quarantine, "),
                           report.remaining(), Say(" stay")));
  return writer.Take();
}

std::string Text(const report::v1::OutboxReport& report) {
  Writer writer;
  writer.Line(absl::StrCat(report.updates(), Say(" updates wait in "),
                           report.frames(), Say(" frames")));
  if (report.has_oldest()) {
    writer.Line(
        Say("oldest: ") +
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
        Say("dropped on "),
        absl::FormatTime(absl::RFC3339_sec,
                         absl::FromUnixSeconds(drop.time().seconds()),
                         absl::LocalTimeZone()),
        Say(": "), drop.updates(), Say(" updates: "), drop.because()));
  }
  return writer.Take();
}

std::string Text(const report::v1::WitnessReport& report) {
  Writer writer;
  writer.Line(Say("log:        ") + report.origin());
  writer.Line(Say("last seen:  ") +
              (report.checkpoint().empty()
                   ? Say("nothing yet")
                   : absl::StrCat(report.seen_size(), Say(" entries"))));
  if (report.verifier_key().empty()) {
    writer.Line(Say("key:        none; it looks and does not cosign"));
  } else {
    writer.Line(Say("key:        ") + report.verifier_key());
    writer.Line(Say("register:   public_key: ") +
                auditlog::ToBase64(report.public_key()));
  }
  for (const std::string& path : report.evidence()) {
    writer.Line(Say("evidence:   ") + path);
  }
  for (const auto& ruling : report.rulings()) {
    writer.Line(absl::StrCat(
        Say("ruled on "),
        absl::FormatTime(absl::RFC3339_sec,
                         absl::FromUnixSeconds(ruling.time().seconds()),
                         absl::LocalTimeZone()),
        Say(": "), ruling.held_because(), ": ", ruling.reason()));
  }
  if (!report.held_because().empty()) {
    writer.Line(Say("HELD BACK:  ") + writer.Reason(report.held_because()));
    writer.Advice(report.held_because());
  }
  if (!report.checkpoint().empty()) {
    writer.Lines("\n" + report.checkpoint());
  }
  return writer.Take();
}

std::string Text(const report::v1::OwnCertificateReport& report) {
  Writer writer;
  writer.Line(Say("identity:   ") + report.identity());
  writer.Line(Say("serial:     ") + report.serial());
  writer.Line(Say("valid:      $0 to $1", DayOf(report.not_before()),
                  DayOf(report.not_after())));
  writer.Line(Say("files:      ") + report.certificate_file() + ", " +
              report.key_file());
  if (report.renewed()) {
    writer.Line(Say("It is new; the one before holds until it ends."));
  } else if (report.not_due()) {
    writer.Line(Say("It is not time yet; nothing was done."));
  } else if (report.ends_soon()) {
    writer.Line(Say("IT ENDS SOON: `cert renew` has the hub sign a new one."));
  }
  return writer.Take();
}

std::string Text(const absl::Status& status) {
  const errors::Reason& reason = errors::ReasonRowOf(status);
  Writer writer;
  writer.Line(absl::StrCat(std::string(reason.name), ": ",
                           std::string(reason.text.In(language::Current()))));
  std::set<std::string> said;
  for (const auto& violation : errors::ViolationsOf(status)) {
    const bool both = !violation.field.empty() && !violation.rule.empty();
    const std::string line = violation.field + (both ? ": " : "") +
                             language::SayRule(violation.rule);
    if (said.insert(line).second) writer.Line("  " + line);
  }
  for (const auto& [key, value] : errors::MetadataOf(status)) {
    if (key == "rule" && !said.empty()) continue;
    writer.Line(absl::StrCat("  ", key, ": ", language::SayRule(value)));
  }
  if (errors::ReasonOf(status).empty() && !status.message().empty()) {
    // What gRPC says of a hub that does not answer.
    writer.Line("  " + language::SayRule(std::string(status.message())));
  }
  std::string advice = language::Advice(status);
  if (!advice.empty()) {
    absl::StrReplaceAll({{"\n", "\n  "}}, &advice);
    writer.Lines("  " + advice);
  }
  return writer.Take();
}

Exit ExitOf(const report::v1::CheckReport& report) {
  return ExitFor(HasFindings(report.files()), "");
}

Exit ExitOf(const report::v1::RunReport& report) {
  const bool findings =
      HasFindings(report.files()) || report.delivery().rejected() > 0 ||
      !report.witness().not_cosigned_because().empty() ||
      report.mailbox().unwritable_size() > 0 || report.notices().rejected() > 0;
  for (const std::string* waits : {&report.delivery().waits_because(),
                                   &report.mailbox().waits_because()}) {
    if (!waits->empty()) return ExitFor(findings, *waits);
  }
  return ExitFor(findings, report.notices().waits_because());
}

Exit ExitOf(const report::v1::WitnessReport& report) {
  return ExitFor(false, report.held_because());
}

Exit ExitOf(const report::v1::OwnCertificateReport& report) {
  // A new one may be short-lived too.
  return ExitFor(report.ends_soon() && !report.renewed() && !report.not_due(),
                 "");
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
