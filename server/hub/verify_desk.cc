// SPDX-License-Identifier: Apache-2.0
#include "server/hub/verify_desk.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "proto/codes/holder_code.h"
#include "proto/errors/error.h"
#include "server/domain/verification.h"
#include "server/hub/counting_refusals.h"
#include "server/hub/fault.h"
#include "server/hub/page_size.h"
#include "server/hub/verify_work.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::sys_days;

constexpr int kUsualReported = 30;
constexpr size_t kLongestNumber = 200;

// Whose record it is: an agency's own, or for the office whichever it names.
absl::StatusOr<std::string> AgencyOf(const Caller& caller,
                                     const v1::RecordReference& record) {
  if (record.record_key().empty()) {
    return errors::Error("FIELD_MISSING", {.field = "record.record_key"});
  }
  if (caller.role == Role::kOffice) {
    if (record.agency().empty()) {
      return errors::Error("FIELD_MISSING", {.field = "record.agency"});
    }
    return record.agency();
  }
  if (!record.agency().empty() && record.agency() != caller.agency) {
    return errors::Error("NOT_AVAILABLE", {.field = "record"});
  }
  return caller.agency;
}

absl::Status CheckNumber(std::string_view number) {
  if (number.size() <= kLongestNumber) return absl::OkStatus();
  return errors::Error("VALUE_TOO_LONG",
                       {.field = "number", .rule = "at most 200 bytes"});
}

absl::Status CheckPurpose(v1::Purpose purpose) {
  if (purpose != v1::PURPOSE_UNSPECIFIED && v1::Purpose_IsValid(purpose)) {
    return absl::OkStatus();
  }
  return errors::Error("PURPOSE_MISSING", {.field = "purpose"});
}

absl::Status CheckLifetime(const v1::IssueCodeRequest& request) {
  if (!request.has_lifetime()) return absl::OkStatus();
  const auto& lifetime = request.lifetime();
  const auto within = [&](absl::Duration shortest, absl::Duration longest) {
    return lifetime.seconds() >= absl::ToInt64Seconds(shortest) &&
           lifetime.seconds() <= absl::ToInt64Seconds(longest);
  };
  if (lifetime.nanos() == 0 &&
      within(domain::kShortestCodeLife, domain::kLongestCodeLife)) {
    return absl::OkStatus();
  }
  return errors::Error(
      "INVALID_REQUEST",
      {.field = "lifetime", .rule = "whole seconds, one minute to three days"});
}

absl::Status CheckIssue(const Caller& caller,
                        const v1::IssueCodeRequest& request) {
  if (const auto fault = domain::CheckSubject(
          {.kind = request.kind(), .scheme = request.scheme()})) {
    return ErrorOf(*fault);
  }
  // The office would learn what else a record holds.
  if (caller.role == Role::kOffice && request.number().empty() &&
      request.scheme() == v1::SocialInsurance::SCHEME_UNSPECIFIED) {
    return errors::Error("FIELD_MISSING", {.field = "number"});
  }
  if (request.asked() == v1::IssueCodeRequest::ASKED_UNSPECIFIED ||
      !v1::IssueCodeRequest::Asked_IsValid(request.asked())) {
    return errors::Error("FIELD_MISSING", {.field = "asked"});
  }
  absl::Status status = CheckPurpose(request.purpose());
  status.Update(CheckNumber(request.number()));
  status.Update(CheckLifetime(request));
  return status;
}

// --- the report ---

struct Row {
  std::string agency;
  domain::AskedOnDay asked;
  std::vector<v1::VerificationDay::Unusual> unusual;
};

// Newest day first, then by agency.
auto OrderOf(const Row& row) {
  return std::tuple(-row.asked.day.time_since_epoch().count(), row.agency);
}

std::string PositionOf(const Row& row) {
  return absl::StrCat(row.asked.day.time_since_epoch().count(), " ",
                      row.agency);
}

absl::StatusOr<Row> RowAt(const std::string& position) {
  const std::vector<std::string> parts = absl::StrSplit(position, ' ');
  int day = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &day)) {
    return errors::Error("PAGE_TOKEN_INVALID", {.field = "page_token"});
  }
  return Row{.agency = parts[1],
             .asked = {.day = sys_days(std::chrono::days(day))},
             .unusual = {}};
}

std::vector<Row> RowsOf(const VerificationCounts& counts,
                        const v1::ReportVerificationsRequest& request,
                        sys_days first) {
  std::vector<Row> rows;
  for (const auto& [agency, days] : counts.All()) {
    if (!request.agency().empty() && agency != request.agency()) continue;
    for (const domain::AskedOnDay& day : days) {
      if (day.day < first || (day.asked() == 0 && day.wrong_codes == 0)) {
        continue;
      }
      Row row{.agency = agency,
              .asked = day,
              .unusual = domain::UnusualOf(day, days)};
      if (request.unusual_only() && row.unusual.empty()) continue;
      rows.push_back(std::move(row));
    }
  }
  std::ranges::sort(rows, {}, OrderOf);
  return rows;
}

void Put(const Row& row, v1::VerificationDay& to) {
  const std::chrono::year_month_day day{row.asked.day};
  to.set_agency(row.agency);
  to.mutable_day()->set_year(static_cast<int>(day.year()));
  to.mutable_day()->set_month(static_cast<int>(unsigned{day.month()}));
  to.mutable_day()->set_day(static_cast<int>(unsigned{day.day()}));
  to.set_valid(row.asked.valid);
  to.set_not_valid(row.asked.not_valid);
  to.set_unknown(row.asked.unknown);
  to.set_wrong_codes(row.asked.wrong_codes);
  for (const auto unusual : row.unusual) to.add_unusual(unusual);
}

}  // namespace

template <typename Response>
Hub::Callback<Response> VerifyDesk::Counted(const Caller& caller,
                                            std::string_view method,
                                            Hub::Callback<Response> done) {
  // Wrong codes have leaves of their own.
  static constexpr std::string_view kRefusals[] = {
      "NOT_AVAILABLE", "VERIFY_NOT_ALLOWED", "TOO_MANY_WRONG_CODES"};
  return CountingRefusals(core_, refusals_, kRefusals, caller, method,
                          std::move(done));
}

void VerifyDesk::Issue(const Caller& caller, v1::IssueCodeRequest request,
                       Hub::Callback<v1::IssueCodeResponse> tell) {
  auto done = Counted(caller, "VerifyService.IssueCode", std::move(tell));
  auto agency = AgencyOf(caller, request.record());
  if (!agency.ok()) return done(agency.status());
  if (auto status = CheckIssue(caller, request); !status.ok()) {
    return done(status);
  }
  committer_.Submit(std::make_unique<IssueCodeWork>(
      core_, caller, *std::move(agency), std::move(request), std::move(done)));
}

void VerifyDesk::Verify(const Caller& caller, v1::VerifyRequest request,
                        Hub::Callback<v1::VerifyResponse> tell) {
  auto done = Counted(caller, "VerifyService.Verify", std::move(tell));
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  if (agency == nullptr) return done(errors::Error("AGENCY_NOT_REGISTERED"));
  const domain::VerifySubject subject{.kind = request.kind(),
                                      .scheme = request.scheme()};
  if (const auto fault = domain::CheckSubject(subject)) {
    return done(ErrorOf(*fault));
  }
  absl::Status status = CheckPurpose(request.purpose());
  status.Update(CheckNumber(request.number()));
  if (!status.ok()) return done(status);
  if (!domain::MayVerify(agency->sector(), subject)) {
    return done(errors::Error("VERIFY_NOT_ALLOWED", {.field = "kind"}));
  }
  // Who is over the limit waits for nobody and keeps nobody waiting.
  status = CheckWrongCodes(core_, caller.agency, core_.clock.Now());
  if (!status.ok()) return done(status);
  const auto characters = codes::ReadHolderCode(request.code());
  if (!characters.has_value()) {
    return done(errors::Error("CODE_MISTYPED", {.field = "code"}));
  }
  committer_.Submit(std::make_unique<VerifyWork>(
      core_, caller, *characters, std::move(request), std::move(done)));
}

void VerifyDesk::Withdraw(const Caller& caller,
                          v1::WithdrawCodesRequest request,
                          Hub::Callback<v1::WithdrawCodesResponse> tell) {
  auto done = Counted(caller, "VerifyService.WithdrawCodes", std::move(tell));
  auto agency = AgencyOf(caller, request.record());
  if (!agency.ok()) return done(agency.status());
  committer_.Submit(std::make_unique<WithdrawCodesWork>(
      core_, caller, *std::move(agency), std::move(request), std::move(done)));
}

absl::StatusOr<v1::ReportVerificationsResponse> VerifyDesk::Report(
    const v1::ReportVerificationsRequest& request) const {
  if (request.days() < 0 ||
      request.days() > VerificationCounts::kMostReported) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "days", .rule = "1 to 92"});
  }
  const auto size = PageSize(request.page_size(), {.usual = 100, .most = 1000});
  if (!size.ok()) return size.status();
  const int days = request.days() == 0 ? kUsualReported : request.days();
  const int64_t now = core_.clock.Now();
  const sys_days today{domain::DayOf(now)};
  const std::string list =
      absl::StrCat("verifications ", days, " ", request.agency(),
                   request.unusual_only() ? " unusual" : "");
  const std::vector<Row> rows =
      RowsOf(core_.verifications, request, today - std::chrono::days(days - 1));
  auto from = rows.begin();
  if (!request.page_token().empty()) {
    const auto position = core_.tokens.Decode(list, request.page_token());
    if (!position.ok()) return position.status();
    const auto after = RowAt(*position);
    if (!after.ok()) return after.status();
    from = std::ranges::upper_bound(rows, OrderOf(*after), {}, OrderOf);
  }
  v1::ReportVerificationsResponse response;
  for (auto row = from; row != rows.end(); ++row) {
    if (static_cast<size_t>(response.days_size()) == *size) {
      response.set_next_page_token(
          core_.tokens.Encode(list, PositionOf(*(row - 1))));
      break;
    }
    Put(*row, *response.add_days());
  }
  *response.mutable_as_of_time() = TimeUtil::MicrosecondsToTimestamp(now);
  response.set_most_wrong_codes(MostWrongCodes(core_));
  return response;
}

}  // namespace waystation::hub
