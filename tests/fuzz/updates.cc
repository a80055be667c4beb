// SPDX-License-Identifier: Apache-2.0
// An update's bytes, as the hub reads them.
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <optional>
#include <string>

#include "proto/errors/reason.h"
#include "server/domain/attributes.h"
#include "server/domain/read_update.h"
#include "tests/fuzz/fuzz.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/claim.pb.h"

namespace waystation::fuzz {
namespace {

constexpr std::int64_t kNow = 1'772'323'200'000'000;  // 2026-03-01

// The stated day of birth, where it is a whole date of the common calendar.
std::optional<int> BirthAsNumber(const v1::Date& date) {
  if (date.calendar() == v1::Date::CALENDAR_LUNAR || date.month() == 0 ||
      date.day() == 0) {
    return std::nullopt;
  }
  return (date.year() * 100 + date.month()) * 100 + date.day();
}

void CheckViolations(const std::vector<v1::Violation>& violations) {
  WAYSTATION_HOLDS(violations.size() <= 64);
  for (const v1::Violation& violation : violations) {
    WAYSTATION_HOLDS(errors::FindReason(violation.reason()) != nullptr);
    WAYSTATION_HOLDS(!violation.field().empty());
  }
}

// What was accepted, sent again in the words in which it is held.
v1::Update Again(const domain::ReadUpdate& read) {
  v1::Update update;
  update.set_record_key(read.record_key);
  update.set_revision(read.revision);
  for (const store::v1::StoredClaim& claim : read.claims) {
    update.mutable_mask()->add_paths(
        std::string(domain::GetAttribute(
                        static_cast<domain::AttributeNumber>(claim.attribute()))
                        .name));
    if (!claim.retracted()) update.mutable_claims()->MergeFrom(claim.value());
  }
  if (read.guardian) *update.mutable_guardian() = *read.guardian;
  if (read.retraction) {
    update.mutable_retraction()->set_reason(*read.retraction);
  }
  return update;
}

void CheckUpdate(const std::string& bytes) {
  const domain::ReadOptions options{
      .received_time = kNow, .profile = codes::CitizenNumberProfile::kDemo};
  const domain::ReadResult result =
      domain::Read(std::string_view(bytes), options);
  CheckViolations(result.violations);
  if (!result.ok()) return;
  const domain::ReadUpdate& read = result.update;
  WAYSTATION_HOLDS(read.grades.size() <= 64);
  WAYSTATION_HOLDS(read.claims.empty() == read.retraction.has_value());
  WAYSTATION_HOLDS(std::ranges::is_sorted(
      read.claims, {}, [](const auto& c) { return c.attribute(); }));
  for (const store::v1::StoredClaim& claim : read.claims) {
    // Fourteen years before the day on which it came.
    const auto birth = BirthAsNumber(claim.value().birth_date().date());
    const bool minor = birth && *birth > 20120301 && *birth <= 20260301 &&
                       claim.grade() != v1::GRADE_PLACEHOLDER;
    WAYSTATION_HOLDS(!minor || read.guardian.has_value());
  }
  const domain::ReadResult again =
      domain::Read(std::string_view(Again(read).SerializeAsString()), options);
  WAYSTATION_HOLDS(again.ok());
  WAYSTATION_HOLDS(again.update.claims.size() == read.claims.size());
  for (std::size_t i = 0; i < read.claims.size(); ++i) {
    WAYSTATION_HOLDS(google::protobuf::util::MessageDifferencer::Equals(
        again.update.claims[i].value(), read.claims[i].value()));
  }
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  waystation::fuzz::CheckUpdate({reinterpret_cast<const char*>(data), size});
  return 0;
}
