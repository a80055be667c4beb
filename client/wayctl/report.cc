// SPDX-License-Identifier: Apache-2.0
// wayctl report: how well the hub does what it is for.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/fairness_report.h"
#include "client/wayctl/language.h"
#include "client/wayctl/notice_report.h"
#include "client/wayctl/record_report.h"
#include "client/wayctl/sample_view.h"
#include "client/wayctl/truth_file.h"
#include "client/wayctl/values.h"
#include "google/protobuf/util/time_util.h"
#include "proto/quality/grouping.h"
#include "proto/runtime/file.h"
#include "waystation/frame_signer.h"
#include "waystation/report/v1/linkage_report.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

using report::v1::LinkageTruthReport;

// The truth of ten million people.
constexpr std::size_t kMaxTruth = std::size_t{4} << 30;
constexpr std::size_t kMostPerPage = 1000;

// --- what is shown ---

Cell BitsCell(double bits) {
  return Cell(std::isinf(bits) ? std::string("-")
                               : absl::StrFormat("%g", bits));
}

// Always with what it is a share of, and between which it lies.
Table ShareTable() {
  return {.columns = {{"measure", Say("MEASURE"), false, true},
                      {"value", Say("VALUE"), true},
                      {"hits", Say("COUNTED"), true},
                      {"all", Say("OF"), true},
                      {"low", Say("95 % FROM"), true},
                      {"high", Say("TO"), true}}};
}

void AddShare(const char* id, std::string label, const v1::LinkageShare& share,
              Table& table) {
  const bool is_known = share.has_value();
  table.rows.push_back({Cell(std::move(label), id),
                        is_known ? FractionCell(share.value()) : Cell("-", ""),
                        Number(share.hits()), Number(share.all()),
                        is_known ? FractionCell(share.low()) : Cell("-", ""),
                        is_known ? FractionCell(share.high()) : Cell("-", "")});
}

void AddEstimate(const char* id, std::string label,
                 const v1::LinkageEstimate& estimate, Table& table) {
  const bool is_known = estimate.has_value();
  table.rows.push_back(
      {Cell(std::move(label), id),
       is_known ? FractionCell(estimate.value()) : WhyCell(estimate), "", "",
       is_known ? FractionCell(estimate.low()) : Cell("-", ""),
       is_known ? FractionCell(estimate.high()) : Cell("-", "")});
}

void AddMean(const char* id, std::string label, double value, Table& table) {
  table.rows.push_back(
      {Cell(std::move(label), id), FractionCell(value), "", "", "", ""});
}

void AddCount(const char* id, std::string label, std::uint64_t count,
              Table& table) {
  table.rows.push_back({Cell(std::move(label), id), Number(count)});
}

// --- without a truth ---

Sheet HubSheet(const v1::GetLinkageReportResponse& report,
               const Surroundings& surroundings) {
  Table rulings{
      .columns = {{"ruling", Say("RULING")}, {"count", Say("COUNT"), true}}};
  const v1::LinkageRulings& counts = report.rulings();
  AddCount("same", Say("same person"), counts.same(), rulings);
  AddCount("different", Say("different persons"), counts.different(), rulings);
  AddCount("unsure", Say("unsure"), counts.unsure(), rulings);
  AddCount("undone", Say("undone"), counts.undone(), rulings);
  AddCount("withdrawn", Say("withdrawn"), counts.withdrawn(), rulings);
  AddCount("refused", Say("refused"), counts.refused(), rulings);
  AddCount("proposed", Say("waits for a second person"), counts.proposed(),
           rulings);
  Table shares = ShareTable();
  AddShare("candidates_same", Say("Candidates that were one person"),
           report.candidates_same(), shares);
  AddEstimate("precision", Say("Of what the rules joined, one human being"),
              report.precision(), shares);
  AddEstimate("recall", Say("Of one human being, joined or asked about"),
              report.recall(), shares);
  Sheet sheet{
      .facts = {{"as_of_time", Say("As of"),
                 TimeCell(report.as_of_time(), surroundings)},
                {"rules_version", Say("Rules"), report.rules_version()},
                {"upper", Say("Joined from"), BitsCell(report.upper())},
                {"lower", Say("Asked about from"), BitsCell(report.lower())},
                {"records", Say("Records"), Number(report.records())},
                {"persons", Say("Persons"), Number(report.persons())},
                {"joins_by_rules", Say("Joined by the rules"),
                 Number(report.joins_by_rules())},
                {"joins_by_decision", Say("Joined by a clerk's decision"),
                 Number(report.joins_by_decision())},
                {"candidates_open", Say("Open candidates"),
                 Number(report.candidates_open())}},
      .sections = {{Say("Shares: counted ones with Wilson's interval, "
                        "estimates from the sample by bands (MOVER)"),
                    std::move(shares)},
                   {Say("Rulings on candidates"), std::move(rulings)}}};
  if (!report.has_sample()) return sheet;
  Sheet sample = SampleSheet(report.sample(), surroundings);
  for (Fact& fact : sample.facts) sheet.facts.push_back(std::move(fact));
  for (Section& section : sample.sections) {
    sheet.sections.push_back(std::move(section));
  }
  return sheet;
}

// --- against a truth ---

void SetShare(const quality::Share& share, v1::LinkageShare& shown) {
  shown.set_hits(share.hits);
  shown.set_all(share.all);
  if (share.all == 0) return;
  shown.set_value(share.value());
  const quality::Interval interval = share.interval();
  shown.set_low(interval.low);
  shown.set_high(interval.high);
}

// What the hub says of the records of a truth: of those that it holds, who they
// truly are and which person has them.
struct Held {
  std::vector<std::uint64_t> truly;
  std::vector<std::uint64_t> persons;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> candidates;
  std::string rules_version;
};

absl::StatusOr<Held> AskHub(Session& session, const Truth& truth) {
  v1::GroupRecordsRequest request;
  request.set_grouping_id(absl::BytesToHexString(client::DrawSalt()));
  Held held;
  for (std::size_t begin = 0; begin < truth.rows.size();
       begin += kMostPerPage) {
    const std::size_t end = std::min(begin + kMostPerPage, truth.rows.size());
    session.Progress(
        [&] { return Say("$0 of $1 records", begin, truth.rows.size()); });
    request.clear_records();
    for (std::size_t i = begin; i < end; ++i) {
      v1::RecordReference& record = *request.add_records();
      record.set_agency(truth.rows[i].agency);
      record.set_record_key(truth.rows[i].record_key);
    }
    const auto page = session.reconciliation().GroupRecords(request);
    if (!page.ok()) return page.status();
    held.rules_version = page->rules_version();
    for (std::size_t i = begin; i < end; ++i) {
      const int place = static_cast<int>(i - begin);
      if (place >= page->groups_size()) break;
      const auto& group = page->groups(place);
      if (group.number() == 0) continue;
      held.truly.push_back(truth.rows[i].person);
      held.persons.push_back(group.number());
      for (const std::uint64_t other : group.candidates()) {
        held.candidates.emplace_back(group.number(), other);
      }
    }
  }
  session.EndProgress();
  return held;
}

LinkageTruthReport ReportOf(const Truth& truth, const Held& held,
                            absl::Time now) {
  const quality::Grouped grouped =
      quality::Judge(held.truly, held.persons, held.candidates);
  LinkageTruthReport report;
  *report.mutable_as_of_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
          absl::ToUnixMicros(now));
  report.set_rules_version(held.rules_version);
  report.set_rows(truth.rows.size());
  report.set_rows_wrong(truth.defects.size());
  report.set_records(held.persons.size());
  report.set_records_not_held(truth.rows.size() - held.persons.size());
  report.set_people(grouped.cluster_recall.all);
  report.set_persons(grouped.cluster_precision.all);
  SetShare(grouped.precision, *report.mutable_precision());
  SetShare(grouped.recall, *report.mutable_recall());
  SetShare(grouped.seen, *report.mutable_recall_with_candidates());
  report.set_f1(quality::F1(grouped.precision, grouped.recall));
  SetShare(grouped.cluster_precision, *report.mutable_cluster_precision());
  SetShare(grouped.cluster_recall, *report.mutable_cluster_recall());
  report.set_cluster_f1(
      quality::F1(grouped.cluster_precision, grouped.cluster_recall));
  return report;
}

Sheet TruthSheet(const LinkageTruthReport& report,
                 const Surroundings& surroundings) {
  Table shares = ShareTable();
  AddShare("precision", Say("Pairs in one person that are one human being"),
           report.precision(), shares);
  AddShare("recall", Say("Pairs of one human being in one person"),
           report.recall(), shares);
  AddShare("recall_with_candidates", Say("The same, or asked about"),
           report.recall_with_candidates(), shares);
  AddMean("f1", Say("F1 of pairs"), report.f1(), shares);
  AddShare("cluster_precision", Say("Persons that are one human being whole"),
           report.cluster_precision(), shares);
  AddShare("cluster_recall", Say("Human beings who are one person whole"),
           report.cluster_recall(), shares);
  AddMean("cluster_f1", Say("F1 of persons"), report.cluster_f1(), shares);
  return {
      .facts = {{"as_of_time", Say("As of"),
                 TimeCell(report.as_of_time(), surroundings)},
                {"rules_version", Say("Rules"), report.rules_version()},
                {"rows", Say("Lines that were read"), Number(report.rows())},
                {"rows_wrong", Say("Lines that were not"),
                 Number(report.rows_wrong())},
                {"records", Say("Records that the hub holds"),
                 Number(report.records())},
                {"records_not_held", Say("Records that it does not"),
                 Number(report.records_not_held())},
                {"people", Say("Human beings"), Number(report.people())},
                {"persons", Say("Persons"), Number(report.persons())}},
      .sections = {{Say("Shares, with Wilson's interval"), std::move(shares)}}};
}

absl::Status AgainstTruth(Session& session, const std::string& path) {
  const auto text = path == "-" ? session.ReadInput(path)
                                : runtime::ReadFile(path, kMaxTruth);
  if (!text.ok()) return text.status();
  const auto truth = ReadTruth(*text);
  if (!truth.ok()) return truth.status();
  for (const TruthDefect& defect : truth->defects) {
    session.out().Warn(absl::StrFormat("%s:%d:%d %s: %s", path, defect.line,
                                       defect.column, defect.name,
                                       defect.rule));
  }
  const auto held = AskHub(session, *truth);
  if (!held.ok()) return held.status();
  const LinkageTruthReport report =
      ReportOf(*truth, *held, session.surroundings().now());
  session.out().Show(report, TruthSheet(report, session.surroundings()));
  if (!truth->defects.empty()) session.Found();
  return absl::OkStatus();
}

absl::Status Linkage(Session& session, const std::string& truth) {
  if (!truth.empty()) return AgainstTruth(session, truth);
  const auto report = session.reconciliation().GetLinkageReport({});
  if (!report.ok()) return report.status();
  session.out().Show(*report, HubSheet(*report, session.surroundings()));
  return absl::OkStatus();
}

}  // namespace

void AddReport(Commands& commands) {
  CLI::App& noun =
      commands.Noun("report", Say("How well the hub does what it is for"));
  const auto truth = std::make_shared<std::string>();
  CLI::App& linkage_verb = commands.Verb(
      noun, "linkage",
      Say("How well records are put into persons: by what clerks ruled, or "
          "against a file that says who is who"),
      "wayctl report linkage\n  wayctl report linkage --truth truth.csv",
      Needs::kHub,
      [truth](Session& session) { return Linkage(session, *truth); });
  linkage_verb.add_option(
      "--truth", *truth,
      Say("CSV with the columns agency, record_key and person, such as the "
          "truth.csv of waystation-population; - is standard input. Asked of "
          "the reconciliation office only"));
  AddNoticeReports(commands, noun);
  AddRecordReports(commands, noun);
  AddServiceRates(commands, noun);
}

}  // namespace waystation::wayctl
