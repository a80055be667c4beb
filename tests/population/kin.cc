// SPDX-License-Identifier: Apache-2.0
#include "tests/population/kin.h"

#include <cstdlib>

#include "tests/population/person.h"
#include "tests/population/random.h"

namespace waystation::population {
namespace {

constexpr std::uint64_t kEight = 8;
constexpr std::uint64_t kFirstEight = 16;
static_assert(kFirstEight > kFirstDrawn);
constexpr std::uint64_t kTwins = 0;      // place of the first of two
constexpr std::uint64_t kFamily = 2;     // of the head
constexpr std::uint64_t kNamesakes = 6;  // of the first of two
constexpr std::uint64_t kMostOfFamily = 4;

// Per ten thousand eights. A third of all can have a twin, and another third a
// namesake of the same day.
constexpr unsigned kHasTwins = 1200;
constexpr unsigned kHasFamily = 2500;
constexpr unsigned kHasNamesakes = 120;
// Of families with a father and a son.
constexpr unsigned kSameName = 200;
constexpr unsigned kNearName = 1000;

// What is drawn for the eight; one stream for each kind.
Random StreamOf(const World& world, std::uint64_t eight, Kind kind) {
  return Stream(world.seed, eight, Purpose::kKin,
                static_cast<std::uint64_t>(kind));
}

Birth DrawnBirth(const World& world, std::uint64_t index) {
  return BirthOfSlot(Permute(world.seed, MostPeople(), index));
}

}  // namespace

Kin KinOf(const World& world, std::uint64_t index) {
  const Kin nobody{Kind::kNone, index};
  if (index < kFirstEight) return nobody;
  const std::uint64_t eight = index - index % kEight;
  const std::uint64_t place = index % kEight;
  if (place < kFamily) {
    const bool twins = DrawnBirth(world, eight + kTwins).CanHaveTwin() &&
                       StreamOf(world, eight, Kind::kTwin).Chance(kHasTwins);
    return twins ? Kin{Kind::kTwin, eight + kTwins} : nobody;
  }
  if (place >= kNamesakes) {
    const bool namesakes =
        DrawnBirth(world, eight + kNamesakes).CanHaveNamesake() &&
        StreamOf(world, eight, Kind::kNamesake).Chance(kHasNamesakes);
    return namesakes ? Kin{Kind::kNamesake, eight + kNamesakes} : nobody;
  }
  Random random = StreamOf(world, eight, Kind::kFamily);
  if (!random.Chance(kHasFamily)) return nobody;
  const std::uint64_t size = 2 + random.Below(kMostOfFamily - 1);
  return place < kFamily + size ? Kin{Kind::kFamily, eight + kFamily} : nobody;
}

Birth BirthOf(const World& world, std::uint64_t index) {
  const Kin kin = KinOf(world, index);
  const Birth own = DrawnBirth(world, kin.head);
  if (kin.head != index && kin.kind == Kind::kTwin) return own.Twin();
  if (kin.head != index && kin.kind == Kind::kNamesake) return own.Namesake();
  return DrawnBirth(world, index);
}

FatherAndSon FatherAndSonOf(const World& world, std::uint64_t head) {
  const Birth his = DrawnBirth(world, head);
  if (his.sex() != Sex::kMale) return {};
  for (std::uint64_t other = head + 1;
       other < head + kMostOfFamily && KinOf(world, other).head == head;
       ++other) {
    const Birth birth = DrawnBirth(world, other);
    if (birth.sex() != Sex::kMale || !IsAGenerationApart(his, birth)) continue;
    Random random = Stream(world.seed, head, Purpose::kKin);
    const PassedOn name = random.Chance(kSameName)   ? PassedOn::kSame
                          : random.Chance(kNearName) ? PassedOn::kNear
                                                     : PassedOn::kNone;
    return {name, other};
  }
  return {};
}

bool IsAGenerationApart(const Birth& a, const Birth& b) {
  const int years = std::abs(static_cast<int>(a.date.year()) -
                             static_cast<int>(b.date.year()));
  return years >= 18 && years <= 45;
}

}  // namespace waystation::population
