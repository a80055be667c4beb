// SPDX-License-Identifier: Apache-2.0
#include "server/service/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "proto/runtime/file.h"
#include "server/hub/hub.h"
#include "server/service/certificate.h"
#include "server/service/connections.h"

namespace waystation::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// From half a millisecond to ten seconds.
const prometheus::Histogram::BucketBoundaries kCallSeconds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1,    0.25,  0.5,    1,     2.5,  5,     10};

// Families as they are written down, sample by sample.
class Families {
 public:
  void Counter(const std::string& name, const std::string& help, double value,
               std::vector<ClientMetric::Label> labels = {}) {
    Sample(name, help, MetricType::Counter, std::move(labels)).counter.value =
        value;
  }
  void Gauge(const std::string& name, const std::string& help, double value,
             std::vector<ClientMetric::Label> labels = {}) {
    Sample(name, help, MetricType::Gauge, std::move(labels)).gauge.value =
        value;
  }
  // A count and a sum: rates and averages, without quantiles.
  void Summary(const std::string& name, const std::string& help,
               std::uint64_t count, double sum) {
    ClientMetric& metric = Sample(name, help, MetricType::Summary, {});
    metric.summary.sample_count = count;
    metric.summary.sample_sum = sum;
  }

  std::vector<MetricFamily> Take() && { return std::move(families_); }

 private:
  ClientMetric& Sample(const std::string& name, const std::string& help,
                       MetricType type,
                       std::vector<ClientMetric::Label> labels) {
    if (families_.empty() || families_.back().name != name) {
      families_.push_back({name, help, type, {}});
    }
    families_.back().metric.emplace_back();
    families_.back().metric.back().label = std::move(labels);
    return families_.back().metric.back();
  }

  std::vector<MetricFamily> families_;
};

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) +
         static_cast<double>(time.nanos()) / 1e9;
}

double Number(std::uint64_t value) { return static_cast<double>(value); }

void AddStatistics(const hub::Statistics& now, Families& out) {
  const std::string updates = "waystation_updates_total";
  const std::string help = "Updates that were answered, by outcome.";
  out.Counter(updates, help, Number(now.updates_applied),
              {{"outcome", "applied"}});
  out.Counter(updates, help, Number(now.updates_unchanged),
              {{"outcome", "unchanged"}});
  out.Counter(updates, help, Number(now.updates_stale), {{"outcome", "stale"}});
  out.Counter(updates, help, Number(now.updates_rejected),
              {{"outcome", "rejected"}});
  out.Counter("waystation_reads_total", "Reads that were answered.",
              Number(now.reads_answered));
  out.Counter("waystation_refusals_total", "Calls that were refused.",
              Number(now.refusals));
  out.Counter("waystation_mailbox_entries_total", "Entries put into mailboxes.",
              Number(now.mailbox_entries));
  out.Summary("waystation_commit_seconds", "Time that commit groups took.",
              now.commit_groups, absl::ToDoubleSeconds(now.commit_time));
  out.Summary("waystation_commit_group_updates",
              "Updates that commit groups held.", now.commit_groups,
              Number(now.updates_applied + now.updates_unchanged +
                     now.updates_stale + now.updates_rejected));
  out.Counter("waystation_commit_conflicts_total",
              "Commit groups that had to be computed again.",
              Number(now.commit_conflicts));
  out.Gauge("waystation_queued_updates", "Updates that wait for the committer.",
            Number(now.queued_updates));
  out.Gauge("waystation_log_entries", "Entries in the audit log.",
            Number(now.log_size));
}

void AddStatus(const v1::GetHubStatusResponse& status, Families& out) {
  out.Gauge("waystation_build_info", "1, with the version as label.", 1,
            {{"version", status.version()}});
  out.Gauge("waystation_ready", "1 while the hub takes calls.",
            status.ready() ? 1 : 0);
  out.Gauge("waystation_start_timestamp_seconds", "When the hub was started.",
            Seconds(status.start_time()));
  out.Gauge("waystation_last_checkpoint_timestamp_seconds",
            "When the newest checkpoint was signed.",
            Seconds(status.last_checkpoint_time()));
  out.Gauge("waystation_last_backup_timestamp_seconds",
            "When the newest backup was made; 0 if there is none.",
            Seconds(status.last_backup_time()));
  out.Gauge("waystation_records", "Source records held.",
            Number(status.records()));
  out.Gauge("waystation_persons", "Persons held.", Number(status.persons()));
  out.Gauge("waystation_open_conflicts", "Conflicts that wait for the office.",
            Number(status.open_conflicts()));
  out.Gauge("waystation_open_candidates",
            "Candidates that wait for the office.",
            Number(status.open_candidates()));
}

void AddAgencies(const std::vector<v1::AgencyStatus>& agencies, Families& out) {
  for (const v1::AgencyStatus& status : agencies) {
    out.Gauge("waystation_mailbox_waiting",
              "Changes that wait in the mailbox of an agency.",
              Number(status.mailbox_waiting()),
              {{"agency", status.agency().id()}});
  }
  for (const v1::AgencyStatus& status : agencies) {
    out.Gauge("waystation_mailbox_watching",
              "Streams on which an agency watches its mailbox now.",
              Number(status.watching()), {{"agency", status.agency().id()}});
  }
  for (const v1::AgencyStatus& status : agencies) {
    out.Gauge("waystation_agency_last_seen_timestamp_seconds",
              "When an agency called last; 0 if never.",
              Seconds(status.last_seen_time()),
              {{"agency", status.agency().id()}});
  }
  for (const v1::AgencyStatus& status : agencies) {
    out.Gauge("waystation_agency_last_update_timestamp_seconds",
              "When the newest update of an agency came; 0 if never.",
              Seconds(status.last_update_time()),
              {{"agency", status.agency().id()}});
  }
}

// When the first certificate of the file ends.
std::optional<double> EndOf(const std::string& file) {
  const auto pem = runtime::ReadFile(file);
  if (!pem.ok()) return std::nullopt;
  const auto facts = ReadCertificate(*pem);
  if (!facts.ok()) return std::nullopt;
  return static_cast<double>(absl::ToUnixSeconds(facts->not_after));
}

std::string CodeName(absl::StatusCode code) {
  return absl::StatusCodeToString(code);
}

}  // namespace

struct CallMetrics::Parts {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& calls =
      prometheus::BuildCounter()
          .Name("waystation_calls_total")
          .Help("Calls that ended, by method and code.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& seconds =
      prometheus::BuildHistogram()
          .Name("waystation_call_seconds")
          .Help("How long calls took, by method.")
          .Register(registry);

  // Found without building labels again.
  std::mutex mutex;
  std::map<std::pair<std::string_view, absl::StatusCode>, prometheus::Counter*>
      counters;
  std::map<std::string_view, prometheus::Histogram*> histograms;
};

CallMetrics::CallMetrics() : parts_(std::make_unique<Parts>()) {}
CallMetrics::~CallMetrics() = default;

void CallMetrics::Count(std::string_view method, absl::StatusCode code,
                        absl::Duration duration) {
  const std::lock_guard lock(parts_->mutex);
  prometheus::Counter*& counter = parts_->counters[{method, code}];
  if (counter == nullptr) {
    counter = &parts_->calls.Add(
        {{"method", std::string(method)}, {"code", CodeName(code)}});
  }
  counter->Increment();
  prometheus::Histogram*& histogram = parts_->histograms[method];
  if (histogram == nullptr) {
    histogram =
        &parts_->seconds.Add({{"method", std::string(method)}}, kCallSeconds);
  }
  histogram->Observe(absl::ToDoubleSeconds(duration));
}

std::vector<MetricFamily> CallMetrics::Collect() const {
  return parts_->registry.Collect();
}

std::vector<MetricFamily> HubMetrics::Collect() const {
  Families out;
  AddStatistics(hub_.GetStatistics(), out);
  if (const auto status = hub_.GetHubStatus(); status.ok()) {
    AddStatus(*status, out);
  }
  const auto agencies = AllAgencies(hub_);
  if (agencies.ok()) AddAgencies(*agencies, out);
  const std::string expiry = "waystation_certificate_expiry_timestamp_seconds";
  const std::string help =
      "When the hub's certificate ends, and the last of each agency's; 0 if "
      "this hub issued none.";
  if (const auto end = EndOf(certificate_); end.has_value()) {
    out.Gauge(expiry, help, *end, {{"identity", "hub"}});
  }
  if (agencies.ok()) {
    for (const v1::AgencyStatus& status : *agencies) {
      out.Gauge(expiry, help, Seconds(status.certificate_expire_time()),
                {{"identity", "agency/" + status.agency().id()}});
    }
  }
  return std::move(out).Take();
}

std::vector<MetricFamily> ConnectionMetrics::Collect() const {
  const Connections::Counts now = connections_.counts();
  Families out;
  const std::string open = "waystation_connections";
  const std::string open_help =
      "Connections: new until somebody has called on them, then known.";
  out.Gauge(open, open_help, Number(now.fresh), {{"state", "new"}});
  out.Gauge(open, open_help, Number(now.known), {{"state", "known"}});
  const std::string refused = "waystation_connections_refused_total";
  const std::string refused_help =
      "Connections that were refused, or closed before anybody called.";
  const std::pair<const char*, std::uint64_t> reasons[] = {
      {"too_many", now.refused_too_many},
      {"stays_out", now.refused_stays_out},
      {"no_descriptors", now.refused_no_descriptors},
      {"gave_way", now.gave_way},
      {"silent", now.silent}};
  for (const auto& [reason, count] : reasons) {
    out.Counter(refused, refused_help, Number(count), {{"reason", reason}});
  }
  const std::string shown_out = "waystation_peers_disconnected_total";
  const std::string shown_out_help =
      "Peers that were disconnected for a while.";
  out.Counter(shown_out, shown_out_help, Number(now.floods),
              {{"reason", "flood"}});
  out.Counter(shown_out, shown_out_help, Number(now.cancelled_calls),
              {{"reason", "cancelled_calls"}});
  out.Counter("waystation_calls_stalled_total",
              "Calls that were ended since the client took no answer.",
              Number(stalled_));
  return std::move(out).Take();
}

hub::Caller HubItself() {
  hub::Caller caller;
  caller.role = hub::Role::kOperator;
  caller.name = caller.path = "hub";
  return caller;
}

absl::StatusOr<std::vector<v1::AgencyStatus>> AllAgencies(hub::Hub& hub) {
  std::vector<v1::AgencyStatus> all;
  v1::ListAgenciesRequest request;
  do {
    auto page = hub.ListAgencies(HubItself(), request);
    if (!page.ok()) return page.status();
    all.insert(all.end(), page->agencies().begin(), page->agencies().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return all;
}

}  // namespace waystation::service
