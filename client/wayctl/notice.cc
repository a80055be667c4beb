// SPDX-License-Identifier: Apache-2.0
// wayctl notice: cases between agencies, at a clerk's desk.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/notice_attachments.h"
#include "client/wayctl/person_view.h"
#include "client/wayctl/values.h"
#include "google/protobuf/util/time_util.h"
#include "proto/calendar/china_time.h"
#include "proto/calendar/dates.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "waystation/notice_reader.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::wayctl {
namespace {

using google::protobuf::util::TimeUtil;
using List = v1::ListNoticesRequest;
using Step = v1::StepNoticeRequest;

constexpr int kMostPerPage = 200;

// --- showing ---

// The deadline is the end of a day in China, which as an instant reads like the
// day after: that day is shown to people, wherever they read.
Cell DueCell(const v1::Notice& notice) {
  if (!notice.has_due_time()) return Cell("");
  const std::int64_t until =
      TimeUtil::TimestampToMicroseconds(notice.due_time());
  Cell due(calendar::TextOf(calendar::DayOf(until - 1)),
           TimeUtil::ToString(notice.due_time()));
  if (!notice.escalated_to().empty()) {
    due.shown = Say("$0, overdue, escalated", due.shown);
  } else if (notice.overdue()) {
    due.shown = Say("$0, overdue", due.shown);
  } else if (notice.reminder()) {
    due.shown = Say("$0, soon", due.shown);
  }
  return due;
}

Cell StateCell(const v1::Notice& notice) {
  Cell state = EnumOf(notice.state());
  // A business that is closed is another thing.
  if (notice.state() == v1::Notice::STATE_CLOSED) state.shown = Say("closed");
  if (notice.withdrawn()) state.shown = Say("taken back");
  if (notice.result() != v1::Notice::RESULT_UNSPECIFIED) {
    state.shown = Say("$0: $1", state.shown, EnumOf(notice.result()).shown);
  }
  return state;
}

Cell KindCell(const v1::Notice& notice) {
  Cell kind = EnumOf(notice.kind());
  if (notice.urgent()) kind.shown = Say("$0, urgent", kind.shown);
  return kind;
}

Cell AboutCell(const v1::Notice& notice) {
  std::vector<std::string> shown;
  for (const std::string& name : notice.attributes()) {
    shown.push_back(SayName(name));
  }
  return {Joined(shown, Say(", ")), Joined(notice.attributes())};
}

Cell AgencyCell(const std::string& id) { return {AgencyText(id), id}; }

Table NoticeRows(
    const google::protobuf::RepeatedPtrField<v1::Notice>& notices) {
  Table table{.columns = {{"id", Say("NOTICE")},
                          {"kind", Say("KIND")},
                          {"due_time", Say("DUE")},
                          {"state", Say("STATE")},
                          {"from", Say("SENDER"), false, true},
                          {"to", Say("RECIPIENT"), false, true},
                          {"attributes", Say("ABOUT"), false, true}}};
  for (const v1::Notice& notice : notices) {
    table.rows.push_back({notice.id(), KindCell(notice), DueCell(notice),
                          StateCell(notice), AgencyCell(notice.from()),
                          AgencyCell(notice.to()), AboutCell(notice)});
  }
  return table;
}

std::vector<Fact> HeadFacts(const v1::Notice& notice,
                            const Surroundings& surroundings) {
  std::vector<Fact> facts;
  if (!notice.id().empty()) {
    facts.push_back({"id", Say("Notice"), notice.id()});
  }
  facts.insert(
      facts.end(),
      {{"kind", Say("Kind"), KindCell(notice)},
       {"state", Say("State"), StateCell(notice)},
       {"purpose", Say("Purpose"), EnumOf(notice.purpose())},
       {"from", Say("Sent by"), AgencyCell(notice.from())},
       {"to", Say("With"), AgencyCell(notice.to())},
       {"attributes", Say("About"), AboutCell(notice)},
       {"sent_time", Say("Sent"), TimeCell(notice.sent_time(), surroundings)},
       {"due_time", Say("Until the end of"), DueCell(notice)}});
  if (!notice.escalated_to().empty()) {
    facts.push_back({"escalated_to", Say("Escalated to"),
                     AgencyCell(notice.escalated_to())});
  }
  if (notice.has_prompted_time()) {
    facts.push_back({"prompted_time", Say("Asked for the answer"),
                     TimeCell(notice.prompted_time(), surroundings)});
  }
  if (notice.has_answered_time()) {
    facts.push_back({"answered_time", Say("Answered"),
                     TimeCell(notice.answered_time(), surroundings)});
  }
  return facts;
}

// Whose consent there is, and how much came sealed.
void AddHandOver(const v1::GetNoticeResponse& notice,
                 const Surroundings& surroundings, Sheet& sheet) {
  const v1::HandOverConsent& consent = notice.text().consent();
  if (notice.text().has_consent()) {
    sheet.facts.push_back(
        {"consent", Say("Consent"),
         Cell(Say("$0, by $1, $2, to $3", consent.reference(),
                  EnumOf(consent.giver()).shown, EnumOf(consent.form()).shown,
                  AgencyText(consent.recipient())),
              consent.reference())});
    sheet.facts.push_back({"consent_time", Say("Consent given"),
                           TimeCell(consent.given_time(), surroundings)});
  }
  if (notice.text().attachments().empty()) return;
  Table table{.columns = {{"attachment", Say("SEALED"), true},
                          {"type", Say("TYPE")},
                          {"bytes", Say("BYTES"), true}}};
  for (int i = 0; i < notice.text().attachments_size(); ++i) {
    table.rows.push_back({Number(static_cast<std::uint64_t>(i + 1)),
                          EnumOf(notice.text().attachments(i).type()),
                          Number(static_cast<std::uint64_t>(
                              i < notice.notice().attachment_sizes_size()
                                  ? notice.notice().attachment_sizes(i)
                                  : 0))});
  }
  sheet.sections.push_back({Say("What was handed over"), std::move(table)});
}

Table HistoryRows(const v1::GetNoticeResponse& notice,
                  const Surroundings& surroundings) {
  Table table{.columns = {{"time", Say("TIME")},
                          {"kind", Say("WHAT")},
                          {"agency", Say("AGENCY"), false, true},
                          {"to", Say("RECIPIENT"), false, true},
                          {"reason", Say("REASON"), false, true}}};
  for (int i = 0; i < notice.history_size(); ++i) {
    const v1::Notice::Event& event = notice.history(i);
    const auto& reasons = notice.text().reasons();
    const auto given = std::ranges::find(reasons, i, &v1::NoticeReason::event);
    table.rows.push_back(
        {TimeCell(event.time(), surroundings), EnumOf(event.kind()),
         AgencyCell(event.agency()), AgencyCell(event.to()),
         given == reasons.end() ? Cell("") : Cell(given->reason())});
  }
  return table;
}

Table FieldRows(const v1::NoticeAnswer& answer) {
  Table table{
      .columns = {{"attribute", Say("ATTRIBUTE")}, {"answer", Say("ANSWER")}}};
  for (const v1::FieldAnswer& field : answer.fields()) {
    table.rows.push_back({Cell(SayName(field.attribute()), field.attribute()),
                          EnumOf(field.answer())});
  }
  return table;
}

Sheet NoticeSheet(const v1::GetNoticeResponse& notice,
                  const Surroundings& surroundings) {
  Sheet sheet{.facts = HeadFacts(notice.notice(), surroundings)};
  if (!notice.record_key().empty()) {
    sheet.facts.push_back(
        {"record_key", Say("Your record"), notice.record_key()});
  }
  if (!notice.text().text().empty()) {
    sheet.facts.push_back({"text", Say("Text"), notice.text().text()});
  }
  const v1::NoticeAnswer& answer = notice.text().answer();
  if (!answer.note().empty()) {
    sheet.facts.push_back({"note", Say("Answer"), answer.note()});
  }
  AddHandOver(notice, surroundings, sheet);
  if (notice.has_about()) {
    Sheet about = PersonSheet(notice.about(), surroundings);
    for (Section& section : about.sections) {
      section.title = Say("What the sender's record says");
      sheet.sections.push_back(std::move(section));
    }
  }
  if (!answer.fields().empty()) {
    sheet.sections.push_back(
        {Say("Answered field by field"), FieldRows(answer)});
  }
  sheet.sections.push_back(
      {Say("What has happened"), HistoryRows(notice, surroundings)});
  return sheet;
}

// --- finding ---

// All boxes that a beginning of an id may be in.
absl::StatusOr<std::string> WholeId(Session& session, const std::string& id) {
  for (const auto box : {List::BOX_WAITING, List::BOX_RECEIVED, List::BOX_SENT,
                         List::BOX_ESCALATED}) {
    List request;
    request.set_box(box);
    request.set_page_size(kMostPerPage);
    auto found = OnlyOneBeginning(
        id, request,
        [&](const List& page) { return session.notice().ListNotices(page); },
        [](const v1::ListNoticesResponse& page) -> const auto& {
          return page.notices();
        });
    if (!found.ok() || *found != id) return found;
  }
  return id;
}

absl::StatusOr<v1::GetNoticeResponse> Get(
    Session& session, const std::string& id,
    v1::GetNoticeRequest::Attachments attachments =
        v1::GetNoticeRequest::ATTACHMENTS_UNSPECIFIED) {
  v1::GetNoticeRequest request;
  request.set_attachments(attachments);
  auto whole = WholeId(session, id);
  if (!whole.ok()) return whole.status();
  request.set_id(*std::move(whole));
  return session.notice().GetNotice(request);
}

// --- listing and showing ---

struct Listed {
  ListOptions list;
  std::string box = "waiting";
  std::vector<std::string> kinds;
  bool overdue = false;
};

absl::Status ListBox(Session& session, const Listed& options) {
  List request;
  const auto box = EnumFrom<List::Box>("--box", options.box);
  if (!box.ok()) return box.status();
  request.set_box(*box);
  for (const std::string& kind : options.kinds) {
    const auto parsed = EnumFrom<v1::Notice::Kind>("--kind", kind);
    if (!parsed.ok()) return parsed.status();
    request.add_kinds(*parsed);
  }
  request.set_overdue_only(options.overdue);
  return ShowPages(
      session, options.list, kMostPerPage, request,
      [&](const auto& page) { return session.notice().ListNotices(page); },
      [](const auto& page) { return NoticeRows(page.notices()); });
}

// --- watching ---

struct Watched {
  std::string after;
  int page_size = 50;
};

Table NewsRows(const v1::WatchNoticesResponse& news) {
  Table table = NoticeRows(news.notices());
  for (const std::string& id : news.passed_on()) {
    table.rows.push_back(
        {id, "", "", Cell(Say("passed on"), "passed_on"), "", "", ""});
  }
  return table;
}

absl::Status Watch(Session& session, const Watched& options) {
  client::NoticeReader reader(
      session.connection(),
      {.page_size = options.page_size,
       .after_token = options.after,
       .on_wait = [&](const absl::Status&, absl::Duration pause) {
         // The first pauses are too short to speak of.
         if (pause < absl::Seconds(1)) return;
         session.out().Warn(Say("The hub is away; trying again in $0 s.",
                                absl::ToInt64Seconds(pause)));
       }});
  for (bool is_first = true;; is_first = false) {
    const auto news = reader.Next();
    if (!news.ok()) return news.status();
    if (news->notices().empty() && news->passed_on().empty()) {
      if (!is_first) continue;
      session.out().Note(Say("Nothing waits for now."));
      // A program learns where to go on from.
      const Format format = session.out().format();
      if (format != Format::kJson && format != Format::kYaml) continue;
    }
    session.out().Stream(*news, NewsRows(*news));
    session.surroundings().out.flush();
  }
}

// --- what is overdue ---

absl::Status Overdue(Session& session, const std::vector<std::string>& kinds) {
  v1::GetOverdueNoticesRequest request;
  for (const std::string& kind : kinds) {
    const auto parsed = EnumFrom<v1::Notice::Kind>("--kind", kind);
    if (!parsed.ok()) return parsed.status();
    request.add_kinds(*parsed);
  }
  const auto response = session.notice().GetOverdueNotices(request);
  if (!response.ok()) return response.status();
  Table table{.columns = {{"agency", Say("AGENCY"), false, true},
                          {"overdue", Say("OVERDUE"), true},
                          {"escalated", Say("ESCALATED"), true},
                          {"escalated_to", Say("ESCALATED TO"), false, true},
                          {"earliest_due_time", Say("EARLIEST DUE")}}};
  for (const auto& row : response->rows()) {
    v1::Notice earliest;
    *earliest.mutable_due_time() = row.earliest_due_time();
    table.rows.push_back({AgencyCell(row.agency()),
                          Number(static_cast<std::uint64_t>(row.overdue())),
                          Number(static_cast<std::uint64_t>(row.escalated())),
                          AgencyCell(row.escalated_to()), DueCell(earliest)});
  }
  session.out().Page(*response, table);
  session.out().EndList();
  return absl::OkStatus();
}

absl::Status Show(Session& session, const std::string& id,
                  const std::vector<std::string>& reveal,
                  const SaveOptions& save) {
  if (auto usage = CheckSaveOptions(save); !usage.ok()) return usage;
  for (const std::string& attribute : reveal) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
  }
  using Request = v1::GetNoticeRequest;
  auto notice = Get(session, id,
                    save.folder.empty() ? Request::ATTACHMENTS_UNSPECIFIED
                    : save.for_person   ? Request::ATTACHMENTS_FOR_PERSON
                                        : Request::ATTACHMENTS_FOR_CARE);
  if (!notice.ok()) return notice.status();
  std::vector<std::string> files;
  if (!save.folder.empty()) {
    auto saved = SaveAttachments(session, save, *notice);
    if (!saved.ok()) return saved.status();
    files = *std::move(saved);
    for (auto& attachment : *notice->mutable_text()->mutable_attachments()) {
      attachment.clear_sealed();
    }
  }
  if (notice->has_about()) {
    Mask({reveal.begin(), reveal.end()},
         *notice->mutable_about()->mutable_person());
  }
  session.out().Show(*notice, NoticeSheet(*notice, session.surroundings()));
  for (const std::string& file : files) {
    session.out().Note(Say("Written: $0", file));
  }
  return absl::OkStatus();
}

// --- sending ---

struct Route {
  std::string agency;
  std::string sector;
  std::string division;
};

template <typename Request>
absl::Status SetRoute(const Route& route, Request& request) {
  const bool by_place = !route.sector.empty() && !route.division.empty();
  const bool partly = route.sector.empty() != route.division.empty();
  if (partly || by_place == !route.agency.empty()) {
    return errors::Error("USAGE",
                         {.rule = "either --to, or --sector with --division"});
  }
  if (by_place) {
    request.mutable_responsible()->set_sector(route.sector);
    request.mutable_responsible()->set_division(route.division);
  } else {
    request.set_agency(route.agency);
  }
  return absl::OkStatus();
}

void AddRoute(CLI::App& verb, Route& route) {
  verb.add_option("--to", route.agency, Say("The agency it is for"));
  verb.add_option("--sector", route.sector,
                  Say("Or the sector whose responsible agency gets it"));
  verb.add_option(
      "--division", route.division,
      Say("And the division it is responsible for, 6 to 12 digits"));
}

struct Sent {
  std::string kind;
  std::string record_key;
  std::string purpose;
  std::vector<std::string> attributes;
  Route route;
  AttachOptions attach;
  std::string text;
  bool urgent = false;
  bool dry_run = false;
};

absl::Status Send(Session& session, const Sent& options) {
  v1::SendNoticeRequest request;
  const auto kind = EnumFrom<v1::Notice::Kind>("KIND", options.kind);
  if (!kind.ok()) return kind.status();
  const auto purpose = EnumFrom<v1::Purpose>("--purpose", options.purpose);
  if (!purpose.ok()) return purpose.status();
  request.set_kind(*kind);
  request.set_purpose(*purpose);
  request.set_record_key(options.record_key);
  for (const std::string& attribute : options.attributes) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
    request.add_attributes(attribute);
  }
  if (auto set = SetRoute(options.route, request); !set.ok()) return set;
  request.set_urgent(options.urgent);
  request.set_text(options.text);
  const auto payloads = ReadPayloads(options.attach, request);
  if (!payloads.ok()) return payloads.status();
  // What is sealed is sealed for whom the hub would send it to.
  if (options.dry_run || !session.options().yes || !payloads->empty()) {
    request.set_validate_only(true);
    const auto preview = session.notice().SendNotice(request);
    if (!preview.ok()) return preview.status();
    const Sheet sheet{.facts =
                          HeadFacts(preview->notice(), session.surroundings())};
    if (options.dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    if (!session.options().yes) {
      session.out().Preview(sheet);
      if (auto yes = session.Confirm(Say("Send this?")); !yes.ok()) return yes;
    }
    if (auto sealed =
            SealPayloads(options.attach, *payloads, *preview, request);
        !sealed.ok()) {
      return sealed;
    }
    request.set_validate_only(false);
  }
  const auto response = session.notice().SendNotice(request);
  if (!response.ok()) return response.status();
  session.out().Show(*response, {.facts = HeadFacts(response->notice(),
                                                    session.surroundings())});
  return absl::OkStatus();
}

// --- steps ---

// Shows what the step makes of the notice, asks, and takes it.
absl::Status Take(Session& session, const v1::GetNoticeResponse& notice,
                  Step step, const std::string& question, bool dry_run) {
  step.set_id(notice.notice().id());
  step.set_etag(notice.etag());
  if (dry_run || !session.options().yes) {
    step.set_validate_only(true);
    const auto preview = session.notice().StepNotice(step);
    if (!preview.ok()) return preview.status();
    const Sheet sheet{.facts =
                          HeadFacts(preview->notice(), session.surroundings())};
    if (dry_run) {
      session.out().Show(*preview, sheet);
      return absl::OkStatus();
    }
    session.out().Preview(sheet);
    if (auto yes = session.Confirm(question); !yes.ok()) return yes;
    step.set_validate_only(false);
  }
  const auto response = session.notice().StepNotice(step);
  if (!response.ok()) return response.status();
  session.out().Show(*response, {.facts = HeadFacts(response->notice(),
                                                    session.surroundings())});
  return absl::OkStatus();
}

absl::Status TakeOne(Session& session, const std::string& id, Step step,
                     const std::string& question, bool dry_run) {
  const auto notice = Get(session, id);
  if (!notice.ok()) return notice.status();
  return Take(session, *notice, std::move(step), question, dry_run);
}

// Several at once: one preview, one question; what cannot be accepted is told
// and the others are.
absl::Status Accept(Session& session, const std::vector<std::string>& ids,
                    bool dry_run) {
  std::vector<v1::GetNoticeResponse> notices;
  v1::ListNoticesResponse heads;
  for (const std::string& id : ids) {
    auto notice = Get(session, id);
    if (!notice.ok()) return notice.status();
    *heads.add_notices() = notice->notice();
    notices.push_back(*std::move(notice));
  }
  Step step;
  step.mutable_accept();
  if (notices.size() == 1) {
    return Take(session, notices.front(), step, Say("Accept this?"), dry_run);
  }
  const Sheet sheet{
      .sections = {{Say("To be accepted"), NoticeRows(heads.notices())}}};
  if (dry_run) {
    session.out().Show(heads, sheet);
    return absl::OkStatus();
  }
  if (!session.options().yes) {
    session.out().Preview(sheet);
    if (auto yes = session.Confirm(Say("Accept these?")); !yes.ok()) return yes;
  }
  v1::ListNoticesResponse accepted;
  absl::Status worst;
  for (const v1::GetNoticeResponse& notice : notices) {
    step.set_id(notice.notice().id());
    step.set_etag(notice.etag());
    const auto response = session.notice().StepNotice(step);
    if (response.ok()) {
      *accepted.add_notices() = response->notice();
      continue;
    }
    session.out().Warn(Say("$0: $1", notice.notice().id(),
                           language::Describe(response.status())));
    worst.Update(response.status());
  }
  session.out().Page(accepted, NoticeRows(accepted.notices()));
  session.out().EndList();
  return worst;
}

struct Answered {
  std::string id;
  std::string result;
  std::vector<std::string> fields;
  std::string evidence;
  std::string note;
  bool dry_run = false;
};

// "birth_date=differs".
absl::Status AddField(const std::string& typed, v1::NoticeAnswer& answer) {
  const std::size_t equals = typed.find('=');
  if (equals == std::string::npos) {
    return errors::Error(
        "USAGE", {.rule = "a field is ATTRIBUTE=match, differs or unknown"});
  }
  v1::FieldAnswer& field = *answer.add_fields();
  field.set_attribute(typed.substr(0, equals));
  if (auto known = CheckAttribute(field.attribute()); !known.ok()) return known;
  const auto value =
      EnumFrom<v1::FieldAnswer::Answer>("--field", typed.substr(equals + 1));
  if (!value.ok()) return value.status();
  field.set_answer(*value);
  return absl::OkStatus();
}

absl::Status AnswerOne(Session& session, const Answered& options) {
  Step step;
  v1::NoticeAnswer& answer = *step.mutable_answer()->mutable_answer();
  const auto result = EnumFrom<v1::Notice::Result>("--result", options.result);
  if (!result.ok()) return result.status();
  answer.set_result(*result);
  for (const std::string& field : options.fields) {
    if (auto added = AddField(field, answer); !added.ok()) return added;
  }
  if (!options.evidence.empty()) {
    const auto evidence =
        EnumFrom<v1::Evidence>("--evidence", options.evidence);
    if (!evidence.ok()) return evidence.status();
    answer.set_evidence(*evidence);
  }
  answer.set_note(options.note);
  return TakeOne(session, options.id, std::move(step), Say("Answer so?"),
                 options.dry_run);
}

struct Passed {
  std::string id;
  Route route;
  std::string reason;
  bool dry_run = false;
};

absl::Status Reroute(Session& session, const Passed& options) {
  Step step;
  if (auto set = SetRoute(options.route, *step.mutable_reroute()); !set.ok()) {
    return set;
  }
  auto reason =
      session.GivenOrAsk(options.reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();
  step.mutable_reroute()->set_reason(*std::move(reason));
  return TakeOne(session, options.id, std::move(step), Say("Pass it on?"),
                 options.dry_run);
}

absl::Status Extend(Session& session, const Passed& options) {
  Step step;
  auto reason =
      session.GivenOrAsk(options.reason, Say("Reason (no personal values): "));
  if (!reason.ok()) return reason.status();
  step.mutable_extend()->set_reason(*std::move(reason));
  return TakeOne(session, options.id, std::move(step),
                 Say("Ask for the longer time?"), options.dry_run);
}

absl::Status Prompt(Session& session, const Passed& options) {
  Step step;
  step.mutable_prompt()->set_reason(options.reason);
  return TakeOne(session, options.id, std::move(step),
                 Say("Ask for the answer?"), options.dry_run);
}

absl::Status Close(Session& session, const Passed& options) {
  Step step;
  step.mutable_close()->set_reason(options.reason);
  return TakeOne(session, options.id, std::move(step), Say("Close this?"),
                 options.dry_run);
}

void AddListing(Commands& commands, CLI::App& noun) {
  const auto inbox = std::make_shared<Listed>();
  CLI::App& inbox_verb = commands.Verb(
      noun, "inbox", Say("What waits for your agency, by deadline"),
      "wayctl notice inbox --overdue", Needs::kHub,
      [inbox](Session& session) { return ListBox(session, *inbox); });
  const auto list = std::make_shared<Listed>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("What your agency sent or got, newest first"),
      "wayctl notice list --box sent", Needs::kHub,
      [list](Session& session) { return ListBox(session, *list); });
  list_verb
      .add_option("--box", list->box, Say("Which: $0", Choices<List::Box>()))
      ->required();
  for (const auto& [verb, options] :
       {std::pair(&inbox_verb, inbox), std::pair(&list_verb, list)}) {
    AddRepeated(*verb, "--kind", options->kinds,
                Say("Only these: $0", Choices<v1::Notice::Kind>()));
    verb->add_flag("--overdue", options->overdue,
                   Say("Only those whose deadline is past"));
    AddListOptions(*verb, options->list);
  }

  const auto watched = std::make_shared<Watched>();
  CLI::App& watch_verb = commands.Verb(
      noun, "watch",
      Say("What waits for your agency, and then whatever changes, until "
          "interrupted"),
      "wayctl notice watch -o json", Needs::kHub,
      [watched](Session& session) { return Watch(session, *watched); });
  watch_verb.add_option(
      "--after", watched->after,
      Say("Begin behind this token of a response; else with what waits"));
  watch_verb
      .add_option("--page-size", watched->page_size,
                  Say("Notices a page, 1 to 200"))
      ->check(CLI::Range(1, kMostPerPage));

  const auto overdue_kinds = std::make_shared<std::vector<std::string>>();
  CLI::App& overdue_verb = commands.Verb(
      noun, "overdue", Say("How many are past their deadline, by agency"),
      "wayctl notice overdue --kind verification", Needs::kHub,
      [overdue_kinds](Session& session) {
        return Overdue(session, *overdue_kinds);
      });
  AddRepeated(overdue_verb, "--kind", *overdue_kinds,
              Say("Only these: $0", Choices<v1::Notice::Kind>()));

  struct Shown {
    std::string id;
    std::vector<std::string> reveal;
    SaveOptions save;
  };
  const auto shown = std::make_shared<Shown>();
  CLI::App& show_verb = commands.Verb(
      noun, "show",
      Say("One notice: what the sender's record says, and what has happened"),
      "wayctl notice show n-k3p7w2 --reveal name", Needs::kHub,
      [shown](Session& session) {
        return Show(session, shown->id, shown->reveal, shown->save);
      });
  show_verb.add_option("NOTICE", shown->id, Say("Its id, or how that begins"))
      ->required();
  AddRepeated(show_verb, "--reveal", shown->reveal,
              Say("Show this attribute unmasked"));
  AddSaveOptions(show_verb, shown->save);
}

void AddSend(Commands& commands, CLI::App& noun) {
  const auto sent = std::make_shared<Sent>();
  CLI::App& verb = commands.Verb(
      noun, "send", Say("Put a case about one of your records to an agency"),
      "wayctl notice send verification --record LD-0001 --about name --to "
      "labor.341200 --purpose social_insurance_transfer",
      Needs::kHub, [sent](Session& session) { return Send(session, *sent); });
  verb.add_option("KIND", sent->kind,
                  Say("What it is: $0", Choices<v1::Notice::Kind>()))
      ->required();
  verb.add_option("--record", sent->record_key,
                  Say("Your own record of the person"))
      ->required();
  verb.add_option("--purpose", sent->purpose,
                  Say("Why: $0", Choices<v1::Purpose>()))
      ->required();
  AddRepeated(verb, "--about", sent->attributes,
              Say("Attribute that it is about"))
      .required();
  AddRoute(verb, sent->route);
  verb.add_option("--text", sent->text, Say("Words to the recipient"));
  verb.add_flag("--urgent", sent->urgent,
                Say("Ask for the shorter deadline of a verification"));
  AddAttachOptions(verb, sent->attach);
  AddDryRun(verb, sent->dry_run);
}

void AddSteps(Commands& commands, CLI::App& noun) {
  const std::string which = Say("Its id, or how that begins");
  struct Accepted {
    std::vector<std::string> ids;
    bool dry_run = false;
  };
  const auto accepted = std::make_shared<Accepted>();
  CLI::App& accept =
      commands.Verb(noun, "accept", Say("Take cases on; several at once"),
                    "wayctl notice accept n-k3p7w2 n-r5t6aq", Needs::kHub,
                    [accepted](Session& session) {
                      return Accept(session, accepted->ids, accepted->dry_run);
                    });
  accept.add_option("NOTICE", accepted->ids, which)->required();
  AddDryRun(accept, accepted->dry_run);

  const auto answered = std::make_shared<Answered>();
  CLI::App& answer = commands.Verb(
      noun, "answer", Say("Answer a case; takes it on, too"),
      "wayctl notice answer n-k3p7w2 --result found --field name=match",
      Needs::kHub,
      [answered](Session& session) { return AnswerOne(session, *answered); });
  answer.add_option("NOTICE", answered->id, which)->required();
  answer
      .add_option("--result", answered->result,
                  Say("What it comes to: $0", Choices<v1::Notice::Result>()))
      ->required();
  AddRepeated(answer, "--field", answered->fields,
              Say("ATTRIBUTE=match, differs or unknown, for a verification"));
  answer.add_option("--evidence", answered->evidence,
                    Say("What it rests on: $0", Choices<v1::Evidence>()));
  answer.add_option("--note", answered->note, Say("Words to the sender"));
  AddDryRun(answer, answered->dry_run);

  const auto passed = std::make_shared<Passed>();
  CLI::App& reroute = commands.Verb(
      noun, "reroute", Say("Pass on a case that is another agency's"),
      "wayctl notice reroute n-k3p7w2 --to public_security.341204 "
      "--reason 'moved within the city'",
      Needs::kHub,
      [passed](Session& session) { return Reroute(session, *passed); });
  AddRoute(reroute, passed->route);
  CLI::App& extend = commands.Verb(
      noun, "extend", Say("Take as long again, once"),
      "wayctl notice extend n-k3p7w2 --reason 'the archive is closed'",
      Needs::kHub,
      [passed](Session& session) { return Extend(session, *passed); });
  CLI::App& close = commands.Verb(
      noun, "close", Say("Close a case of yours, or take it back"),
      "wayctl notice close n-k3p7w2", Needs::kHub,
      [passed](Session& session) { return Close(session, *passed); });
  CLI::App& prompt = commands.Verb(
      noun, "prompt",
      Say("Ask for the answer to what is overdue at an agency below yours"),
      "wayctl notice prompt n-k3p7w2 --reason 'the person waits'", Needs::kHub,
      [passed](Session& session) { return Prompt(session, *passed); });
  for (CLI::App* const verb : {&reroute, &extend, &close, &prompt}) {
    verb->add_option("NOTICE", passed->id, which)->required();
    verb->add_option("--reason", passed->reason,
                     Say("Why, without personal values"));
    AddDryRun(*verb, passed->dry_run);
  }
}

}  // namespace

void AddNotice(Commands& commands) {
  CLI::App& noun = commands.Noun("notice", Say("Cases between agencies"));
  AddListing(commands, noun);
  AddSend(commands, noun);
  AddSteps(commands, noun);
}

}  // namespace waystation::wayctl
