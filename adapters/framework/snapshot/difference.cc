// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/snapshot/difference.h"

#include <algorithm>
#include <cstddef>

#include "adapters/framework/mapping/wire.h"

namespace waystation::adapters {
namespace {

constexpr int kRetraction = 0;
constexpr std::size_t kEncodedSize = 1 + sizeof(std::uint64_t);

void AppendFixed(std::uint64_t value, std::string& out) {
  for (int shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

std::uint64_t ReadFixed(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
  }
  return value;
}

const HeldAttribute* Find(const std::vector<HeldAttribute>& attributes,
                          int number) {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(),
                   [&](const auto& held) { return held.number == number; });
  return found == attributes.end() ? nullptr : &*found;
}

// Never 0, which stands for what was refused.
std::uint64_t HashClaim(const ReadClaim& claim, KeyedHash& hash) {
  std::string bytes;
  wire::AppendVarint(claim.value.size(), bytes);
  bytes.append(claim.value);
  wire::AppendVarint(static_cast<std::uint64_t>(claim.evidence), bytes);
  wire::AppendVarint(claim.valid_from.size(), bytes);
  bytes.append(claim.valid_from).append(claim.given);
  return std::max<std::uint64_t>(hash(bytes), 1);
}

}  // namespace

std::string EncodeAttributes(const std::vector<HeldAttribute>& attributes) {
  std::string out;
  out.reserve(attributes.size() * kEncodedSize);
  for (const HeldAttribute& held : attributes) {
    out.push_back(static_cast<char>(held.number));
    AppendFixed(held.hash, out);
  }
  return out;
}

std::vector<HeldAttribute> DecodeAttributes(std::string_view bytes) {
  std::vector<HeldAttribute> out;
  for (; bytes.size() >= kEncodedSize; bytes.remove_prefix(kEncodedSize)) {
    out.push_back(
        {static_cast<std::uint8_t>(bytes[0]), ReadFixed(bytes.substr(1))});
  }
  return out;
}

std::uint64_t HashRow(const Row& row, std::uint64_t mapping_fingerprint,
                      KeyedHash& hash, std::string& scratch) {
  scratch.clear();
  AppendFixed(mapping_fingerprint, scratch);
  for (const std::string_view field : row.fields) {
    wire::AppendVarint(field.size(), scratch);
    scratch.append(field);
  }
  return hash(scratch);
}

Difference Compare(const ReadRow& row, std::uint64_t row_hash,
                   const std::optional<HeldRow>& before, KeyedHash& hash) {
  Difference out;
  const std::int64_t recorded =
      row.recorded_time ? absl::ToUnixMicros(*row.recorded_time) : 0;
  const std::int64_t held_recorded = before ? before->recorded_time : 0;
  if (recorded != 0 && held_recorded != 0 && recorded < held_recorded) {
    out.older = true;
    return out;
  }
  static const std::vector<HeldAttribute> kNothing;
  const auto& held = before ? before->attributes : kNothing;
  out.held.row = row_hash;
  out.held.recorded_time = recorded != 0 ? recorded : held_recorded;
  if (row.retraction != 0) {
    const auto reason = static_cast<std::uint64_t>(row.retraction);
    const HeldAttribute* retracted = Find(held, kRetraction);
    out.retract = retracted == nullptr || retracted->hash != reason;
    out.held.attributes = {{kRetraction, reason}};
    return out;
  }
  for (const ReadClaim& claim : row.claims) {
    const HeldAttribute* said = Find(held, claim.attribute);
    switch (claim.state) {
      case ReadClaim::State::kHeld: {
        const std::uint64_t now = HashClaim(claim, hash);
        if (said == nullptr || said->hash != now) {
          out.attributes |= AttributeBit(claim.attribute);
        }
        out.held.attributes.push_back({claim.attribute, now});
        break;
      }
      case ReadClaim::State::kAbsent:
        if (said != nullptr) out.attributes |= AttributeBit(claim.attribute);
        break;
      case ReadClaim::State::kLost:
        if (said != nullptr) out.held.attributes.push_back(*said);
        break;
    }
  }
  return out;
}

}  // namespace waystation::adapters
