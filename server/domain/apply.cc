// SPDX-License-Identifier: Apache-2.0
#include "server/domain/apply.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "google/protobuf/message.h"
#include "google/protobuf/util/time_util.h"
#include "server/domain/dates.h"
#include "server/domain/grades.h"
#include "server/domain/meaning.h"

namespace waystation::domain {
namespace {

using google::protobuf::RepeatedPtrField;

const store::RevisionContent* FindContent(const store::StoredRecord& record,
                                          std::uint64_t revision) {
  for (const store::RevisionContent& content : record.contents()) {
    if (content.revision() == revision) return &content;
  }
  return nullptr;
}

int FindIndex(const store::StoredRecord& record, std::uint32_t attribute) {
  for (int i = 0; i < record.claims_size(); ++i) {
    if (record.claims(i).attribute() == attribute) return i;
  }
  return -1;
}

// Whether Resolve sees two claims of one attribute alike.
bool LooksAlike(const store::StoredClaim& a, const store::StoredClaim& b) {
  if (a.retracted() || b.retracted()) return a.retracted() == b.retracted();
  if (a.grade() != b.grade() || a.evidence() != b.evidence() ||
      a.recorded_time() != b.recorded_time() ||
      !std::ranges::equal(a.entry_grades(), b.entry_grades())) {
    return false;
  }
  if (a.has_valid_from() != b.has_valid_from() ||
      ToPartial(a.valid_from()) != ToPartial(b.valid_from())) {
    return false;
  }
  const AttributeInfo& attribute =
      GetAttribute(static_cast<AttributeNumber>(a.attribute()));
  const int entries = EntryCount(attribute, a.value());
  if (entries != EntryCount(attribute, b.value())) return false;
  for (int i = 0; i < entries; ++i) {
    if (!Identical(attribute, *ValueOf(attribute, a.value(), i),
                   *ValueOf(attribute, b.value(), i))) {
      return false;
    }
  }
  return true;
}

// Takes away the claims that a retraction of the whole record at `revision`
// ends.
void RetractBelow(std::uint64_t revision, store::StoredRecord& record,
                  Applied& applied) {
  RepeatedPtrField<store::StoredClaim> kept;
  for (store::StoredClaim& claim : *record.mutable_claims()) {
    if (claim.revision() >= revision) {
      kept.Add()->Swap(&claim);
      continue;
    }
    if (claim.retracted()) continue;
    applied.changed |= BitOf(static_cast<AttributeNumber>(claim.attribute()));
  }
  record.mutable_claims()->Swap(&kept);
}

// Puts one claim where it belongs in the ascending order. False if a later
// revision holds the attribute.
bool PutClaim(const store::StoredClaim& claim, store::StoredRecord& record,
              Applied& applied) {
  const auto bit = BitOf(static_cast<AttributeNumber>(claim.attribute()));
  const int index = FindIndex(record, claim.attribute());
  if (index >= 0) {
    store::StoredClaim& held = *record.mutable_claims(index);
    if (held.revision() >= claim.revision()) return false;
    if (!LooksAlike(held, claim)) applied.changed |= bit;
    held = claim;
    return true;
  }
  if (!claim.retracted()) applied.changed |= bit;
  *record.add_claims() = claim;
  auto& claims = *record.mutable_claims();
  for (int i = record.claims_size() - 1;
       i > 0 && claims[i].attribute() < claims[i - 1].attribute(); --i) {
    claims.SwapElements(i, i - 1);
  }
  return true;
}

// Keeps the contents of the revisions that still hold something, and of the
// highest.
void KeepContents(const ReadUpdate& update, store::StoredRecord& record) {
  store::RevisionContent content;
  content.set_revision(update.revision);
  content.set_content(std::string(auditlog::AsBytes(update.content)));
  *record.add_contents() = std::move(content);

  const auto holds = [&](std::uint64_t revision) {
    return revision == record.highest_revision() ||
           revision == record.retracted_revision() ||
           revision == record.guardian_revision() ||
           std::ranges::any_of(record.claims(), [&](const auto& claim) {
             return claim.revision() == revision;
           });
  };
  auto& contents = *record.mutable_contents();
  contents.erase(
      std::remove_if(contents.begin(), contents.end(),
                     [&](const auto& held) { return !holds(held.revision()); }),
      contents.end());
  std::sort(contents.begin(), contents.end(), [](const auto& a, const auto& b) {
    return a.revision() < b.revision();
  });
}

}  // namespace

Applied Apply(const ReadUpdate& update, store::StoredRecord& record) {
  Applied applied;
  if (const auto* held = FindContent(record, update.revision)) {
    if (held->content() == auditlog::AsBytes(update.content)) {
      applied.outcome = v1::UpdateResult::OUTCOME_UNCHANGED;
      return applied;
    }
    applied.outcome = v1::UpdateResult::OUTCOME_REJECTED;
    v1::Violation& violation = applied.violations.emplace_back();
    violation.set_field("revision");
    violation.set_reason("REVISION_REUSED");
    violation.set_rule("one revision has one content");
    return applied;
  }

  bool taken = false;
  if (update.revision > record.highest_revision()) {
    taken = true;
    record.set_highest_revision(update.revision);
    *record.mutable_received_time() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
            update.received_time);
  }
  if (update.guardian && update.revision > record.guardian_revision()) {
    taken = true;
    record.set_guardian_revision(update.revision);
    *record.mutable_guardian() = *update.guardian;
  }
  if (update.retraction && update.revision > record.retracted_revision()) {
    taken = true;
    record.set_retracted_revision(update.revision);
    record.set_retraction_reason(*update.retraction);
    RetractBelow(update.revision, record, applied);
  }
  if (update.revision > record.retracted_revision()) {
    for (const store::StoredClaim& claim : update.claims) {
      if (PutClaim(claim, record, applied)) taken = true;
    }
  }
  if (!taken) {
    applied.outcome = v1::UpdateResult::OUTCOME_STALE;
    return applied;
  }
  KeepContents(update, record);
  applied.outcome = v1::UpdateResult::OUTCOME_APPLIED;
  return applied;
}

bool HasClaims(const store::StoredRecord& record) {
  return std::ranges::any_of(
      record.claims(), [](const auto& claim) { return !claim.retracted(); });
}

const store::StoredClaim* FindClaim(const store::StoredRecord& record,
                                    AttributeNumber attribute) {
  const int index = FindIndex(record, static_cast<std::uint32_t>(attribute));
  if (index < 0 || record.claims(index).retracted()) return nullptr;
  return &record.claims(index);
}

const store::StoredClaim* FindSound(const store::StoredRecord& record,
                                    AttributeNumber attribute) {
  const store::StoredClaim* claim = FindClaim(record, attribute);
  if (claim == nullptr || claim->grade() == v1::GRADE_PLACEHOLDER ||
      !codes::HasValue(FromMessage(claim->grade()))) {
    return nullptr;
  }
  return claim;
}

}  // namespace waystation::domain
