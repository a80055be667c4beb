// SPDX-License-Identifier: Apache-2.0
// One read by one agency, from the question to the leaf (design 8).
#ifndef WAYSTATION_SERVER_HUB_READING_H_
#define WAYSTATION_SERVER_HUB_READING_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/errors/error.h"
#include "server/hub/budgets.h"
#include "server/hub/caller.h"
#include "server/hub/committer.h"
#include "server/hub/core.h"
#include "server/hub/leaf_work.h"
#include "server/hub/person_reader.h"
#include "server/hub/refusals.h"

namespace waystation::hub {

// A person that the caller asked for, found by one of the caller's own records.
struct Found {
  std::shared_ptr<const Person> person;
  RecordPtr record;
  std::vector<storage::Uid> own;
};

class Reading {
 public:
  // The caller's agency and the purpose; on an error nothing else is called.
  static absl::StatusOr<Reading> Begin(Core& core, const Caller& caller,
                                       v1::Purpose purpose,
                                       std::string_view method);

  // nullopt where the caller has no such record; errors are the store's. A
  // handle names a record of the caller, whatever became of its person.
  template <typename Request>
  absl::StatusOr<std::optional<Found>> Find(const Request& request) const {
    return request.handle().empty() ? FindRecord(request.record_key())
                                    : FindHandle(request.handle());
  }

  // NOT_AVAILABLE where nobody was found. BUDGET_SPENT comes first, so that it
  // does not show who is there.
  absl::Status MayAsk(const std::optional<Found>& found) const;

  // NOT_AVAILABLE unless an agreement for this purpose and this person is in
  // force; BUDGET_SPENT; else the person counts as told from now on.
  absl::Status Tell(const Found& found) const;

  Look LookAt(const Found& found) const {
    return LookOf(*found.person, *agency_, access_->permissions, found.own,
                  today_);
  }

  std::string HandleOf(const Found& found) const {
    return agency_->handles.Encode(found.own.front());
  }
  Core& core() const { return core_; }
  const Caller& caller() const { return caller_; }
  const std::string& method() const { return method_; }
  const AgencyEntry& agency() const { return *agency_; }
  const Access& access() const { return *access_; }
  const Snapshot& registry() const { return *registry_; }
  int64_t now() const { return now_; }
  codes::Date today() const { return today_; }
  Purse purse() const {
    return {.agency = agency_->number,
            .purpose = purpose_,
            .budget = access_->budget,
            .now = now_};
  }

  // The leaf of an answer that tells of these attributes of whoever holds
  // `record`; nullptr: of nobody.
  std::unique_ptr<Work> Leaf(const Record* record, domain::AttributeSet told,
                             LeafWork::Done done) const;
  // The same of what is called `object`, with the clerk's own words why.
  std::unique_ptr<Work> LeafAbout(const std::string& object,
                                  const std::string& reason,
                                  const Record& record,
                                  domain::AttributeSet told,
                                  LeafWork::Done done) const;

  // The leaf of a refusal where a person had been found.
  std::unique_ptr<Work> RefusalLeaf(const Found& found, std::string_view reason,
                                    LeafWork::Done done) const;

 private:
  Reading(Core& core, const Caller& caller, v1::Purpose purpose,
          std::string_view method)
      : core_(core),
        caller_(caller),
        purpose_(purpose),
        method_(method),
        registry_(core.registry.Get()),
        now_(core.clock.Now()),
        today_(domain::DayOf(now_)) {}

  absl::StatusOr<std::optional<Found>> FindRecord(
      std::string_view record_key) const;
  absl::StatusOr<std::optional<Found>> FindHandle(
      std::string_view handle) const;
  std::optional<Found> FoundBy(HeldRecord held) const;
  v1::AuditEvent ReadEvent(domain::AttributeSet told) const;
  std::unique_ptr<Work> WithDetail(v1::AuditEvent event, const Record* record,
                                   domain::AttributeSet told,
                                   LeafWork::Done done,
                                   const std::string& reason = {}) const;

  Core& core_;
  Caller caller_;
  v1::Purpose purpose_;
  std::string method_;
  std::shared_ptr<const Snapshot> registry_;
  int64_t now_;
  codes::Date today_;
  const AgencyEntry* agency_ = nullptr;
  std::shared_ptr<const Access> access_;
};

// Answers `why`: counted with others of its kind, or, where a person had been
// found, with a leaf of its own (design 8).
template <typename Done>
void Refuse(Refusals& refusals, Committer& committer, const Reading& reading,
            const std::optional<Found>& found, const absl::Status& why,
            Done done) {
  ++reading.core().counters.refusals;
  const std::string reason = errors::ReasonOf(why);
  if (!found.has_value()) {
    refusals.Count(reading.caller().path, reading.method(), reason);
    return done(why);
  }
  committer.Submit(reading.RefusalLeaf(
      *found, reason,
      [done = std::move(done), why](const absl::StatusOr<uint64_t>& leaf) {
        done(leaf.ok() ? why : leaf.status());
      }));
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_READING_H_
