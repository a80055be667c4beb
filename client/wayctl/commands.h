// SPDX-License-Identifier: Apache-2.0
// The grammar `wayctl NOUN VERB`: what each noun's file adds to it.
#ifndef CLIENT_WAYCTL_COMMANDS_H_
#define CLIENT_WAYCTL_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/wayctl/session.h"

namespace waystation::wayctl {

enum class Needs {
  kNothing,
  kHub,
  kHubForLong,  // A call may take an hour, unless --timeout says less.
};

// What a verb does. Its options live as long as it does: verbs keep them in a
// shared struct that they capture.
using Act = std::function<absl::Status(Session&)>;

class Commands {
 public:
  explicit Commands(CLI::App& root) : root_(root) {}

  // Adds `wayctl noun`; verbs are added to what it returns.
  CLI::App& Noun(const std::string& name, const std::string& description);

  // Adds a verb to a noun; options are added to what it returns. `example` is
  // a command line, or several, for --help.
  CLI::App& Verb(CLI::App& noun, const std::string& name,
                 const std::string& description, std::string_view example,
                 Needs needs, Act act);

  // What was asked for; empty before the command line is parsed.
  const Act& act() const { return act_; }
  Needs needs() const { return needs_; }

  CLI::App& root() { return root_; }

 private:
  CLI::App& root_;
  Act act_;
  Needs needs_ = Needs::kNothing;
};

// An option that may be given several times, with one value each: it does not
// swallow the arguments that follow.
CLI::Option& AddRepeated(CLI::App& verb, const std::string& name,
                         std::vector<std::string>& values,
                         const std::string& description);

void AddAgency(Commands& commands);
void AddAgreement(Commands& commands);
void AddAudit(Commands& commands);
void AddBackup(Commands& commands);
void AddCalendar(Commands& commands);
void AddCandidate(Commands& commands);
void AddCert(Commands& commands);
void AddCompletion(Commands& commands);
void AddConfig(Commands& commands);
void AddConflict(Commands& commands);
void AddDecision(Commands& commands);
void AddHub(Commands& commands);
void AddKeyNoun(Commands& commands);
void AddMailbox(Commands& commands);
void AddNotice(Commands& commands);
void AddPerson(Commands& commands);
void AddVerify(Commands& commands);
void AddRecord(Commands& commands);
void AddReport(Commands& commands);
void AddReview(Commands& commands);
void AddRules(Commands& commands);
void AddService(Commands& commands);

// All of them, in the order of --help.
void AddNouns(Commands& commands);

// Options that several verbs share.
struct ListOptions {
  int limit = 0;
};
void AddListOptions(CLI::App& verb, ListOptions& options);
void AddDryRun(CLI::App& verb, bool& dry_run);

// USAGE: more letters are needed.
absl::Status AmbiguousId(const std::string& id);

// Calls `list` for page after page and shows `rows` of each, until the last
// page or the limit.
template <typename Request, typename List, typename Rows>
absl::Status ShowPages(Session& session, const ListOptions& options,
                       int most_per_page, Request request, List list,
                       Rows rows) {
  int left = options.limit;
  do {
    if (left > 0) request.set_page_size(std::min(left, most_per_page));
    auto page = list(request);
    if (!page.ok()) return page.status();
    const Table table = rows(*page);
    session.out().Page(*page, table);
    request.set_page_token(page->next_page_token());
    if (options.limit > 0) left -= static_cast<int>(table.rows.size());
  } while (!request.page_token().empty() && (options.limit == 0 || left > 0));
  session.out().EndList();
  return absl::OkStatus();
}

// The id among those of a list that begins with `id`, which may be all of it.
// An id that no item of the list has comes back as it is: the hub knows items
// that are not listed any more. USAGE when several begin so.
template <typename Request, typename List, typename Items>
absl::StatusOr<std::string> OnlyOneBeginning(const std::string& id,
                                             Request request, List list,
                                             Items items) {
  // "c-" and 26 characters.
  constexpr std::size_t kFullSize = 28;
  if (id.size() >= kFullSize) return id;
  std::string found;
  do {
    const auto page = list(request);
    if (!page.ok()) return page.status();
    for (const auto& item : items(*page)) {
      if (!item.id().starts_with(id)) continue;
      if (!found.empty()) return AmbiguousId(id);
      found = item.id();
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return found.empty() ? id : found;
}

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_COMMANDS_H_
