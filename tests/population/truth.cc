// SPDX-License-Identifier: Apache-2.0
#include "tests/population/truth.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace waystation::population {
namespace {

// Of the criteria of a rule, the first two: what the register's clerk saw, by
// the mapping files (the card itself, but of labour what the employer filed),
// and then public security before all others.
int Standing(const Record& record) {
  const std::string& sector = record.agency->sector;
  return sector == "public_security" ? 0 : sector == "labor" ? 2 : 1;
}

// Whether `fine` says all that `coarse` does: "1986-02-04" and "1986".
bool Refines(const std::string& fine, const std::string& coarse) {
  return fine.starts_with(coarse);
}

using Records = std::vector<const Record*>;

// The best standing behind any of the records that `states` picks.
template <typename States>
int BestStanding(const Records& records, States states) {
  int best = 9;
  for (const Record* record : records) {
    if (states(*record)) best = std::min(best, Standing(*record));
  }
  return best;
}

// Dates that contradict each other have nobody behind one of them who stands
// before all who are behind the others. A coarser date stands behind every day
// in it, and is a date of its own where nobody states such a day.
bool BirthConflict(const Records& records) {
  std::set<std::string> stated;
  for (const Record* record : records) {
    if (!record->birth_stated.empty()) stated.insert(record->birth_stated);
  }
  int best = 9;
  int dates = 0;
  for (const std::string& date : stated) {
    if (std::ranges::any_of(stated, [&](const std::string& other) {
          return other != date && Refines(other, date);
        })) {
      continue;
    }
    const int standing = BestStanding(records, [&](const Record& record) {
      return !record.birth_stated.empty() && Refines(date, record.birth_stated);
    });
    if (standing > best) continue;
    dates = standing == best ? dates + 1 : 1;
    best = standing;
  }
  return dates > 1;
}

// The same for two names; where equals stand behind them, the one that more
// records state.
bool NameConflict(const Records& records) {
  const auto differs = [](const Record& record) { return record.name_differs; };
  const auto clean = [](const Record& record) { return !record.name_differs; };
  const auto others = std::ranges::count_if(
      records, [&](const Record* record) { return differs(*record); });
  return others > 0 && 2 * others == std::ssize(records) &&
         BestStanding(records, differs) == BestStanding(records, clean);
}

}  // namespace

Expectation Expect(const std::vector<Record>& records) {
  Expectation expectation;
  const std::string& id = records.front().person->id;
  expectation.persons = {{.id = id}, {.id = id + "/cut"}};
  for (const Record& record : records) {
    if (record.strong) {
      expectation.person_of.push_back(record.name_cut ? 1 : 0);
    } else {
      expectation.person_of.push_back(expectation.persons.size());
      expectation.persons.push_back({.id = id + "/" + record.agency->id});
    }
  }
  expectation.whole.id = id;
  const auto expect = [&](const auto& is_of, ExpectedPerson& expected) {
    for (std::size_t at = 0; at < kBatches; ++at) {
      Records held;
      for (std::size_t i = 0; i < records.size(); ++i) {
        if (is_of(i) && records[i].accepted() &&
            records[i].since <= static_cast<int>(at)) {
          held.push_back(&records[i]);
        }
      }
      expected.known[at] = !held.empty();
      expected.birth_conflict[at] = BirthConflict(held);
      expected.name_conflict[at] = NameConflict(held);
    }
  };
  for (std::size_t person = 0; person < expectation.persons.size(); ++person) {
    expect([&](std::size_t i) { return expectation.person_of[i] == person; },
           expectation.persons[person]);
  }
  expect([&](std::size_t i) { return !records[i].name_cut; },
         expectation.whole);
  return expectation;
}

void Summary::Add(const Person& person, const std::vector<Record>& records,
                  const Expectation& expectation) {
  const bool pair_ends =
      person.same_number_as && *person.same_number_as + 1 == person.index;
  for (const std::string& kind : person.kinds) ++kinds_[kind];
  for (const Record& record : records) {
    for (const std::string& defect : record.defects) ++defects_[defect];
  }
  const Batches& by_number = expectation.persons[0].known;
  const Batches& cut = expectation.persons[1].known;
  for (std::size_t at = 0; at < kBatches; ++at) {
    for (const Record& record : records) {
      if (record.rows[at]) ++rows_[record.agency->id][at];
      if (record.since > static_cast<int>(at)) continue;
      ++(record.accepted() ? records_ : broken_)[at];
    }
    people_[at] += std::ranges::any_of(
        expectation.persons,
        [&](const ExpectedPerson& expected) { return expected.known[at]; });
    for (const ExpectedPerson& expected : expectation.persons) {
      persons_[at] += expected.known[at];
      birth_conflicts_[at] += expected.birth_conflict[at];
      name_conflicts_[at] += expected.name_conflict[at];
    }
    whole_birth_conflicts_[at] += expectation.whole.birth_conflict[at];
    whole_name_conflicts_[at] += expectation.whole.name_conflict[at];
    candidates_[at] += pair_ends && before_known_[at] && by_number[at];
    candidates_[at] += by_number[at] && cut[at];
  }
  before_known_ = by_number;
}

std::string Summary::ToCsv() const {
  std::string csv = "measure,00,01,02\n";
  const auto line = [&](const std::string& measure, const Counts& counts) {
    csv += measure;
    for (const std::uint64_t count : counts) csv += "," + std::to_string(count);
    csv += "\n";
  };
  line("records", records_);
  line("broken_rows", broken_);
  line("people", people_);
  line("persons", persons_);
  line("birth_conflicts", birth_conflicts_);
  line("name_conflicts", name_conflicts_);
  line("candidates", candidates_);
  line("whole_birth_conflicts", whole_birth_conflicts_);
  line("whole_name_conflicts", whole_name_conflicts_);
  for (const auto& [agency, counts] : rows_) line("rows:" + agency, counts);
  for (const auto& [kind, count] : kinds_) {
    csv += "kind:" + kind + "," + std::to_string(count) + ",,\n";
  }
  for (const auto& [defect, count] : defects_) {
    csv += "defect:" + defect + "," + std::to_string(count) + ",,\n";
  }
  return csv;
}

}  // namespace waystation::population
