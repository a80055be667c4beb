// SPDX-License-Identifier: Apache-2.0
// The lists that people are made of: data/*.tsv of this folder, and the
// divisions of proto/codes/data, of which only the data is shared with the
// product.
#ifndef TESTS_POPULATION_DATA_H_
#define TESTS_POPULATION_DATA_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"

namespace waystation::population {

enum class Sex { kMale = 1, kFemale = 2 };

struct Surname {
  std::vector<std::string> characters;
  std::uint64_t weight = 0;
};

// A name that very many have, or a given name alone.
struct CommonName {
  std::vector<std::string> characters;
  bool has_surname = false;
  std::uint64_t weight = 0;  // people
};

struct County {
  std::string code;  // 341202
  std::string name;  // 颍州区
  std::string path;  // 安徽省阜阳市颍州区
  // Codes that died and whose only successor, at the end of the chain, is this.
  std::vector<std::string> dead_codes;
};

struct Place {
  std::string division;  // 341200
  std::string name;      // 阜阳市
  bool origin = false;   // or else a place of residence
  std::uint64_t weight = 0;
  std::vector<County> counties;
};

struct Data {
  std::vector<Surname> surnames;
  std::vector<std::string> given_men, given_women, given_first;
  std::vector<CommonName> common_men, common_women;
  // Of ten thousand of the sex, how many have one of these.
  unsigned common_men_rate = 0, common_women_rate = 0;
  std::vector<std::string> rare_men, rare_women;
  std::vector<std::string> minority_men, minority_women;
  std::unordered_map<std::string, std::string> readings;  // of one character
  std::unordered_map<std::string, std::vector<std::string>> homophones;
  std::unordered_map<std::string, std::string> variants;
  std::unordered_map<std::string, std::vector<std::string>> lookalikes;
  std::vector<std::string> villages, roads, estates, towns;
  std::vector<std::string> employer_words, employer_trades, employer_forms;
  std::vector<std::string> shops;  // what sole proprietors run
  std::vector<Place> places;

  // Whether one of the names that more than a hundred thousand people have.
  bool IsCommon(const std::string& name) const {
    return common_names.contains(name);
  }
  std::unordered_set<std::string> common_names;
};

// NOT_FOUND names a missing file, INVALID_ARGUMENT the file and line that is
// wrong.
absl::StatusOr<Data> LoadData(const std::string& folder,
                              const std::string& divisions);

// The characters of a UTF-8 text, which is known to be valid.
std::vector<std::string> Characters(const std::string& text);

}  // namespace waystation::population

#endif  // TESTS_POPULATION_DATA_H_
