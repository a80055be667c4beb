// SPDX-License-Identifier: Apache-2.0
// wayctl review: the clerks' work queue over conflicts, candidates, drawn pairs
// and what waits for a second person.
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "client/wayctl/pair_view.h"
#include "client/wayctl/review_batch.h"
#include "client/wayctl/review_loop.h"
#include "client/wayctl/sample_view.h"
#include "client/wayctl/values.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {
namespace {

constexpr int kMostPerPage = 500;

// As given on the command line.
struct Facets {
  std::string kind;
  std::string why;
  std::string attribute;
  std::string agency;
  std::string division;
  std::optional<double> score_from;
  std::optional<double> score_to;
  std::string older;
  std::string newer;
  bool free = false;
};

// "30min", "12h" or "7d" before now.
absl::StatusOr<google::protobuf::Timestamp> Ago(Session& session,
                                                const std::string& option,
                                                const std::string& age) {
  std::string digits = age;
  absl::Duration unit;
  for (const auto& [letters, duration] :
       {std::pair<std::string_view, absl::Duration>("min", absl::Minutes(1)),
        {"h", absl::Hours(1)},
        {"d", absl::Hours(24)}}) {
    if (!age.ends_with(letters)) continue;
    digits.resize(age.size() - letters.size());
    unit = duration;
    break;
  }
  int count = 0;
  // Of longer ones nobody knows when they were.
  constexpr int kMost = 1'000'000;
  if (unit == absl::ZeroDuration() || !absl::SimpleAtoi(digits, &count) ||
      count < 0 || count > kMost) {
    return errors::Error(
        "USAGE",
        {.field = option, .rule = Say("an age such as 30min, 12h or 7d")});
  }
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
      absl::ToUnixMicros(session.surroundings().now() - count * unit));
}

absl::StatusOr<v1::ReviewFilter> FilterOf(Session& session,
                                          const Facets& facets) {
  v1::ReviewFilter filter;
  if (!facets.kind.empty()) {
    const auto kind = EnumFrom<v1::ReviewItem::Kind>("--kind", facets.kind);
    if (!kind.ok()) return kind.status();
    filter.set_kind(*kind);
  }
  if (!facets.attribute.empty()) {
    if (auto known = CheckAttribute(facets.attribute); !known.ok()) {
      return known;
    }
  }
  filter.set_why(facets.why);
  filter.set_attribute(facets.attribute);
  filter.set_agency(facets.agency);
  filter.set_division(facets.division);
  if (facets.score_from) filter.set_score_from(*facets.score_from);
  if (facets.score_to) filter.set_score_to(*facets.score_to);
  if (!facets.older.empty()) {
    const auto time = Ago(session, "--older-than", facets.older);
    if (!time.ok()) return time.status();
    *filter.mutable_opened_before() = *time;
  }
  if (!facets.newer.empty()) {
    const auto time = Ago(session, "--newer-than", facets.newer);
    if (!time.ok()) return time.status();
    *filter.mutable_opened_since() = *time;
  }
  filter.set_free_only(facets.free);
  return filter;
}

void AddFacets(CLI::App& verb, Facets& facets) {
  verb.add_option("--kind", facets.kind,
                  Say("conflict, candidate, proposal or sample"));
  verb.add_option("--why", facets.why,
                  Say("Only what is open for this reason, such as "
                      "NAME_CONTRADICTS"));
  verb.add_option("--attribute", facets.attribute,
                  Say("Only conflicts of this attribute"));
  verb.add_option("--agency", facets.agency,
                  Say("Only those in which this agency takes part"));
  verb.add_option("--division", facets.division,
                  Say("Only those in which an agency of this division takes "
                      "part, such as 3205"));
  verb.add_option("--score-from", facets.score_from,
                  Say("Only pairs with so many bits of evidence or more"));
  verb.add_option("--score-to", facets.score_to,
                  Say("Only pairs with so many bits of evidence or fewer"));
  verb.add_option("--older-than", facets.older,
                  Say("Only what has been open longer, such as 7d or 12h"));
  verb.add_option("--newer-than", facets.newer,
                  Say("Only what has been open less long"));
}

std::string State(const v1::ReviewItem& item,
                  const Surroundings& surroundings) {
  if (!item.claimed_by().empty()) {
    return Say("$0, until $1", item.claimed_by(),
               TimeCell(item.claimed_until(), surroundings).shown);
  }
  return item.unsure().empty() ? Say("free")
                               : Say("free; $0 unsure", item.unsure_size());
}

Table ItemRows(const v1::ListReviewItemsResponse& page, bool to_fill_in,
               const Surroundings& surroundings) {
  Table table{.columns = {{"id", Say("ITEM")},
                          {"why", Say("WHY"), false, true},
                          {"opened_time", Say("OPEN SINCE")},
                          {"score", Say("BITS"), true},
                          {"agencies", Say("AGENCIES"), false, true},
                          {"state", Say("STATE"), false, true}}};
  // What `review decide` reads, in a file that is filled in by hand.
  if (to_fill_in) {
    for (const char* column :
         {"attribute", "claimed_by", "answer", "reason", "etag"}) {
      table.columns.push_back({column, column});
    }
  }
  for (const v1::ReviewItem& item : page.items()) {
    Cell why(SayReason(item.why()), item.why());
    if (!item.attribute().empty()) {
      why.shown = SayName(item.attribute()) + Say(": ") + why.shown;
    }
    std::vector<Cell> row{
        item.id(),
        std::move(why),
        TimeCell(item.opened_time(), surroundings),
        item.has_score() ? WeightCell(item.score()) : Cell(""),
        JoinedCell(item.agencies()),
        {State(item, surroundings),
         item.claimed_by().empty() ? "free" : "claimed"}};
    if (to_fill_in) {
      for (const std::string& cell :
           {item.attribute(), item.claimed_by(), std::string(), std::string(),
            item.etag()}) {
        row.push_back(cell);
      }
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

absl::Status List(Session& session, const ListOptions& options,
                  const Facets& facets) {
  const auto filter = FilterOf(session, facets);
  if (!filter.ok()) return filter.status();
  v1::ListReviewItemsRequest request;
  *request.mutable_filter() = *filter;
  std::uint64_t total = 0;
  const absl::Status shown = ShowPages(
      session, options, kMostPerPage, request,
      [&](const auto& page_request) {
        auto page = session.reconciliation().ListReviewItems(page_request);
        if (page.ok()) total = page->total_size();
        return page;
      },
      [&](const auto& page) {
        return ItemRows(page, session.out().format() == Format::kCsv,
                        session.surroundings());
      });
  if (shown.ok() && total > 0) {
    session.out().Note(
        Say("$0 open. To work through them: wayctl review next", total));
  }
  return shown;
}

absl::StatusOr<std::string> FullId(Session& session, const std::string& id) {
  return OnlyOneBeginning(
      id, v1::ListReviewItemsRequest(),
      [&](const auto& request) {
        return session.reconciliation().ListReviewItems(request);
      },
      [](const auto& page) -> const auto& { return page.items(); });
}

absl::Status Claim(Session& session, const std::string& id) {
  auto full_id = FullId(session, id);
  if (!full_id.ok()) return full_id.status();
  v1::ClaimReviewItemRequest request;
  request.set_id(*std::move(full_id));
  const auto claimed = session.reconciliation().ClaimReviewItem(request);
  if (!claimed.ok()) return claimed.status();
  v1::ListReviewItemsResponse page;
  *page.add_items() = claimed->item();
  session.out().Show(
      *claimed,
      {.sections = {{"", ItemRows(page, false, session.surroundings())}}});
  return absl::OkStatus();
}

absl::Status Release(Session& session, const std::string& id) {
  auto full_id = FullId(session, id);
  if (!full_id.ok()) return full_id.status();
  v1::ReleaseReviewItemRequest request;
  request.set_id(*std::move(full_id));
  return session.reconciliation().ReleaseReviewItem(request).status();
}

struct SampleOptions {
  int pairs = 0;
  double width = 0;
  int records = 0;
  std::uint64_t seed = 0;
};

absl::Status Sample(Session& session, const SampleOptions& options) {
  v1::DrawReviewSampleRequest request;
  request.set_pairs(options.pairs);
  request.set_width(options.width);
  request.set_records(options.records);
  request.set_seed(options.seed);
  const auto yes = session.Confirm(
      Say("Draw pairs at random? What an earlier draw left open leaves the "
          "queue."));
  if (!yes.ok()) return yes;
  const auto drawn = session.reconciliation().DrawReviewSample(request);
  if (!drawn.ok()) return drawn.status();
  session.out().Show(*drawn,
                     SampleSheet(drawn->sample(), session.surroundings()));
  session.out().Note(
      Say("To answer them: wayctl review next --kind sample. What comes of it: "
          "wayctl report linkage"));
  return absl::OkStatus();
}

}  // namespace

void AddReview(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "review",
      Say("What waits for a clerk: conflicts, candidates, proposals, drawn "
          "pairs"));

  struct Listed {
    ListOptions list;
    Facets facets;
  };
  const auto listed = std::make_shared<Listed>();
  CLI::App& list_verb = commands.Verb(
      noun, "list", Say("The queue, oldest first, and who is at work on what"),
      "wayctl review list --agency labor.320500 --older-than 7d", Needs::kHub,
      [listed](Session& session) {
        return List(session, listed->list, listed->facets);
      });
  AddFacets(list_verb, listed->facets);
  list_verb.add_flag("--free", listed->facets.free,
                     Say("Only what nobody is at work on"));
  AddListOptions(list_verb, listed->list);

  struct Looped {
    Facets facets;
    bool blind = false;
  };
  const auto looped = std::make_shared<Looped>();
  CLI::App& next_verb = commands.Verb(
      noun, "next",
      Say("Work through the queue, item after item, by single letters"),
      "wayctl review next --kind candidate --blind", Needs::kHub,
      [looped](Session& session) -> absl::Status {
        const auto filter = FilterOf(session, looped->facets);
        if (!filter.ok()) return filter.status();
        return WorkThroughQueue(session, *filter, looped->blind);
      });
  AddFacets(next_verb, looped->facets);
  next_verb.add_flag("--blind", looped->blind,
                     Say("Hide what a pair scores until it is answered"));

  const auto id = std::make_shared<std::string>();
  CLI::App& claim_verb = commands.Verb(
      noun, "claim",
      Say("Take one item: for a quarter of an hour nobody else is let in"),
      "wayctl review claim k-m4q6z5", Needs::kHub,
      [id](Session& session) { return Claim(session, *id); });
  CLI::App& release_verb =
      commands.Verb(noun, "release", Say("Give back an item that you hold"),
                    "wayctl review release k-m4q6z5", Needs::kHub,
                    [id](Session& session) { return Release(session, *id); });
  for (CLI::App* verb : {&claim_verb, &release_verb}) {
    verb->add_option("ID", *id, Say("The item; its first letters are enough"))
        ->required();
  }

  const auto sample = std::make_shared<SampleOptions>();
  CLI::App& sample_verb = commands.Verb(
      noun, "sample",
      Say("Draw pairs at random around the thresholds, to be answered blind: "
          "how well records are linked"),
      "wayctl review sample --pairs 200", Needs::kHubForLong,
      [sample](Session& session) { return Sample(session, *sample); });
  sample_verb
      .add_option("--pairs", sample->pairs,
                  Say("So many, if there are; 200 if it is not given"))
      ->check(CLI::Range(1, 2000));
  sample_verb
      .add_option("--width", sample->width,
                  Say("Bits on either side of the thresholds; 6 if it is not "
                      "given"))
      ->check(CLI::Range(1.0, 30.0));
  sample_verb
      .add_option("--records", sample->records,
                  Say("Look for pairs around so many records, drawn at random; "
                      "10000 if it is not given"))
      ->check(CLI::Range(1, 100'000));
  sample_verb.add_option("--seed", sample->seed,
                         Say("The same seed over the same records draws the "
                             "same pairs; drawn if it is not given"));

  struct Batch {
    std::string file;
    bool dry_run = false;
  };
  const auto batch = std::make_shared<Batch>();
  CLI::App& decide_verb = commands.Verb(
      noun, "decide", Say("Record the answers of a file; each can be undone"),
      "wayctl review decide answers.csv", Needs::kHub,
      [batch](Session& session) {
        return DecideFile(session, batch->file, batch->dry_run);
      });
  decide_verb
      .add_option(
          "FILE", batch->file,
          Say("CSV with the columns id, answer, reason, etag (as `wayctl "
              "review list -o csv` begins it), or JSON lines; - is "
              "standard input. An answer is same, different, unsure, "
              "keep-open, the id of a claim, value=V (with the column "
              "attribute), or approve or refuse for a proposal"))
      ->required();
  AddDryRun(decide_verb, batch->dry_run);
}

}  // namespace waystation::wayctl
