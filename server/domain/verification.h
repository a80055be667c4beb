// SPDX-License-Identifier: Apache-2.0
// Whether a certificate holds (design 9, domain facts 5.2): who may ask about
// which kind, what a record says of it, and which desks ask unusually often.
//
// The holder's code stands in the place of an agreement, for one answer. What
// no code opens is compiled in here, as the ceiling is for agreements.
#ifndef WAYSTATION_SERVER_DOMAIN_VERIFICATION_H_
#define WAYSTATION_SERVER_DOMAIN_VERIFICATION_H_

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "proto/codes/date.h"
#include "server/domain/attributes.h"
#include "server/domain/dates.h"
#include "waystation/store/v1/stored.pb.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/registry_service.pb.h"
#include "waystation/v1/verify_service.pb.h"

namespace waystation::domain {

namespace v1 = ::waystation::v1;

// How long a code works unless its holder wants otherwise, and at most.
inline constexpr absl::Duration kUsualCodeLife = absl::Minutes(15);
inline constexpr absl::Duration kShortestCodeLife = absl::Minutes(1);
inline constexpr absl::Duration kLongestCodeLife = absl::Hours(72);

// What is asked about. A scheme makes it a statement of insurance.
struct VerifySubject {
  v1::Certificate::Kind kind = v1::Certificate::KIND_UNSPECIFIED;
  v1::SocialInsurance::Scheme scheme = v1::SocialInsurance::SCHEME_UNSPECIFIED;
  bool operator==(const VerifySubject&) const = default;
};

// What is wrong with it, by field of the request; nullopt: nothing.
std::optional<v1::Violation> CheckSubject(const VerifySubject& subject);

// Whether agencies of the sector issue this kind: residence permits come from
// public security, vaccination records from health, statements of insurance
// from labor, and nobody else; health states no other benefit, which would tell
// of a treatment. The others come from anybody.
bool MayIssue(std::string_view sector, const VerifySubject& subject);

// Whether desks of the sector may ask. Nobody but public security tells public
// security anything (design 8): it may ask about residence permits. Vaccination
// is for health and education, a benefit for anybody but public security and
// commerce, the others for anybody but public security. Finance is told of no
// person.
bool MayVerify(std::string_view sector, const VerifySubject& subject);

// One certificate as a record claims it.
struct Paper {
  AttributeNumber attribute = 0;
  // Normalised; empty where it has none.
  std::string number{};
  // What of its days is claimed; a date that cannot be read has no days.
  struct Limit {
    bool is_claimed = false;
    std::optional<Days> days{};
  };
  Limit from{};
  Limit until{};
  // One without an end says nothing of today.
  bool must_end = false;
  // Of a statement of insurance.
  std::optional<v1::SocialInsurance::State> state{};
};

// In the order of the record's claims.
std::vector<Paper> PapersOf(const ::waystation::store::v1::StoredRecord& record,
                            const VerifySubject& subject);

// A number as people type it, in the spelling of PapersOf.
std::string ReadPaperNumber(std::string_view given);

// What `day` makes of the paper; `number` is that on the paper at the desk, as
// ReadPaperNumber has it, empty where it was not given.
v1::VerifyResponse::Answer AnswerOf(const Paper& paper, std::string_view number,
                                    codes::Date day);

// What one agency asked on one day.
struct AskedOnDay {
  std::chrono::sys_days day{};
  int valid = 0;
  int not_valid = 0;
  int unknown = 0;
  int wrong_codes = 0;

  int asked() const { return valid + not_valid + unknown; }
  bool operator==(const AskedOnDay&) const = default;
};

// Days that the average is taken over.
inline constexpr int kUsualDays = 28;

// What is unusual about `day`, one of `days` (each once, in any order): see
// VerificationDay.Unusual.
std::vector<v1::VerificationDay::Unusual> UnusualOf(
    const AskedOnDay& day, std::span<const AskedOnDay> days);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_VERIFICATION_H_
