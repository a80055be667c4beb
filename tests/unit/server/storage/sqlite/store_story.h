// SPDX-License-Identifier: Apache-2.0
// A store's life in which all happens that it does with its files: groups,
// checkpoints, a mailbox that is read, an erasure with its scrubbing; and
// whether a store stands by what was told of such a life.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_STORE_STORY_H_
#define WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_STORE_STORY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/store.h"

namespace waystation::storage::sqlite {

// In the details of an early leaf, until a later group takes it out.
inline constexpr char kErased[] = "this is to be erased";

// What has been answered.
struct Told {
  // Steps that a recorder had seen by then, where there is one.
  size_t moment = 0;
  uint64_t group = 0;
  // Leaves under the newest checkpoint.
  uint64_t checkpoint = 0;
  // Position up to which a mailbox has been read.
  uint64_t read = 0;
  bool is_erased = false;
};

// Lives such a life on a store that is new; how exactly is up to chance. Calls
// `tell` after each answer.
void LiveStory(Store& store, std::mt19937_64& chance,
               const std::function<void(const Told&)>& tell);

// The group of a story that follows the newest of the store.
Batch NextBatch(const Store& store);

// What a store has of a story.
struct StoryHeld {
  uint64_t group = 0;
  uint64_t checkpoint = 0;
  uint64_t read = 0;
};

// That it is whole, and the beginning of a story.
StoryHeld LookAt(const Store& store);

// That it is no less than what was told, and no more than was on its way.
void ExpectHolds(const StoryHeld& held, const Told& told);

}  // namespace waystation::storage::sqlite

#endif  // WAYSTATION_TESTS_UNIT_SERVER_STORAGE_SQLITE_STORE_STORY_H_
