// SPDX-License-Identifier: Apache-2.0
// How long a clerk waits: works through the review queue of a hub as
// `wayctl review next` does, and prints what its keys took.
//
//   bench_desk --target HOST:PORT --ca CA --cert CERT --key KEY [--answers N]
//
// A key that answers is a decision, the next item, claimed, and what it shows.
// The last lines are
//   RESULT <what> p50 <ms> p99 <ms> most <ms> of <how many>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::bench {
namespace {

using Clock = std::chrono::steady_clock;

class Times {
 public:
  explicit Times(const char* what) : what_(what) {}

  void Add(Clock::time_point since) {
    took_.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - since)
            .count());
  }
  void Print() {
    if (took_.empty()) return;
    std::ranges::sort(took_);
    std::printf("RESULT %s p50 %.2f p99 %.2f most %.2f of %zu\n", what_,
                took_[took_.size() / 2], took_[took_.size() * 99 / 100],
                took_.back(), took_.size());
  }

 private:
  const char* what_;
  std::vector<double> took_;
};

// What stands on the screen.
struct Shown {
  v1::ReviewItem item;
  // What an answer takes, of a conflict.
  std::string claim;
};

class Clerk {
 public:
  explicit Clerk(client::Connection& connection) : desk_(connection) {}

  // Without an item where nothing is left.
  absl::StatusOr<Shown> Next() {
    auto next = desk_.NextReviewItem({});
    if (!next.ok()) return next.status();
    Shown shown{.item = std::move(*next->mutable_item()), .claim = {}};
    if (shown.item.kind() == v1::ReviewItem::KIND_CONFLICT) {
      v1::GetConflictRequest request;
      request.set_id(shown.item.id());
      const auto conflict = desk_.GetConflict(request);
      if (!conflict.ok()) return conflict.status();
      shown.item.set_etag(conflict->conflict().etag());
      shown.claim = conflict->groups(0).claims(0).id();
    } else if (!shown.item.id().empty()) {
      v1::GetCandidateRequest request;
      request.set_id(shown.item.id());
      const auto pair = desk_.GetCandidate(request);
      if (!pair.ok()) return pair.status();
    }
    return shown;
  }

  absl::Status Answer(const Shown& shown) {
    v1::DecideRequest request;
    request.set_subject(shown.item.id());
    request.set_etag(shown.item.etag());
    request.set_kind(shown.claim.empty() ? v1::Decision::KIND_DIFFERENT
                                         : v1::Decision::KIND_CHOOSE_CLAIM);
    request.set_claim(shown.claim);
    request.set_reason("both papers were seen");
    return desk_.Decide(request).status();
  }

  absl::StatusOr<std::size_t> List() {
    const auto list = desk_.ListReviewItems({});
    if (!list.ok()) return list.status();
    return list->total_size();
  }

 private:
  client::Reconciliation desk_;
};

absl::Status Run(client::Connection& connection, int answers) {
  constexpr int kLists = 10;
  Clerk clerk(connection);
  Times lists("list");
  std::size_t open = 0;
  for (int i = 0; i < kLists; ++i) {
    const auto since = Clock::now();
    const auto listed = clerk.List();
    if (!listed.ok()) return listed.status();
    lists.Add(since);
    open = *listed;
  }
  Times keys("key");
  auto shown = clerk.Next();
  for (int i = 0; i < answers && shown.ok() && !shown->item.id().empty(); ++i) {
    const auto since = Clock::now();
    if (auto status = clerk.Answer(*shown); !status.ok()) return status;
    shown = clerk.Next();
    if (shown.ok()) keys.Add(since);
  }
  if (!shown.ok()) return shown.status();
  std::printf("OPEN %zu\n", open);
  lists.Print();
  keys.Print();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  client::ConnectionOptions options;
  std::string target;
  int answers = 200;
  CLI::App app("How long a clerk waits");
  app.add_option("--target", target)->required();
  app.add_option("--ca", options.ca_file)->required();
  app.add_option("--cert", options.certificate_file)->required();
  app.add_option("--key", options.key_file)->required();
  app.add_option("--answers", answers);
  CLI11_PARSE(app, argc, argv);
  options.hubs = {target};
  const auto connection = client::Connection::Open(std::move(options));
  const absl::Status status =
      connection.ok() ? Run(**connection, answers) : connection.status();
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_desk: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace waystation::bench

int main(int argc, char** argv) { return waystation::bench::Main(argc, argv); }
