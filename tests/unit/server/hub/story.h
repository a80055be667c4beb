// SPDX-License-Identifier: Apache-2.0
// A story of a hub in which all happens that it does with its files: agencies
// and agreements, updates one by one and at once, a decision, checkpoints that
// a witness sees, mailboxes, the shredding of what is old, backups and their
// end. Each step may be told again, as whoever got no answer does; so a story
// that trouble has cut short is told from its beginning, and must end as if
// there had been none.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_HUB_STORY_H_
#define WAYSTATION_TESTS_UNIT_SERVER_HUB_STORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/storage/sqlite/vfs.h"
#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/stock.h"

namespace waystation::hub {

// Passes everything on to the trouble that a test makes, and sees when the
// store's log was cut to nothing: the end of a scrubbing.
class StoryMedium final : public storage::sqlite::FileHooks {
 public:
  explicit StoryMedium(storage::sqlite::FileHooks* trouble = nullptr)
      : trouble_(trouble) {}
  storage::sqlite::FileAnswer Before(
      const storage::sqlite::FileStep& step) override;
  int scrubs() const { return scrubs_; }

 private:
  storage::sqlite::FileHooks* const trouble_;
  std::atomic<int> scrubs_ = 0;
};

// What the hub has answered, in a file beside its folders: it outlasts the
// process that was told.
class Told {
 public:
  explicit Told(const World& world, const std::string& name = "told")
      : file_(world.folder / name) {}

  void Add(const std::string& word, const std::string& what) const;
  // All of one word, in order: "step"; "checkpoint", a signed note that a
  // witness saw; "backup", a name.
  std::vector<std::string> Of(const std::string& word) const;
  // Steps from the beginning.
  size_t steps() const { return Of("step").size(); }

 private:
  const std::filesystem::path file_;
};

// The setup of a hub of the story.
TestHub::Setup StorySetup(const World& world, StoryMedium& medium);

inline constexpr size_t kStorySteps = 17;

// Tells all steps; ends with the first error. Each that was answered is noted,
// once.
absl::Status TellStory(TestHub& test, const StoryMedium& medium,
                       const Told& told);

// All that the story is about, in words that do not depend on when it was told.
struct Outcome {
  Stock stock;
  std::map<std::string, std::vector<std::string>> mailboxes;
  // The agency of each update that was applied, as often as it was.
  std::vector<std::string> applied;
  // Claims that were shredded.
  uint64_t shredded = 0;
  uint64_t decisions = 0;

  bool operator==(const Outcome&) const = default;
};
Outcome OutcomeOf(TestHub& test);

// Of a story without trouble.
const Outcome& UndisturbedOutcome();

// That the hub stands by what was told: no finding, every checkpoint that a
// witness saw is proved to be continued, every backup can be read.
void ExpectStandsBy(TestHub& test, const Told& told);

// That no backup lies there of which the log does not know. After a restore it
// does not know those which were made later than the one it comes from.
void ExpectBackupsAreLogged(TestHub& test);

// That the story, told again on this hub, ends as it does without trouble.
void ExpectEndsWell(TestHub& test, const StoryMedium& medium, const Told& told);

}  // namespace waystation::hub

#endif  // WAYSTATION_TESTS_UNIT_SERVER_HUB_STORY_H_
