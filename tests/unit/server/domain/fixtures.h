// SPDX-License-Identifier: Apache-2.0
// Records as the hub would hold them, made from text so that a table reads
// easily. Everything goes through Read and Apply, as in the hub.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_DOMAIN_FIXTURES_H_
#define WAYSTATION_TESTS_UNIT_SERVER_DOMAIN_FIXTURES_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/agreement/ceiling.h"
#include "server/domain/apply.h"
#include "server/domain/claims.h"
#include "server/domain/read_update.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::domain {

// 2026-03-10 04:00 UTC, noon in China.
inline constexpr std::int64_t kReceived = 1'773'115'200'000'000;
inline constexpr codes::Date kToday{
    std::chrono::year{2026}, std::chrono::month{3}, std::chrono::day{10}};
inline constexpr ReadOptions kOptions{
    .received_time = kReceived, .profile = codes::CitizenNumberProfile::kDemo};

// A message from protobuf text; a mistake in the text ends the program.
v1::Person PersonOf(std::string_view text);

// An update with a mask of what `claims` sets.
v1::Update UpdateOf(std::string_view record_key, std::uint64_t revision,
                    std::string_view claims);

// Reads an update that has no violations; any ends the program.
ReadUpdate MustRead(const v1::Update& update,
                    const ReadOptions& options = kOptions);

// A generated person's number: 041202 (Yingzhou in Fuyang, as the demo spells
// it), birth date as YYYYMMDD, sequence, check character.
std::string DemoNumber(std::string_view birth, int sequence);

// "identifiers { kind: KIND_CITIZEN_NUMBER number: ... }".
std::string NumberText(std::string_view number);

// As a file would have it that lets one sector beyond the four have all that
// any of them could, from the police and from its own.
agreement::Ceiling CeilingWith(std::string_view sector);

// Records of one test, with uids from 1 in the order in which they are made.
class Records {
 public:
  // One record with one update. `agency` is <sector>.<division>. `more` is
  // added to the update, such as "evidence: EVIDENCE_DECLARED".
  Uid Add(std::string_view agency, std::string_view record_key,
          std::string_view claims, std::string_view more = "");

  // Applies a further update to the record.
  Applied Update(Uid uid, std::uint64_t revision, std::string_view claims,
                 std::string_view more = "");
  // A further update that takes back the named attributes.
  Applied Retract(Uid uid, std::uint64_t revision,
                  std::initializer_list<std::string_view> attributes);

  std::vector<RecordView> Views() const;
  PersonClaims Claims() const { return PersonClaims(Views()); }
  store::StoredRecord& At(Uid uid) { return held_[uid - 1].record; }

 private:
  struct Held {
    std::string sector;
    store::StoredRecord record;
  };
  std::deque<Held> held_;
};

}  // namespace waystation::domain

#endif  // WAYSTATION_TESTS_UNIT_SERVER_DOMAIN_FIXTURES_H_
