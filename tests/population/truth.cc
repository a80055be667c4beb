// SPDX-License-Identifier: Apache-2.0
#include "tests/population/truth.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace waystation::population {
namespace {

bool IsPolice(const Record& record) {
  return record.agency->sector == "public_security";
}

// The records that hang together by the person's number after `batch`.
std::vector<const Record*> Joined(const std::vector<Record>& records,
                                  int batch) {
  std::vector<const Record*> joined;
  for (const Record& record : records) {
    if (record.accepted() && record.strong && record.since <= batch) {
      joined.push_back(&record);
    }
  }
  return joined;
}

// Whether `fine` says all that `coarse` does: "1986-02-04" and "1986".
bool Refines(const std::string& fine, const std::string& coarse) {
  return fine.starts_with(coarse);
}

// Dates that contradict each other have public security's word behind more than
// one of them, or behind none. A year alone stands behind every day in it, and
// is a date of its own where nobody states such a day.
bool BirthConflict(const std::vector<const Record*>& joined) {
  std::set<std::string> stated;
  for (const Record* record : joined) {
    if (!record->birth_stated.empty()) stated.insert(record->birth_stated);
  }
  int dates = 0, of_police = 0;
  for (const std::string& date : stated) {
    if (std::ranges::any_of(stated, [&](const std::string& other) {
          return other != date && Refines(other, date);
        })) {
      continue;
    }
    ++dates;
    of_police += std::ranges::any_of(joined, [&](const Record* record) {
      return IsPolice(*record) && !record->birth_stated.empty() &&
             Refines(date, record->birth_stated);
    });
  }
  return of_police > 1 || (of_police == 0 && dates > 1);
}

// Public security states both names, or neither, and as many records state the
// one as the other.
bool NameConflict(const std::vector<const Record*>& joined) {
  int clean = 0, other = 0;
  bool police_clean = false, police_other = false;
  for (const Record* record : joined) {
    ++(record->name_differs ? other : clean);
    if (!IsPolice(*record)) continue;
    (record->name_differs ? police_other : police_clean) = true;
  }
  return police_clean == police_other && clean > 0 && clean == other;
}

}  // namespace

Expectation Expect(const std::vector<Record>& records) {
  Expectation expectation;
  for (const Record& record : records) {
    expectation.persons.push_back(record.strong ? record.person->id
                                                : record.person->id + "/" +
                                                      record.agency->id);
  }
  for (int batch = 0; batch < kBatches; ++batch) {
    const auto at = static_cast<std::size_t>(batch);
    const auto joined = Joined(records, batch);
    expectation.known_by_number[at] = !joined.empty();
    expectation.birth_conflict[at] = BirthConflict(joined);
    expectation.name_conflict[at] = NameConflict(joined);
  }
  return expectation;
}

void Summary::Add(const Person& person, const std::vector<Record>& records,
                  const Expectation& expectation) {
  const bool pair_ends =
      person.same_number_as && *person.same_number_as + 1 == person.index;
  for (const Record& record : records) {
    for (const std::string& defect : record.defects) ++defects_[defect];
  }
  for (std::size_t at = 0; at < kBatches; ++at) {
    std::set<std::string> persons;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i];
      if (record.rows[at]) ++rows_[record.agency->id][at];
      if (record.since > static_cast<int>(at)) continue;
      ++(record.accepted() ? records_ : broken_)[at];
      if (record.accepted()) persons.insert(expectation.persons[i]);
    }
    persons_[at] += persons.size();
    birth_conflicts_[at] += expectation.birth_conflict[at];
    name_conflicts_[at] += expectation.name_conflict[at];
    candidates_[at] +=
        pair_ends && before_known_[at] && expectation.known_by_number[at];
  }
  before_known_ = expectation.known_by_number;
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
  line("persons", persons_);
  line("birth_conflicts", birth_conflicts_);
  line("name_conflicts", name_conflicts_);
  line("candidates", candidates_);
  for (const auto& [agency, counts] : rows_) line("rows:" + agency, counts);
  for (const auto& [defect, count] : defects_) {
    csv += "defect:" + defect + "," + std::to_string(count) + ",,\n";
  }
  return csv;
}

}  // namespace waystation::population
