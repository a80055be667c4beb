// SPDX-License-Identifier: Apache-2.0
#include "server/hub/ruling_subject.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/message.h"
#include "proto/errors/error.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/office_view.h"
#include "server/hub/open_conflicts.h"
#include "server/hub/pair_item.h"

namespace waystation::hub {
namespace {

using storage::Uid;

absl::Status NotAvailable() {
  return errors::Error("NOT_AVAILABLE", {.field = "subject"});
}

void AddPart(std::string_view agency, const storage::KeyHash& hash,
             SeenParts& parts) {
  store::v1::SeenPart& part = *parts.Add();
  part.set_agency(std::string(agency));
  part.set_hash(std::string(AsBytes(hash)));
}

absl::StatusOr<RulingSubject> LoadConflict(
    Planning& planning, const SubjectCodec::Conflict& named) {
  if (auto status = LoadForRuling(planning, {&named.uid, 1}); !status.ok()) {
    return status;
  }
  RulingSubject subject;
  subject.attribute = domain::FindAttribute(static_cast<int>(named.attribute));
  const storage::PersonId person = planning.state.PersonOf(named.uid);
  if (subject.attribute == nullptr || person == 0) return NotAvailable();
  std::vector<RecordPtr> records;
  for (const Uid uid : planning.state.Members(person)) {
    records.push_back(planning.state.Find(uid));
  }
  subject.side = MakeSide(*planning.registry, std::move(records),
                          planning.DecisionsBefore());
  subject.resolution =
      ResolveEntry(planning.core, *subject.side, *subject.attribute,
                   named.entry, planning.today);
  if (!subject.resolution.has_value()) return NotAvailable();
  const domain::Resolution& resolution = *subject.resolution;
  subject.key = {
      .a = person, .attribute = named.attribute, .entry = named.entry};
  const Hashes& hashes = planning.core.hashes;
  subject.etag = ConflictEtag(hashes, resolution);
  subject.agencies = AgenciesOf(resolution, *subject.side);
  for (const domain::Claim& claim : resolution.claims) {
    AddPart(claim.agency,
            hashes.Etag(absl::StrCat(claim.uid, " ", claim.revision, " ",
                                     static_cast<int>(claim.grade), " ",
                                     claim.full->SerializeAsString())),
            subject.parts);
  }
  return subject;
}

absl::StatusOr<RulingSubject> LoadPair(Planning& planning,
                                       const storage::OpenItemKey& named) {
  const Uid pair[] = {named.a, named.b};
  if (auto status = LoadForRuling(planning, pair); !status.ok()) return status;
  RulingSubject subject;
  subject.a = planning.state.Find(named.a);
  subject.b = planning.state.Find(named.b);
  if (subject.a == nullptr || subject.b == nullptr) return NotAvailable();
  subject.rulings = PairRulings(planning.DecisionsBefore());
  subject.key = named;
  const Hashes& hashes = planning.core.hashes;
  subject.etag = CandidateEtag(hashes, *subject.a, *subject.b, subject.rulings);
  for (const RecordPtr& record : {subject.a, subject.b}) {
    AddPart(record->stored.agency(),
            hashes.Etag(absl::StrCat(
                record->uid, " ",
                std::string(AsBytes(HashOfRest(hashes, record->stored))),
                PinOf(record->stored).SerializeAsString())),
            subject.parts);
  }
  subject.agencies = AgenciesOfPair(subject.a->agency, subject.b->agency);
  return subject;
}

}  // namespace

absl::Status LoadForRuling(Planning& planning, std::span<const Uid> uids) {
  if (auto status = planning.state.LoadPersons(uids); !status.ok()) {
    return status;
  }
  std::vector<Uid> members;
  for (const Uid uid : uids) {
    const auto found = planning.state.Members(planning.state.PersonOf(uid));
    members.insert(members.end(), found.begin(), found.end());
  }
  if (auto status = planning.state.LoadDecisions(members); !status.ok()) {
    return status;
  }
  return planning.state.LoadItems(members);
}

absl::StatusOr<RulingSubject> LoadSubject(Planning& planning,
                                          const std::string& id) {
  const SubjectCodec& subjects = planning.core.subjects;
  if (const auto conflict = subjects.DecodeConflict(id)) {
    // Nobody rules on what one agency sees.
    if (conflict->own) return NotAvailable();
    return LoadConflict(planning, *conflict);
  }
  if (const auto pair = subjects.DecodePair(id)) {
    return LoadPair(planning, *pair);
  }
  return NotAvailable();
}

std::string WhatChanged(const SeenParts& seen, const SeenParts& now) {
  const auto add_missing = [](const SeenParts& parts, const SeenParts& others,
                              std::set<std::string>& whose) {
    for (const store::v1::SeenPart& part : parts) {
      const bool is_there =
          std::ranges::any_of(others, [&](const store::v1::SeenPart& other) {
            return other.hash() == part.hash();
          });
      if (!is_there) whose.insert(part.agency());
    }
  };
  std::set<std::string> whose;
  add_missing(seen, now, whose);
  add_missing(now, seen, whose);
  return whose.empty() ? "decision" : absl::StrJoin(whose, ", ");
}

}  // namespace waystation::hub
