// SPDX-License-Identifier: Apache-2.0
// wayctl mailbox: what the calling agency is told, in order.
#include <ostream>
#include <set>

#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "waystation/mailbox_reader.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 256;

struct ReadOptions {
  std::string purpose;
  std::string after;
  int page_size = kMostPerPage;
  bool all = false;
  bool acknowledge = false;
  std::vector<std::string> reveal;
};

// One row for each attribute that changed; one for an entry without any.
Table EntryRows(const v1::MailboxPage& page) {
  Table table{.columns = {{"kind", Say("CHANGE")},
                          {"handle", Say("HANDLE")},
                          {"record_keys", Say("YOUR RECORDS")},
                          {"attribute", Say("ATTRIBUTE")},
                          {"value", Say("VALUE"), false, true}}};
  for (const v1::MailboxEntry& entry : page.entries()) {
    const std::vector<Cell> head = {EnumOf(entry.kind()), entry.view().handle(),
                                    JoinedCell(entry.view().record_keys())};
    const auto row = [&](Cell attribute, Cell value) {
      std::vector<Cell> cells = head;
      cells.push_back(std::move(attribute));
      cells.push_back(std::move(value));
      table.rows.push_back(std::move(cells));
    };
    for (const std::string& attribute : entry.attributes()) {
      row(Cell(SayName(attribute), attribute),
          AttributeCell(entry.view().person(), attribute));
    }
    if (entry.attributes().empty()) row("", "");
  }
  return table;
}

void MaskPage(const std::vector<std::string>& reveal, v1::MailboxPage& page) {
  for (v1::MailboxEntry& entry : *page.mutable_entries()) {
    Mask({reveal.begin(), reveal.end()},
         *entry.mutable_view()->mutable_person());
  }
}

absl::Status CheckOptions(const ReadOptions& options) {
  for (const std::string& attribute : options.reveal) {
    if (auto known = CheckAttribute(attribute); !known.ok()) return known;
  }
  return EnumFrom<v1::Purpose>("--purpose", options.purpose).status();
}

// Only what has left the program is acknowledged.
absl::Status AcknowledgeShown(Session& session, const std::string& token) {
  session.surroundings().out.flush();
  v1::AcknowledgeRequest request;
  request.set_page_token(token);
  return session.mailbox().Acknowledge(request).status();
}

absl::Status Pull(Session& session, const ReadOptions& options) {
  if (auto checked = CheckOptions(options); !checked.ok()) return checked;
  v1::PullRequest request;
  request.set_purpose(*EnumFrom<v1::Purpose>("--purpose", options.purpose));
  request.set_page_size(options.page_size);
  request.set_page_token(options.after);
  for (;;) {
    auto response = session.mailbox().Pull(request);
    if (!response.ok()) return response.status();
    v1::MailboxPage& page = *response->mutable_page();
    MaskPage(options.reveal, page);
    const Table rows = EntryRows(page);
    if (options.all) {
      session.out().Stream(*response, rows);
    } else {
      session.out().Page(*response, rows);
      session.out().EndList();
    }
    if (options.acknowledge && !page.entries().empty()) {
      if (auto done = AcknowledgeShown(session, page.last_token());
          !done.ok()) {
        return done;
      }
    }
    if (!options.all || page.at_end()) {
      if (!options.acknowledge && !page.entries().empty()) {
        session.out().Note(Say("Once this is stored: wayctl mailbox ack $0",
                               page.last_token()));
      }
      if (!page.at_end()) session.out().Note(Say("More is waiting."));
      return absl::OkStatus();
    }
    request.set_page_token(page.last_token());
  }
}

absl::Status Watch(Session& session, const ReadOptions& options) {
  if (auto checked = CheckOptions(options); !checked.ok()) return checked;
  client::MailboxReader reader(
      session.connection(),
      {.purpose = *EnumFrom<v1::Purpose>("--purpose", options.purpose),
       .page_size = options.page_size,
       .after_token = options.after,
       .follow = true,
       .on_wait = [&](const absl::Status&, absl::Duration pause) {
         // The first pauses are too short to speak of.
         if (pause < absl::Seconds(1)) return;
         session.out().Warn(Say("The hub is away; trying again in $0 s.",
                                absl::ToInt64Seconds(pause)));
       }});
  for (;;) {
    auto page = reader.Next();
    if (!page.ok()) return page.status();
    if (!page->has_value()) return absl::OkStatus();
    v1::WatchResponse response;
    *response.mutable_page() = **std::move(page);
    MaskPage(options.reveal, *response.mutable_page());
    session.out().Stream(response, EntryRows(response.page()));
    session.surroundings().out.flush();
    if (options.acknowledge) {
      const auto done = reader.Acknowledge(response.page().last_token());
      // A hub that went away meanwhile is waited for, as between pages: the
      // next token covers this one.
      if (!done.ok() && !absl::IsUnavailable(done)) return done;
    }
  }
}

absl::Status Acknowledge(Session& session, const std::string& token) {
  v1::AcknowledgeRequest request;
  request.set_page_token(token);
  const auto response = session.mailbox().Acknowledge(request);
  if (!response.ok()) return response.status();
  session.out().Note(Say("Acknowledged."));
  return absl::OkStatus();
}

absl::Status ShowStatus(Session& session) {
  const auto response = session.mailbox().GetMailbox({});
  if (!response.ok()) return response.status();
  session.out().Show(
      *response,
      {.facts = {
           {"waiting", Say("Changes that wait"), Number(response->waiting())},
           {"acknowledged_time", Say("Last acknowledged"),
            TimeCell(response->acknowledged_time(), session.surroundings())},
           {"acknowledged_token", Say("Up to"),
            response->acknowledged_token()}}});
  return absl::OkStatus();
}

void AddReadOptions(CLI::App& verb, ReadOptions& options) {
  verb.add_option("--purpose", options.purpose,
                  Say("Why: $0", Choices<v1::Purpose>()))
      ->required();
  verb.add_option("--after", options.after,
                  Say("Begin behind this token; else behind what was "
                      "acknowledged"));
  verb.add_option("--page-size", options.page_size,
                  Say("Changes a page, 1 to 256"))
      ->check(CLI::Range(1, kMostPerPage));
  verb.add_flag("--ack", options.acknowledge,
                Say("Acknowledge each page once it is shown"));
  AddRepeated(verb, "--reveal", options.reveal,
              Say("Attribute to show unmasked; may be repeated"));
}

}  // namespace

void AddMailbox(Commands& commands) {
  CLI::App& noun =
      commands.Noun("mailbox", Say("What your agency is told, in order"));

  const auto pull = std::make_shared<ReadOptions>();
  CLI::App& pull_verb = commands.Verb(
      noun, "pull", Say("The next page of changes"),
      "wayctl mailbox pull --purpose employment_service --ack", Needs::kHub,
      [pull](Session& session) { return Pull(session, *pull); });
  pull_verb.alias("show");
  AddReadOptions(pull_verb, *pull);
  pull_verb.add_flag("--all", pull->all, Say("Page after page to the end"));

  const auto watch = std::make_shared<ReadOptions>();
  CLI::App& watch_verb = commands.Verb(
      noun, "watch", Say("Changes as they come, until interrupted"),
      "wayctl mailbox watch --purpose employment_service --ack -o json",
      Needs::kHub,
      [watch](Session& session) { return Watch(session, *watch); });
  AddReadOptions(watch_verb, *watch);

  const auto token = std::make_shared<std::string>();
  CLI::App& ack_verb = commands.Verb(
      noun, "ack",
      Say("All up to this token is stored and need not come again"),
      "wayctl mailbox ack TOKEN", Needs::kHub,
      [token](Session& session) { return Acknowledge(session, *token); });
  ack_verb.add_option("TOKEN", *token, Say("last_token of a page"))->required();

  commands.Verb(noun, "status", Say("How far the mailbox has come"),
                "wayctl mailbox status", Needs::kHub, ShowStatus);
}

}  // namespace waystation::wayctl
