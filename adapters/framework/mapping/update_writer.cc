// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/mapping/update_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <array>

#include "adapters/framework/mapping/wire.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::adapters {
namespace {

constexpr int kNumbers = 64;

std::string_view AttributeName(int number) {
  static const auto* const kNames = [] {
    auto* names = new std::array<std::string_view, kNumbers>{};
    const auto& person = *v1::Person::descriptor();
    for (int i = 0; i < person.field_count(); ++i) {
      (*names)[static_cast<std::size_t>(person.field(i)->number())] =
          person.field(i)->name();
    }
    return names;
  }();
  return (*kNames)[static_cast<std::size_t>(number)];
}

// A serialised Timestamp.
std::string Timestamp(absl::Time time) {
  std::string out;
  const std::int64_t nanos = absl::ToUnixNanos(time);
  std::int64_t seconds = nanos / 1'000'000'000;
  std::int64_t rest = nanos % 1'000'000'000;
  if (rest < 0) {
    rest += 1'000'000'000;
    --seconds;
  }
  wire::AppendNumber(google::protobuf::Timestamp::kSecondsFieldNumber,
                     static_cast<std::uint64_t>(seconds), out);
  if (rest != 0) {
    wire::AppendNumber(google::protobuf::Timestamp::kNanosFieldNumber,
                       static_cast<std::uint64_t>(rest), out);
  }
  return out;
}

// What the attribute's detail says beyond the update's own times and evidence;
// empty if nothing.
std::string Detail(const ReadClaim& claim, int update_evidence) {
  std::string out;
  if (!claim.valid_from.empty()) {
    wire::AppendBytes(v1::AttributeDetail::kTimesFieldNumber, claim.valid_from,
                      out);
  }
  if (claim.evidence != update_evidence) {
    wire::AppendNumber(v1::AttributeDetail::kEvidenceFieldNumber,
                       static_cast<std::uint64_t>(claim.evidence), out);
  }
  out.append(claim.given);
  if (out.empty()) return out;
  std::string named;
  wire::AppendBytes(v1::AttributeDetail::kAttributeFieldNumber,
                    AttributeName(claim.attribute), named);
  return named.append(out);
}

}  // namespace

std::string WriteUpdate(const ReadRow& row, std::uint64_t revision,
                        AttributeBits attributes) {
  using v1::Update;
  std::string out;
  wire::AppendBytes(Update::kRecordKeyFieldNumber, row.record_key, out);
  wire::AppendNumber(Update::kRevisionFieldNumber, revision, out);
  std::string times;  // of ClaimTimes
  if (row.recorded_time) {
    wire::AppendBytes(v1::ClaimTimes::kRecordedTimeFieldNumber,
                      Timestamp(*row.recorded_time), times);
  }
  if (row.retraction != 0) {
    if (!times.empty()) {
      wire::AppendBytes(Update::kTimesFieldNumber, times, out);
    }
    std::string reason;
    wire::AppendNumber(v1::RecordRetraction::kReasonFieldNumber,
                       static_cast<std::uint64_t>(row.retraction), reason);
    wire::AppendBytes(Update::kRetractionFieldNumber, reason, out);
    return out;
  }
  std::string claims;
  std::string mask;
  std::string details;
  const int evidence = row.claims.empty() ? 0 : row.claims.front().evidence;
  for (const ReadClaim& claim : row.claims) {
    if ((attributes & AttributeBit(claim.attribute)) == 0) continue;
    wire::AppendBytes(google::protobuf::FieldMask::kPathsFieldNumber,
                      AttributeName(claim.attribute), mask);
    if (claim.state != ReadClaim::State::kHeld) continue;
    claims.append(claim.value);
    const std::string detail = Detail(claim, evidence);
    if (!detail.empty()) {
      wire::AppendBytes(Update::kDetailsFieldNumber, detail, details);
    }
  }
  wire::AppendBytes(Update::kClaimsFieldNumber, claims, out);
  wire::AppendBytes(Update::kMaskFieldNumber, mask, out);
  if (!times.empty()) wire::AppendBytes(Update::kTimesFieldNumber, times, out);
  if (evidence != 0) {
    wire::AppendNumber(Update::kEvidenceFieldNumber,
                       static_cast<std::uint64_t>(evidence), out);
  }
  out.append(details);
  if (!row.guardian.empty()) {
    wire::AppendBytes(Update::kGuardianFieldNumber, row.guardian, out);
  }
  return out;
}

}  // namespace waystation::adapters
