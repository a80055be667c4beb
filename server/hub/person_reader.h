// SPDX-License-Identifier: Apache-2.0
// Persons as they stand in the store, for calls that read.
#ifndef WAYSTATION_SERVER_HUB_PERSON_READER_H_
#define WAYSTATION_SERVER_HUB_PERSON_READER_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/disclosure.h"
#include "server/hub/affair.h"
#include "server/hub/core.h"
#include "server/hub/pair_ruling.h"
#include "server/hub/record.h"

namespace waystation::hub {

// One person with all that bears on it; immutable.
struct Person {
  std::shared_ptr<const Snapshot> registry;
  const domain::RuleBook* rules = nullptr;
  std::unique_ptr<PersonSide> side;
  std::vector<DecisionPtr> decisions;
  PairRulings rulings;

  // Records of `agency` that it may know to be one person with `uid`.
  std::vector<storage::Uid> OwnGroup(storage::AgencyNumber agency,
                                     storage::Uid uid) const;
  // nullptr for a record of somebody else.
  RecordPtr Find(storage::Uid uid) const;
};

// The persons that hold these records, in that order; nullptr for a uid that
// nobody holds. Records of one person come from one moment. Errors are the
// store's, or DATA_LOSS of what cannot be unsealed.
absl::StatusOr<std::vector<std::shared_ptr<const Person>>> ReadPersons(
    Core& core, std::span<const storage::Uid> uids);
absl::StatusOr<std::shared_ptr<const Person>> ReadPerson(Core& core,
                                                         storage::Uid uid);

// An agency's record and whose it is; nullptrs where nobody holds the key.
// Errors as above.
struct HeldRecord {
  std::shared_ptr<const Person> person;
  RecordPtr record;
};
absl::StatusOr<HeldRecord> ReadHeldRecord(Core& core, std::string_view agency,
                                          std::string_view record_key);

// What a viewer's look at a person is computed from.
struct Look {
  domain::Viewer viewer;
  domain::Context context;
};
Look LookOf(const Person& person, const AgencyEntry& agency,
            const domain::Permissions& permissions,
            std::span<const storage::Uid> own, codes::Date as_of);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PERSON_READER_H_
