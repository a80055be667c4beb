// SPDX-License-Identifier: Apache-2.0
// wayctl rules: who is who and which claim stands; learning, trying and
// changing how that is told.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/input_file.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/yaml.h"
#include "waystation/config/v1/rules.pb.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::wayctl {
namespace {

// What a preview looks at, so that the question comes soon.
constexpr std::uint64_t kPreviewed = 2000;

Cell ShareCell(double share) {
  return {absl::StrFormat("%.4g %%", 100 * share),
          absl::StrFormat("%g", share)};
}

Cell BitsCell(double bits) { return Cell(absl::StrFormat("%g", bits)); }

std::string ReferenceText(const v1::RecordReference& record) {
  return record.agency() + "/" + record.record_key();
}

auto WatchOf(Session& session) {
  return [&session](const v1::RulesProgress& progress) {
    session.Progress([&] {
      switch (progress.phase()) {
        case v1::RulesProgress::PHASE_READING:
          return Say("$0 of $1 records read", progress.done(),
                     progress.total());
        case v1::RulesProgress::PHASE_FITTING:
          return Say("Fitting the weights");
        default:
          return Say("$0 of $1 records compared", progress.done(),
                     progress.total());
      }
    });
  };
}

// --- what there is ---

std::vector<Fact> FactsOf(const v1::RulesStatus& status,
                          const Surroundings& surroundings) {
  std::vector<Fact> facts = {{"version", Say("Rules"), status.version()}};
  if (status.has_applied_time()) {
    facts.push_back({"applied_time", Say("Applied"),
                     TimeCell(status.applied_time(), surroundings)});
    facts.push_back({"applied_by", Say("Applied by"), status.applied_by()});
  } else {
    facts.push_back({"applied_by", Say("Applied by"),
                     Cell(Say("nobody: the hub's configuration, or its "
                              "defaults"),
                          "")});
  }
  if (!status.passed_over_version().empty()) {
    facts.push_back({"passed_over_version",
                     Say("Passed over, of the configuration"),
                     status.passed_over_version()});
  }
  facts.push_back({"records_to_review", Say("Records still to review"),
                   Number(status.records_to_review())});
  return facts;
}

Table LevelRows(const config::v1::Linking& linking) {
  Table table{.columns = {{"field", Say("COMPARED")},
                          {"level", Say("HOW")},
                          {"m", Say("OF ONE PERSON"), true},
                          {"u", Say("OF TWO"), true},
                          {"bits", Say("BITS"), true}}};
  for (const config::v1::LevelWeight& level : linking.levels()) {
    table.rows.push_back(
        {Cell(SayName(level.field()), level.field()),
         Cell(SayName(level.level()), level.level()), ShareCell(level.m()),
         ShareCell(level.u()),
         Cell(absl::StrFormat("%+.1f", std::log2(level.m() / level.u())))});
  }
  return table;
}

std::vector<Fact> ThresholdFacts(const config::v1::Linking& linking) {
  return {{"automatic", Say("Joined by score"),
           linking.automatic() ? Cell(Say("yes"), "true")
                               : Cell(Say("no"), "false")},
          {"upper", Say("Joined from"), BitsCell(linking.thresholds().upper())},
          {"lower", Say("Put before a clerk from"),
           BitsCell(linking.thresholds().lower())},
          {"block_cap", Say("Records of one key that are compared, at most"),
           Number(static_cast<std::uint64_t>(linking.block_cap()))}};
}

absl::Status Show(Session& session, bool as_file) {
  const auto response = session.admin().GetRules({});
  if (!response.ok()) return response.status();
  if (as_file) {
    session.surroundings().out << runtime::WriteYaml(response->rules());
    return absl::OkStatus();
  }
  const config::v1::Linking& linking = response->rules().linking();
  Sheet sheet{.facts = FactsOf(response->status(), session.surroundings()),
              .sections = {{Say("Weights"), LevelRows(linking)}}};
  for (Fact& fact : ThresholdFacts(linking)) {
    sheet.facts.push_back(std::move(fact));
  }
  session.out().Show(*response, sheet);
  return absl::OkStatus();
}

// --- what a file says ---

struct Given {
  config::v1::Rules rules;
  runtime::YamlPlaces places;
};

absl::StatusOr<Given> ReadRules(Session& session, const std::string& file) {
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  config::v1::Rules rules;
  auto places = runtime::ReadYaml(*text, file == "-" ? "stdin" : file, rules);
  if (!places.ok()) return As("RULES_INVALID", places.status());
  return Given{.rules = std::move(rules), .places = *std::move(places)};
}

// What applying them answers, by the hub's own path; and the request that does
// it, of the rules in force that were seen.
struct Checked {
  v1::ApplyRulesRequest request;
  v1::ApplyRulesResponse response;
};

absl::StatusOr<Checked> Check(Session& session, const Given& given) {
  const auto in_force = session.admin().GetRules({});
  if (!in_force.ok()) return in_force.status();
  Checked checked;
  *checked.request.mutable_rules() = given.rules;
  checked.request.set_etag(in_force->status().etag());
  checked.request.set_validate_only(true);
  auto response = session.admin().ApplyRules(checked.request);
  if (!response.ok()) return InFile(response.status(), given.places, "rules.");
  checked.response = *std::move(response);
  checked.request.set_validate_only(false);
  return checked;
}

absl::Status CheckFile(Session& session, const std::string& file) {
  const auto given = ReadRules(session, file);
  if (!given.ok()) return given.status();
  const auto checked = Check(session, *given);
  if (!checked.ok()) return checked.status();
  session.out().Show(
      checked->response,
      {.facts = {{"version", Say("Rules"), given->rules.version()}}});
  session.out().Note(Say("The hub would take it."));
  return absl::OkStatus();
}

// --- learning ---

struct TrainOptions {
  std::string out;
  std::string version;
  double false_links = 0;
  std::uint64_t records = 0;
};

Sheet TrainedSheet(const v1::TrainedRules& trained) {
  Table sessions{.columns = {{"given", Say("FOUND BY")},
                             {"pairs", Say("PAIRS"), true},
                             {"matches", Say("OF ONE PERSON"), true},
                             {"certainty", Say("CERTAINTY"), true},
                             {"rounds", Say("ROUNDS"), true},
                             {"converged", Say("CAME TO REST")},
                             {"used", Say("USED")}}};
  const auto yes_or_no = [](bool is) {
    return is ? Cell(Say("yes"), "true") : Cell(Say("no"), "false");
  };
  for (const v1::TrainingSession& session : trained.sessions()) {
    std::vector<std::string> fields;
    for (const std::string& field : session.given()) {
      fields.push_back(SayName(field));
    }
    sessions.rows.push_back(
        {Cell(Joined(fields, Say(", ")), Joined(session.given())),
         Number(session.pairs()),
         Cell(absl::StrFormat("%.0f", session.matches())),
         Cell(absl::StrFormat("%.3f", session.certainty())),
         Number(static_cast<std::uint64_t>(session.rounds())),
         yes_or_no(session.converged()), yes_or_no(session.used())});
  }
  Sheet sheet{
      .facts = {{"version", Say("Rules"), trained.rules().version()},
                {"records", Say("Records learnt from"),
                 Number(trained.records())},
                {"records_held", Say("Records"),
                 Number(trained.records_held())},
                {"random_pairs", Say("Pairs drawn at random"),
                 Number(trained.random_pairs())},
                {"candidate_pairs", Say("Pairs that share a key"),
                 Number(trained.candidate_pairs())},
                {"match_share", Say("Of one person, of all pairs"),
                 ShareCell(trained.match_share())},
                {"false_links", Say("Wrong among those joined, as expected"),
                 ShareCell(trained.false_links())},
                {"found",
                 Say("Joined or asked about of those of one person, as "
                     "expected"),
                 ShareCell(trained.found())}},
      .sections = {{Say("What was learnt from"), std::move(sessions)},
                   {Say("Weights"), LevelRows(trained.rules().linking())}}};
  for (Fact& fact : ThresholdFacts(trained.rules().linking())) {
    sheet.facts.push_back(std::move(fact));
  }
  if (!trained.kept_levels().empty()) {
    sheet.facts.push_back({"kept_levels",
                           Say("Too rare to learn; the defaults are kept"),
                           JoinedCell(trained.kept_levels())});
  }
  return sheet;
}

// The rules file, with what it was learnt from as comments at its head.
std::string FileOf(const v1::TrainedRules& trained) {
  std::string text = absl::StrCat(
      "# ",
      Say("Learnt from $0 of $1 records: $2 pairs drawn at random, $3 that "
          "share a key.",
          trained.records(), trained.records_held(), trained.random_pairs(),
          trained.candidate_pairs()),
      "\n# ",
      Say("Expected of what is joined by score: $0 % wrong. Of what is one "
          "person: $1 % joined or asked about.",
          absl::StrFormat("%.4g", 100 * trained.false_links()),
          absl::StrFormat("%.4g", 100 * trained.found())),
      "\n");
  for (const v1::TrainingSession& session : trained.sessions()) {
    absl::StrAppend(
        &text, "#   ",
        Say("found by $0: $1 pairs, $2 of one person, certainty $3, $4 rounds",
            Joined(session.given()), session.pairs(),
            absl::StrFormat("%.0f", session.matches()),
            absl::StrFormat("%.3f", session.certainty()), session.rounds()));
    if (!session.converged()) {
      absl::StrAppend(&text, ", ", Say("did not come to rest"));
    }
    if (!session.used()) absl::StrAppend(&text, ", ", Say("not used"));
    absl::StrAppend(&text, "\n");
  }
  if (!trained.kept_levels().empty()) {
    absl::StrAppend(&text, "# ",
                    Say("Too rare to learn, as they are by default: $0",
                        Joined(trained.kept_levels())),
                    "\n");
  }
  return text + runtime::WriteYaml(trained.rules());
}

absl::Status Train(Session& session, const TrainOptions& options) {
  v1::TrainRulesRequest request;
  request.set_version(options.version);
  request.set_false_links(options.false_links);
  request.set_most_records(options.records);
  const auto trained = session.admin().TrainRules(request, WatchOf(session));
  session.EndProgress();
  if (!trained.ok()) return trained.status();
  const Sheet sheet = TrainedSheet(*trained);
  if (!options.out.empty()) {
    const absl::Status written =
        runtime::WriteNewFile(options.out, FileOf(*trained));
    if (!written.ok()) return written;
    session.out().Show(*trained, sheet);
    session.out().Note(
        Say("Written to $0. `wayctl rules try $0` says what it "
            "would change.",
            options.out));
  } else if (session.out().format() == Format::kTable) {
    session.out().Preview(sheet);
    session.surroundings().out << FileOf(*trained);
  } else {
    session.out().Show(*trained, sheet);
  }
  return absl::OkStatus();
}

// --- trying ---

struct TryOptions {
  std::string file;
  std::uint64_t limit = 0;
  int examples = 0;
};

Cell SectorsCell(const std::string& a, const std::string& b) {
  return {Say("$0 and $1", SayName(a), SayName(b)), a + " " + b};
}

bool IsEmpty(const v1::RulesEffect& effect) {
  return effect.links().empty() && effect.candidates().empty() &&
         effect.values().empty();
}

Sheet EffectSheet(const v1::RulesEffect& effect, bool with_examples) {
  using Example = v1::RulesEffect::Example;
  Table links{.columns = {{"sectors", Say("SECTORS")},
                          {"joined", Say("JOINED"), true},
                          {"parted", Say("PARTED"), true}}};
  for (const auto& one : effect.links()) {
    links.rows.push_back({SectorsCell(one.sector_a(), one.sector_b()),
                          Number(one.joined()), Number(one.parted())});
  }
  Table candidates{.columns = {{"why", Say("WHY"), false, true},
                               {"sectors", Say("SECTORS")},
                               {"opened", Say("OPENED"), true},
                               {"closed", Say("CLOSED"), true}}};
  for (const auto& one : effect.candidates()) {
    candidates.rows.push_back({Cell(SayReason(one.why()), one.why()),
                               SectorsCell(one.sector_a(), one.sector_b()),
                               Number(one.opened()), Number(one.closed())});
  }
  Table values{.columns = {{"attribute", Say("ATTRIBUTE")},
                           {"changed", Say("STAND OTHERWISE"), true},
                           {"opened", Say("CONFLICTS OPENED"), true},
                           {"closed", Say("CLOSED"), true}}};
  for (const auto& one : effect.values()) {
    values.rows.push_back({Cell(SayName(one.attribute()), one.attribute()),
                           Number(one.changed()), Number(one.opened()),
                           Number(one.closed())});
  }
  const auto of = [](std::uint64_t now, std::uint64_t then) {
    return Cell(Say("$0, then $1", now, then), absl::StrCat(now, " ", then));
  };
  Sheet sheet{
      .facts = {{"version", Say("Rules"), effect.version()},
                {"version_in_force", Say("In force now"),
                 effect.version_in_force()},
                {"records", Say("Records looked at"),
                 Cell(Say("$0 of $1", effect.records(), effect.records_held()),
                      absl::StrCat(effect.records()))},
                {"persons", Say("Persons"),
                 of(effect.persons(), effect.persons_after())},
                {"candidates_open", Say("Open candidates"),
                 of(effect.candidates_open(), effect.candidates_open_after())},
                {"conflicts_open", Say("Open conflicts"),
                 of(effect.conflicts_open(), effect.conflicts_open_after())}},
      .sections = {{Say("Pairs of records"), std::move(links)},
                   {Say("Candidates"), std::move(candidates)},
                   {Say("What stands, in persons"), std::move(values)}}};
  if (effect.over_limit() != 0) {
    sheet.facts.push_back({"over_limit",
                           Say("Too many hang together to be joined by score"),
                           Number(effect.over_limit())});
  }
  if (with_examples && !effect.examples().empty()) {
    Table examples{.columns = {{"kind", Say("WHAT")},
                               {"record_a", Say("RECORD"), false, true},
                               {"record_b", Say("OTHER RECORD"), false, true},
                               {"about", Say("ABOUT")}}};
    for (const Example& one : effect.examples()) {
      examples.rows.push_back(
          {EnumOf(one.kind()), ReferenceText(one.record_a()),
           one.has_record_b() ? ReferenceText(one.record_b()) : "",
           one.attribute().empty()
               ? Cell(one.why().empty() ? "" : SayReason(one.why()), one.why())
               : Cell(SayName(one.attribute()), one.attribute())});
    }
    sheet.sections.push_back({Say("Examples"), std::move(examples)});
  }
  return sheet;
}

absl::StatusOr<v1::RulesEffect> EffectOf(Session& session, const Given& given,
                                         std::uint64_t limit, int examples) {
  v1::TryRulesRequest request;
  *request.mutable_rules() = given.rules;
  request.set_most_records(limit);
  request.set_examples(examples);
  auto effect = session.admin().TryRules(request, WatchOf(session));
  session.EndProgress();
  if (!effect.ok()) return InFile(effect.status(), given.places, "rules.");
  return effect;
}

absl::Status Try(Session& session, const TryOptions& options) {
  const auto given = ReadRules(session, options.file);
  if (!given.ok()) return given.status();
  const auto effect =
      EffectOf(session, *given, options.limit, options.examples);
  if (!effect.ok()) return effect.status();
  session.out().Show(*effect, EffectSheet(*effect, true));
  if (IsEmpty(*effect)) {
    session.out().Note(Say("Nothing would change."));
  } else {
    session.Found();
  }
  return absl::OkStatus();
}

// --- putting in force ---

absl::Status Apply(Session& session, const std::string& file, bool dry_run) {
  if (dry_run) return CheckFile(session, file);
  const auto given = ReadRules(session, file);
  if (!given.ok()) return given.status();
  const auto checked = Check(session, *given);
  if (!checked.ok()) return checked.status();
  if (!session.options().yes) {
    const auto effect = EffectOf(session, *given, kPreviewed, 1);
    if (!effect.ok()) return effect.status();
    session.out().Preview(EffectSheet(*effect, false));
    if (effect->records() < effect->records_held()) {
      session.out().Note(Say("`wayctl rules try` looks at all records."));
    }
    const auto yes =
        session.Confirm(Say("Put these rules in force, for all $0 records?",
                            effect->records_held()));
    if (!yes.ok()) return yes;
  }
  const auto response = session.admin().ApplyRules(checked->request);
  if (!response.ok()) return InFile(response.status(), given->places, "rules.");
  session.out().Show(*response, {.facts = FactsOf(response->status(),
                                                  session.surroundings())});
  session.out().Note(
      Say("`wayctl rules show` counts down the records that are "
          "still to be looked at."));
  return absl::OkStatus();
}

void AddFile(CLI::App& verb, std::string& file) {
  verb.add_option("FILE", file, Say("YAML; - is standard input"))->required();
}

}  // namespace

void AddRules(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "rules", Say("Who is taken for whom, and which claim stands"));

  const auto as_file = std::make_shared<bool>(false);
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("The rules in force, and what is left to review"),
      "wayctl rules show\n  wayctl rules show --file > rules.yaml", Needs::kHub,
      [as_file](Session& session) { return Show(session, *as_file); });
  show_verb.add_flag("--file", *as_file,
                     Say("Write them as a file that apply takes, with all "
                         "defaults"));

  const auto file = std::make_shared<std::string>();
  CLI::App& check_verb = commands.Verb(
      noun, "check", Say("Whether the hub would take a file"),
      "wayctl rules check rules.yaml", Needs::kHub,
      [file](Session& session) { return CheckFile(session, *file); });
  AddFile(check_verb, *file);

  const auto train = std::make_shared<TrainOptions>();
  CLI::App& train_verb = commands.Verb(
      noun, "train",
      Say("Learn weights and thresholds from the records that the hub holds"),
      "wayctl rules train --out learnt.yaml", Needs::kHubForLong,
      [train](Session& session) { return Train(session, *train); });
  train_verb.add_option("--out", train->out,
                        Say("Write a new rules file; else to standard output"));
  train_verb.add_option(
      "--version", train->version,
      Say("Of the rules; trained-<today> if it is not given"));
  train_verb
      .add_option("--false-links", train->false_links,
                  Say("Share of wrong pairs among those joined by score, at "
                      "most; 0.0002 if it is not given"))
      ->check(CLI::Range(0.0, 1.0));
  train_verb.add_option("--records", train->records,
                        Say("Draw so many, if there are more; a million if it "
                            "is not given"));

  const auto options = std::make_shared<TryOptions>();
  CLI::App& try_verb = commands.Verb(
      noun, "try", Say("What a file would change; nothing is changed"),
      "wayctl rules try learnt.yaml", Needs::kHubForLong,
      [options](Session& session) { return Try(session, *options); });
  AddFile(try_verb, options->file);
  try_verb.add_option("--limit", options->limit,
                      Say("Look at so many records and what hangs together "
                          "with them; 0 means all"));
  try_verb
      .add_option("--examples", options->examples,
                  Say("Of each kind; 5 if it is not given"))
      ->check(CLI::Range(1, 100));

  const auto dry_run = std::make_shared<bool>(false);
  const auto applied = std::make_shared<std::string>();
  CLI::App& apply_verb = commands.Verb(
      noun, "apply",
      Say("Put a file in force, over what the hub's configuration names"),
      "wayctl rules apply learnt.yaml", Needs::kHubForLong,
      [applied, dry_run](Session& session) {
        return Apply(session, *applied, *dry_run);
      });
  AddFile(apply_verb, *applied);
  AddDryRun(apply_verb, *dry_run);
}

}  // namespace waystation::wayctl
