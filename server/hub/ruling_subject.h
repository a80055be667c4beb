// SPDX-License-Identifier: Apache-2.0
// What a decision rules on, as it stands in a group: the conflict with its
// claims, or the pair with its records, and how to tell whether it is still
// what somebody saw.
#ifndef WAYSTATION_SERVER_HUB_RULING_SUBJECT_H_
#define WAYSTATION_SERVER_HUB_RULING_SUBJECT_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/domain/attributes.h"
#include "server/domain/resolve.h"
#include "server/hub/affair.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/planning.h"
#include "server/storage/store.h"
#include "waystation/store/v1/stored.pb.h"

namespace waystation::hub {

using SeenParts = google::protobuf::RepeatedPtrField<store::v1::SeenPart>;

struct RulingSubject {
  storage::OpenItemKey key;
  storage::KeyHash etag{};
  // Claims of the conflict or records of the pair.
  SeenParts parts;
  std::vector<storage::AgencyNumber> agencies;

  // Of a conflict; nullptr and nullopt of a pair.
  const domain::AttributeInfo* attribute = nullptr;
  std::unique_ptr<PersonSide> side;
  std::optional<domain::Resolution> resolution;

  // Of a pair.
  RecordPtr a;
  RecordPtr b;
  PairRulings rulings;

  bool is_pair() const { return attribute == nullptr; }
};

// Makes the records' persons known, with decisions and open items.
absl::Status LoadForRuling(Planning& planning,
                           std::span<const storage::Uid> uids);

// NOT_FOUND (NOT_AVAILABLE) where `id` names nothing that is held. Valid as
// long as the planning.
absl::StatusOr<RulingSubject> LoadSubject(Planning& planning,
                                          const std::string& id);

// Of what was seen then: whose claims or records are others now, or "decision"
// where it is the rulings; joined by ", ".
std::string WhatChanged(const SeenParts& seen, const SeenParts& now);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RULING_SUBJECT_H_
