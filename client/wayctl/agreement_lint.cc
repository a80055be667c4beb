// SPDX-License-Identifier: Apache-2.0
// wayctl agreement lint: files alone, held against the ceiling as the hub holds
// them. It calls nobody; the hub looks again when one is applied.
#include "client/wayctl/agreement_lint.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/input_file.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/agreement/check_agreement.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"
#include "waystation/config/v1/ceiling.pb.h"
#include "waystation/report/v1/agreement_report.pb.h"

namespace waystation::wayctl {
namespace {

using report::v1::AgreementLintReport;

constexpr char kShipped[] = "other_sectors.yaml";

struct Options {
  std::vector<std::string> files;
  std::string ceiling;
};

std::string ShownName(const std::string& file) {
  return file == "-" ? "stdin" : file;
}

// The rows of sectors beyond the four: of a file, or of this release.
absl::StatusOr<config::v1::SectorCeiling> ReadRows(Session& session,
                                                   const std::string& file) {
  std::string text(agreement::kDefaultSectorRows);
  if (!file.empty()) {
    auto given = session.ReadInput(file);
    if (!given.ok()) return given.status();
    text = *std::move(given);
  }
  config::v1::SectorCeiling rows;
  const auto places =
      runtime::ReadYaml(text, file.empty() ? kShipped : ShownName(file), rows);
  if (!places.ok()) return places.status();
  std::vector<runtime::YamlProblem> problems;
  for (const auto& [field, rule] : agreement::CheckSectorRows(rows)) {
    problems.push_back({field, rule});
  }
  if (!problems.empty()) return runtime::ConfigInvalid(*places, problems);
  return rows;
}

// Complaints about all files in one error.
class Complaints {
 public:
  // Of AGREEMENT_INVALID and its kind; the gravest names them all.
  void Add(const absl::Status& status) {
    const std::string reason = errors::ReasonOf(status);
    if (reason_.empty() || reason == "OVER_CEILING") reason_ = reason;
    for (errors::FieldViolation& violation : errors::ViolationsOf(status)) {
      details_.violations.push_back(std::move(violation));
    }
  }

  absl::Status ToStatus() const {
    return reason_.empty() ? absl::OkStatus()
                           : errors::Error(reason_, details_);
  }

 private:
  std::string reason_;
  errors::Details details_;
};

absl::Status CheckOne(const v1::Agreement& agreement,
                      const runtime::YamlPlaces& places,
                      const agreement::Ceiling& ceiling) {
  // An agency's id begins with its sector; whether it is registered, the hub
  // knows.
  const std::string& agency = agreement.recipient_agency();
  const std::string sector = agency.substr(0, agency.find('.'));
  const auto found = agreement::CheckAgreement(agreement, ceiling, sector);
  if (found.empty()) return absl::OkStatus();
  std::string reason = found.front().reason();
  errors::Details details;
  for (const v1::Violation& violation : found) {
    if (violation.reason() == "OVER_CEILING") reason = violation.reason();
    details.violations.push_back({violation.field(), violation.rule()});
  }
  return InFile(errors::Error(reason, details), places, "");
}

Sheet ReportSheet(const AgreementLintReport& report) {
  Table agreements{.columns = {{"file", Say("FILE"), false, true},
                               {"id", Say("AGREEMENT")},
                               {"version", Say("VERSION"), true},
                               {"recipient", Say("RECIPIENT"), false, true},
                               {"grants", Say("GRANTS"), true}}};
  for (const auto& linted : report.agreements()) {
    const v1::Agreement& agreement = linted.agreement();
    agreements.rows.push_back(
        {linted.file(), agreement.id(), Number(agreement.version()),
         agreement.recipient_agency().empty() ? agreement.recipient_sector()
                                              : agreement.recipient_agency(),
         Number(static_cast<std::uint64_t>(agreement.grants_size()))});
  }
  return {
      .facts = {{"ceiling", Say("Ceiling of other sectors"), report.ceiling()},
                {"ceiling_rows", Say("Its rows"),
                 Number(static_cast<std::uint64_t>(report.ceiling_rows()))}},
      .sections = {{Say("Agreements"), std::move(agreements)}}};
}

absl::Status Lint(Session& session, const Options& options) {
  if (options.files.empty() && options.ceiling.empty()) {
    return errors::Error(
        "USAGE",
        {.field = "FILE", .rule = "files of agreements, or --ceiling"});
  }
  const auto rows = ReadRows(session, options.ceiling);
  if (!rows.ok()) return rows.status();
  const agreement::Ceiling ceiling(*rows);
  AgreementLintReport report;
  report.set_ceiling(rows->version());
  report.set_ceiling_rows(rows->rows_size());
  Complaints complaints;
  for (const std::string& file : options.files) {
    const auto text = session.ReadInput(file);
    if (!text.ok()) return text.status();
    auto& linted = *report.add_agreements();
    linted.set_file(file);
    const auto places =
        runtime::ReadYaml(*text, ShownName(file), *linted.mutable_agreement());
    const absl::Status checked =
        places.ok() ? CheckOne(linted.agreement(), *places, ceiling)
                    : As("AGREEMENT_INVALID", places.status());
    if (!checked.ok()) complaints.Add(checked);
  }
  if (auto found = complaints.ToStatus(); !found.ok()) return found;
  session.out().Show(report, ReportSheet(report));
  return absl::OkStatus();
}

}  // namespace

void AddAgreementLint(Commands& commands, CLI::App& noun) {
  const auto options = std::make_shared<Options>();
  CLI::App& verb = commands.Verb(
      noun, "lint",
      Say("Whether files of agreements stay under the ceiling; asks no hub"),
      "wayctl agreement lint agreement.yaml\n"
      "  wayctl agreement lint --ceiling other_sectors.yaml",
      Needs::kNothing,
      [options](Session& session) { return Lint(session, *options); });
  verb.add_option("FILE", options->files, Say("YAML; - is standard input"));
  verb.add_option(
      "--ceiling", options->ceiling,
      Say("What sectors beyond the four may know at most, as the hub's "
          "ceiling_file says; that of this release unless given"));
}

}  // namespace waystation::wayctl
