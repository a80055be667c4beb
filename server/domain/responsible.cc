// SPDX-License-Identifier: Apache-2.0
#include "server/domain/responsible.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "proto/codes/division.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::domain {
namespace {

// A grid unit: a community and a number of three digits within it.
constexpr std::size_t kGridUnitSize = 15;
constexpr std::size_t kCommunitySize = 12;
constexpr std::size_t kCountySize = 6;

// One division of today that a written code stands for. The digits of towns and
// communities are those that were written: they do not carry over to another
// county (proto/codes/division.h), so an agency is competent for them only
// under the very same digits.
struct Place {
  std::string written;
  std::string county;  // or city, or province
};

std::vector<Place> PlacesOf(std::string_view division) {
  if (division.size() == kGridUnitSize) {
    division = division.substr(0, kCommunitySize);
  }
  const codes::ReadDivision read = codes::ParseDivision(division);
  if (read.code.empty()) return {};
  std::vector<Place> places;
  for (const std::string_view today : codes::Successors(read.code)) {
    places.push_back({.written = read.code, .county = std::string(today)});
  }
  // Unknown, or dead and nobody wrote down what followed.
  if (places.empty()) {
    places.push_back(
        {.written = read.code, .county = read.code.substr(0, kCountySize)});
  }
  return places;
}

// A jurisdiction as a code that can be held against others: a prefix of up to
// six digits is filled up.
std::string CodeOf(std::string_view jurisdiction) {
  std::string code(jurisdiction);
  if (code.size() < kCountySize) code.resize(kCountySize, '0');
  return code;
}

struct Candidate {
  const v1::Agency* agency = nullptr;
  std::string code;
};

bool IsInForce(const Candidate& candidate) {
  const codes::Division* const division = codes::FindDivision(candidate.code);
  return division == nullptr || division->is_valid();
}

// Whether `a` goes before `b`, of two that are competent for the place that was
// written.
bool GoesBefore(const Candidate& a, const Candidate& b,
                std::string_view written) {
  // A town or community that was written as it is registered lies within
  // whatever its county has become.
  if (std::max(a.code.size(), b.code.size()) > kCountySize) {
    return a.code.size() > b.code.size();
  }
  const bool within = codes::DivisionRefines(a.code, b.code);
  const bool around = codes::DivisionRefines(b.code, a.code);
  if (within != around) return within;
  if (!within) return false;
  if (IsInForce(a) != IsInForce(b)) return IsInForce(a);
  return !IsInForce(a) && a.code == written && b.code != written;
}

// Those that nobody goes before: one, unless several have an equal claim.
std::vector<const v1::Agency*> NearestTo(const Place& place,
                                         std::span<const Candidate> of_sector) {
  std::vector<const Candidate*> competent;
  for (const Candidate& candidate : of_sector) {
    const bool is_competent =
        candidate.code == place.written ||
        (candidate.code.size() > kCountySize
             ? place.written.starts_with(candidate.code)
             : codes::DivisionRefines(place.county, candidate.code));
    if (is_competent) competent.push_back(&candidate);
  }
  std::vector<const v1::Agency*> nearest;
  for (const Candidate* const one : competent) {
    const bool is_first = std::none_of(
        competent.begin(), competent.end(), [&](const Candidate* other) {
          return GoesBefore(*other, *one, place.written);
        });
    if (is_first) nearest.push_back(one->agency);
  }
  return nearest;
}

}  // namespace

Responsible FindResponsible(std::string_view sector, std::string_view division,
                            std::span<const v1::Agency* const> agencies) {
  std::vector<Candidate> of_sector;
  for (const v1::Agency* const agency : agencies) {
    if (agency->sector() == sector) {
      of_sector.push_back(
          {.agency = agency, .code = CodeOf(agency->jurisdiction())});
    }
  }
  Responsible found;
  bool somewhere_nobody = false;
  for (const Place& place : PlacesOf(division)) {
    const auto nearest = NearestTo(place, of_sector);
    somewhere_nobody = somewhere_nobody || nearest.empty();
    found.agencies.insert(found.agencies.end(), nearest.begin(), nearest.end());
  }
  std::sort(found.agencies.begin(), found.agencies.end(),
            [](const v1::Agency* a, const v1::Agency* b) {
              return a->id() < b->id();
            });
  found.agencies.erase(
      std::unique(found.agencies.begin(), found.agencies.end()),
      found.agencies.end());
  using Answer = Responsible::Answer;
  if (found.agencies.empty()) return found;
  found.answer = found.agencies.size() == 1 && !somewhere_nobody
                     ? Answer::kFound
                     : Answer::kAmbiguous;
  return found;
}

const v1::Agency* FindSuperior(const v1::Agency& agency,
                               std::span<const v1::Agency* const> agencies) {
  // Trailing zeros of a county's code name what lies above it.
  std::string below = agency.jurisdiction();
  while (below.size() <= kCountySize && below.size() > 2 &&
         below.ends_with("00")) {
    below.resize(below.size() - 2);
  }
  constexpr std::size_t kSizes[] = {9, 6, 4, 2};
  const auto* const up = std::ranges::find_if(
      kSizes, [&](std::size_t size) { return size < below.size(); });
  if (up == std::end(kSizes)) return nullptr;
  std::vector<const v1::Agency*> others;
  std::ranges::copy_if(
      agencies, std::back_inserter(others),
      [&](const v1::Agency* other) { return other->id() != agency.id(); });
  std::string above = below.substr(0, *up);
  if (above.size() < kCountySize) above.resize(kCountySize, '0');
  const Responsible found = FindResponsible(agency.sector(), above, others);
  return found.answer == Responsible::Answer::kFound ? found.agencies.front()
                                                     : nullptr;
}

}  // namespace waystation::domain
