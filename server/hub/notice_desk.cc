// SPDX-License-Identifier: Apache-2.0
#include "server/hub/notice_desk.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/errors/error.h"
#include "server/domain/disclosure.h"
#include "server/hub/counting_refusals.h"
#include "server/hub/disclosure.h"
#include "server/hub/fault.h"
#include "server/hub/given_reason.h"
#include "server/hub/notice_boxes.h"
#include "server/hub/notice_feed.h"
#include "server/hub/notice_heads.h"
#include "server/hub/notice_work.h"
#include "server/hub/page_size.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using storage::NoticeRow;
using v1::Notice;

// Rows that one page looks at, where filters leave most of them out.
constexpr size_t kMostLookedAt = 2000;

// A list's name says all that changes what is in it.
std::string ListOf(const Caller& caller,
                   const v1::ListNoticesRequest& request) {
  std::string list = absl::StrCat("notices ", caller.agency, " ", request.box(),
                                  request.overdue_only() ? " overdue" : "");
  for (const int kind : request.kinds()) absl::StrAppend(&list, " ", kind);
  return list;
}

std::string PositionOf(const NoticeRow& row) {
  return absl::StrCat(row.due_time, " ", row.number);
}

absl::StatusOr<std::optional<NoticeRow>> AfterToken(const PageTokens& tokens,
                                                    const std::string& list,
                                                    const std::string& token) {
  if (token.empty()) return std::nullopt;
  const auto position = tokens.Decode(list, token);
  if (!position.ok()) return position.status();
  const std::vector<std::string> parts = absl::StrSplit(*position, ' ');
  NoticeRow after;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &after.due_time) ||
      !absl::SimpleAtoi(parts[1], &after.number)) {
    return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
  }
  return after;
}

bool Wanted(const v1::ListNoticesRequest& request, const Notice& head) {
  return (request.kinds().empty() ||
          std::ranges::find(request.kinds(), head.kind()) !=
              request.kinds().end()) &&
         (!request.overdue_only() || head.overdue());
}

// What the recipient may see of the sender's record now.
absl::StatusOr<GetNoticeWork::Seen> Look(Core& core, const Snapshot& registry,
                                         const AgencyEntry& recipient,
                                         const Notice& head,
                                         storage::RecordRow row) {
  const int64_t now = core.clock.Now();
  const codes::Date today = domain::DayOf(now);
  const auto access = registry.AccessOf(recipient, today, head.purpose(),
                                        v1::SCOPE_OPEN_NOTICE);
  const Purse purse{.agency = recipient.number,
                    .purpose = head.purpose(),
                    .budget = access->budget,
                    .now = now};
  if (auto spent = core.budgets.Call(purse); !spent.ok()) return spent;
  const storage::Uid uid = row.uid;
  auto record = OpenRecord(core.sealer, std::move(row));
  if (!record.ok()) return record.status();
  const domain::AttributeSet wanted = domain::AttributesOf(head);
  const std::unique_ptr<PersonSide> side =
      MakeSide(registry, {*std::move(record)}, {}, wanted);
  GetNoticeWork::Seen seen{
      .about = domain::View(
          {.recipient = &recipient.recipient,
           .permissions = &access->permissions,
           .own = {},
           .by_notice = true},
          side->claims,
          {.rules = &core.rules(), .decisions = {}, .as_of = today}, wanted),
      .told = 0,
      .agreements = access->agreements,
      .registry = nullptr};
  seen.told = AttributesOf(seen.about);
  if (seen.told != 0) {
    if (auto spent = core.budgets.Tell(purse, {&uid, 1}); !spent.ok()) {
      return spent;
    }
  }
  return seen;
}

}  // namespace

template <typename Response>
Hub::Callback<Response> NoticeDesk::Counted(const Caller& caller,
                                            std::string_view method,
                                            Hub::Callback<Response> done) {
  static constexpr std::string_view kRefusals[] = {
      "NOT_AVAILABLE", "NOTICE_NOT_AGREED", "BUDGET_SPENT"};
  return CountingRefusals(core_, refusals_, kRefusals, caller, method,
                          std::move(done));
}

void NoticeDesk::Send(const Caller& caller, v1::SendNoticeRequest request,
                      Hub::Callback<v1::SendNoticeResponse> done) {
  if (const auto fault = domain::CheckSend(request)) {
    return done(ErrorOf(*fault));
  }
  if (auto status = CheckRequestId(request.request_id()); !status.ok()) {
    return done(status);
  }
  committer_.Submit(std::make_unique<SendNoticeWork>(
      core_, names_, caller, std::move(request),
      Counted(caller, "NoticeService.SendNotice", std::move(done))));
}

absl::StatusOr<v1::ListNoticesResponse> NoticeDesk::List(
    const Caller& caller, const v1::ListNoticesRequest& request) const {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return errors::Error("AGENCY_NOT_REGISTERED");
  const auto size = PageSize(request.page_size(), {.usual = 50, .most = 200});
  if (!size.ok()) return size.status();
  const std::string list = ListOf(caller, request);
  auto after = AfterToken(core_.tokens, list, request.page_token());
  if (!after.ok()) return after.status();

  NoticeHeads heads(core_.options.notice_terms, names_, *registry,
                    core_.clock.Now());
  v1::ListNoticesResponse response;
  std::optional<NoticeRow> last = *std::move(after);
  for (size_t looked_at = 0; looked_at < kMostLookedAt;) {
    const auto rows =
        ReadBox(core_.store, request.box(), *agency, heads, last, *size);
    if (!rows.ok()) return rows.status();
    for (const NoticeRow& row : *rows) {
      // By deadline: behind the first that is not due none is.
      if (request.overdue_only() &&
          request.box() == v1::ListNoticesRequest::BOX_WAITING &&
          row.due_time > heads.now()) {
        return response;
      }
      const auto stored = ParseNotice(row);
      if (!stored.ok()) return stored.status();
      Notice head = heads.Head(row, *stored, agency->number);
      last = row;
      if (!Wanted(request, head)) continue;
      *response.add_notices() = std::move(head);
      if (static_cast<size_t>(response.notices_size()) == *size) {
        response.set_next_page_token(
            core_.tokens.Encode(list, PositionOf(row)));
        return response;
      }
    }
    if (rows->size() < *size) return response;
    looked_at += rows->size();
  }
  response.set_next_page_token(core_.tokens.Encode(list, PositionOf(*last)));
  return response;
}

absl::StatusOr<std::shared_ptr<NoticeWatch>> NoticeDesk::Watch(
    const Caller& caller, const v1::WatchNoticesRequest& request,
    std::function<void()> wake) {
  return NoticeFeed::Open(core_, names_, caller, request, std::move(wake));
}

void NoticeDesk::Get(const Caller& caller, const v1::GetNoticeRequest& request,
                     Hub::Callback<v1::GetNoticeResponse> tell) {
  const auto done = Counted(caller, "NoticeService.GetNotice", std::move(tell));
  const absl::Status missing = errors::Error("NOT_AVAILABLE", {.field = "id"});
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return done(errors::Error("AGENCY_NOT_REGISTERED"));
  const auto number = names_.Decode(request.id());
  if (!number.has_value()) return done(missing);
  const auto row = core_.store.GetNotice(*number);
  if (!row.ok()) return done(StoreError(row.status()));
  if (!row->has_value()) return done(missing);
  const auto stored = ParseNotice(**row);
  if (!stored.ok()) return done(stored.status());
  NoticeHeads heads(core_.options.notice_terms, names_, *registry,
                    core_.clock.Now());
  if (!IsParty(agency->number, **row) &&
      heads.EscalatedTo(**row, stored->notice()) != agency) {
    return done(missing);
  }

  std::optional<GetNoticeWork::Seen> seen;
  if ((*row)->recipient == agency->number &&
      stored->notice().state() != Notice::STATE_CLOSED) {
    auto records = core_.store.LoadByUid({&(*row)->uid, 1});
    if (!records.ok()) return done(StoreError(records.status()));
    std::optional<storage::RecordRow>& record = records->front();
    if (record.has_value() && !record->wrapped_key.empty()) {
      auto look =
          Look(core_, *registry, *agency, stored->notice(), *std::move(record));
      if (!look.ok()) return done(look.status());
      seen = *std::move(look);
      seen->registry = registry;
    }
  }
  committer_.Submit(std::make_unique<GetNoticeWork>(
      core_, names_, caller, request, std::move(seen), done));
}

void NoticeDesk::Step(const Caller& caller, v1::StepNoticeRequest request,
                      Hub::Callback<v1::StepNoticeResponse> done) {
  committer_.Submit(std::make_unique<StepNoticeWork>(
      core_, names_, caller, std::move(request),
      Counted(caller, "NoticeService.StepNotice", std::move(done))));
}

}  // namespace waystation::hub
