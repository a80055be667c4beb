// SPDX-License-Identifier: Apache-2.0
#include "server/hub/mailbox.h"

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/leaf_work.h"
#include "server/hub/mailbox_page.h"
#include "server/hub/person_reader.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

std::vector<storage::Uid> UidsOf(std::span<const storage::MailboxRow> rows) {
  std::vector<storage::Uid> uids;
  uids.reserve(rows.size());
  for (const storage::MailboxRow& row : rows) uids.push_back(row.uid);
  return uids;
}

}  // namespace

void Mailbox::Pull(const Caller& caller, const v1::PullRequest& request,
                   Hub::Callback<v1::PullResponse> done) {
  if (request.purpose() == v1::PURPOSE_UNSPECIFIED) {
    return done(errors::Error("PURPOSE_MISSING", {.field = "purpose"}));
  }
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return done(errors::Error("AGENCY_NOT_REGISTERED"));
  const int64_t now = core_.clock.Now();
  const std::shared_ptr<const Access> access =
      registry->AccessOf(*agency, domain::DayOf(now), request.purpose());
  const MailboxReading reading{.caller = caller,
                               .agency = *agency,
                               .access = *access,
                               .purpose = request.purpose(),
                               .now = now};
  const auto refuse = [&](const absl::Status& why) {
    refusals_.Count(caller.path, "MailboxService.Pull", errors::ReasonOf(why));
    ++core_.counters.refusals;
    done(why);
  };
  if (auto spent = core_.budgets.Call(reading.purse()); !spent.ok()) {
    return refuse(spent);
  }
  const auto size = reading.SizeOf(request.page_size());
  if (!size.ok()) return done(size.status());
  auto after = PositionOf(core_.tokens, caller, request.page_token());
  if (!after.ok()) return done(after.status());
  const auto state = core_.store.GetMailbox(agency->number);
  if (!state.ok()) return done(StoreError(state.status()));
  if (request.page_token().empty()) after = state->acknowledged;
  const auto found = core_.store.ReadMailbox(agency->number, *after, *size);
  if (!found.ok()) return done(StoreError(found.status()));

  PreparedPage prepared;
  // The changes that the page covers: half as many while they do not fit.
  std::span<const storage::MailboxRow> rows(*found);
  for (;; rows = rows.first((rows.size() + 1) / 2)) {
    const auto persons = ReadPersons(core_, UidsOf(rows));
    if (!persons.ok()) return done(persons.status());
    auto made = PreparePage(core_, reading, rows, *persons);
    if (!made.has_value()) continue;
    const absl::Status within =
        core_.budgets.Tell(reading.purse(), made->uids());
    if (within.ok()) {
      prepared = *std::move(made);
      break;
    }
    if (rows.size() <= 1) return refuse(within);
  }
  v1::PullResponse response;
  v1::MailboxPage& page = *response.mutable_page();
  page = std::move(prepared.page);
  const uint64_t last = rows.empty() ? *after : rows.back().position;
  SetRange(core_, caller, *after, last, page);
  page.set_at_end(found->size() < *size ? rows.size() == found->size()
                                        : last >= state->last);
  if (page.entries().empty()) return done(std::move(response));
  auto work = std::make_unique<LeafWork>(
      std::move(prepared.event), std::move(prepared.details),
      [this, done = std::move(done),
       response = std::move(response)](absl::StatusOr<uint64_t> leaf) mutable {
        if (!leaf.ok()) return done(leaf.status());
        SetLeaf(core_, *leaf, *response.mutable_page());
        done(std::move(response));
      });
  work->DecidedBy(registry);
  committer_.Submit(std::move(work));
}

absl::Status Mailbox::Acknowledge(const Caller& caller,
                                  const v1::AcknowledgeRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  if (request.page_token().empty()) {
    return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
  }
  const auto position = PositionOf(core_.tokens, caller, request.page_token());
  if (!position.ok()) return position.status();
  return StoreError(core_.store.AcknowledgeMailbox(agency->number, *position,
                                                   core_.clock.Now()));
}

absl::StatusOr<v1::GetMailboxResponse> Mailbox::Get(const Caller& caller) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto state = core_.store.GetMailbox(agency->number);
  if (!state.ok()) return StoreError(state.status());
  v1::GetMailboxResponse response;
  response.set_acknowledged_token(
      TokenOf(core_.tokens, caller, state->acknowledged));
  response.set_waiting(state->last - state->acknowledged);
  if (state->acknowledged_time != 0) {
    *response.mutable_acknowledged_time() =
        TimeUtil::MicrosecondsToTimestamp(state->acknowledged_time);
  }
  return response;
}

}  // namespace waystation::hub
