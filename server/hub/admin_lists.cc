// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "server/hub/admin.h"
#include "server/hub/page_size.h"
#include "server/hub/refusals.h"
#include "server/hub/store_error.h"

namespace waystation::hub {
namespace {

using google::protobuf::util::TimeUtil;

// Operators and auditors see all.
bool SeesAll(const Caller& caller) {
  return caller.role == Role::kOperator || caller.role == Role::kAuditor;
}

// When the last certificate of each agency ends, in seconds since 1970.
std::map<std::string, int64_t> CertificateEnds(const Snapshot& registry) {
  constexpr std::string_view kAgency = "agency/";
  std::map<std::string, int64_t> ends;
  for (const auto& [serial, status] : registry.certificates()) {
    const std::string_view identity = status.identity();
    if (status.revoked() || !identity.starts_with(kAgency)) continue;
    // Clerks' end with a slash and a name.
    int64_t& end = ends[std::string(identity.substr(kAgency.size()))];
    end = std::max(end, status.not_after().seconds());
  }
  return ends;
}

// Walks a map by rising key from behind the token's key on: calls `add` with
// each entry that `wanted` holds for, a page full of them. The token of the
// next page.
template <typename Map, typename Wanted, typename Add>
absl::StatusOr<std::string> WalkPage(const Core& core, std::string_view list,
                                     int32_t page_size,
                                     const std::string& page_token,
                                     const Map& map, Wanted wanted, Add add) {
  const auto size = PageSize(page_size, {.usual = 100, .most = 1000});
  if (!size.ok()) return size.status();
  auto entry = map.begin();
  if (!page_token.empty()) {
    const auto position = core.tokens.Decode(list, page_token);
    if (!position.ok()) return position.status();
    entry = map.upper_bound(*position);
  }
  size_t added = 0;
  std::string last;
  for (; entry != map.end(); ++entry) {
    if (!wanted(entry->second)) continue;
    if (added == *size) return core.tokens.Encode(list, last);
    if (auto status = add(entry->second); !status.ok()) return status;
    last = entry->first;
    ++added;
  }
  return std::string();
}

}  // namespace

absl::StatusOr<v1::ListAgenciesResponse> Admin::ListAgencies(
    const Caller& caller, const v1::ListAgenciesRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const auto ends = CertificateEnds(*registry);
  v1::ListAgenciesResponse response;
  const auto add = [&](const AgencyEntry& entry) -> absl::Status {
    v1::AgencyStatus& status = *response.add_agencies();
    *status.mutable_agency() = entry.agency;
    const Activity::Times times = core_.activity.Of(entry.id());
    if (times.seen != 0) {
      *status.mutable_last_seen_time() =
          TimeUtil::MicrosecondsToTimestamp(times.seen);
    }
    if (times.updated != 0) {
      *status.mutable_last_update_time() =
          TimeUtil::MicrosecondsToTimestamp(times.updated);
    }
    const auto records = core_.store.CountRecords(entry.number);
    if (!records.ok()) return StoreError(records.status());
    status.set_records(*records);
    const auto mailbox = core_.store.GetMailbox(entry.number);
    if (!mailbox.ok()) return StoreError(mailbox.status());
    status.set_mailbox_waiting(mailbox->last - mailbox->acknowledged);
    const auto end = ends.find(entry.id());
    if (end != ends.end()) {
      *status.mutable_certificate_expire_time() =
          TimeUtil::SecondsToTimestamp(end->second);
    }
    return absl::OkStatus();
  };
  const auto token = WalkPage(
      core_, "agencies " + caller.path, request.page_size(),
      request.page_token(), registry->agencies(),
      [&](const AgencyEntry& entry) {
        return SeesAll(caller) || entry.id() == caller.agency;
      },
      add);
  if (!token.ok()) return token.status();
  response.set_next_page_token(*token);
  return response;
}

absl::StatusOr<v1::ListAgreementsResponse> Admin::ListAgreements(
    const Caller& caller, const v1::ListAgreementsRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  const AgencyEntry* agency = registry->Find(caller.agency);
  const codes::Date today = core_.Today();
  v1::ListAgreementsResponse response;
  // An agreement concerns who receives by it and whose claims it lets through.
  const auto concerns = [&](const v1::AgreementStatus& status) {
    if (SeesAll(caller)) return true;
    if (agency == nullptr) return false;
    const v1::Agreement& agreement = status.agreement();
    return agreement.recipient_agency() == agency->id() ||
           agreement.recipient_sector() == agency->sector() ||
           std::ranges::any_of(agreement.grants(), [&](const v1::Grant& grant) {
             return grant.source_sector() == agency->sector();
           });
  };
  const auto token =
      WalkPage(core_, "agreements " + caller.path, request.page_size(),
               request.page_token(), registry->agreements(), concerns,
               [&](const v1::AgreementStatus& status) {
                 *response.add_agreements() = AsOf(status, today);
                 return absl::OkStatus();
               });
  if (!token.ok()) return token.status();
  response.set_next_page_token(*token);
  return response;
}

absl::StatusOr<v1::ListCertificatesResponse> Admin::ListCertificates(
    const Caller& caller, const v1::ListCertificatesRequest& request) {
  const std::shared_ptr<const Snapshot> registry = core_.registry.Get();
  v1::ListCertificatesResponse response;
  const auto wanted = [&](const v1::CertificateStatus& status) {
    if (!request.identity().empty() &&
        status.identity() != request.identity()) {
      return false;
    }
    return SeesAll(caller) ||
           (!caller.agency.empty() &&
            AgencyOfActor(status.identity()) == caller.agency);
  };
  const auto token = WalkPage(
      core_, "certificates " + request.identity() + " " + caller.path,
      request.page_size(), request.page_token(), registry->certificates(),
      wanted, [&](const v1::CertificateStatus& status) {
        *response.add_certificates() = status;
        return absl::OkStatus();
      });
  if (!token.ok()) return token.status();
  response.set_next_page_token(*token);
  return response;
}

}  // namespace waystation::hub
