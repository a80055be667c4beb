// SPDX-License-Identifier: Apache-2.0
#include "tests/population/data.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace waystation::population {
namespace {

using Fields = std::vector<std::string>;

Fields Split(const std::string& line, char separator) {
  Fields fields;
  std::size_t begin = 0;
  for (std::size_t end = line.find(separator); end != line.npos;
       end = line.find(separator, begin)) {
    fields.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  fields.push_back(line.substr(begin));
  return fields;
}

// Reads a table: comment lines, a header line, rows of as many fields.
absl::Status ReadTable(const std::string& path,
                       const std::function<bool(const Fields&)>& take) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError("cannot read " + path);
  std::string line;
  std::size_t columns = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.starts_with('#')) continue;
    const Fields fields = Split(line, '\t');
    if (columns == 0) {
      columns = fields.size();
    } else if (fields.size() != columns || !take(fields)) {
      return absl::InvalidArgumentError(path + ":" + std::to_string(number) +
                                        ": not a row of this table");
    }
  }
  return absl::OkStatus();
}

struct DivisionRow {
  std::string code, name, until, kind, successors;
};
using DivisionRows = std::map<std::string, std::vector<DivisionRow>>;

// The code that holds the whole territory of a dead one now, or nothing.
std::string OnlySuccessor(const DivisionRows& rows, std::string code) {
  for (int step = 0; step < 10; ++step) {
    const auto found = rows.find(code);
    if (found == rows.end()) return "";
    const DivisionRow& last = found->second.back();
    if (last.until.empty()) return code;
    if (last.successors.empty() || last.successors.find(';') != code.npos) {
      return "";
    }
    code = last.successors;
  }
  return "";
}

std::string LastName(const DivisionRows& rows, const std::string& code) {
  const auto found = rows.find(code);
  return found == rows.end() ? "" : found->second.back().name;
}

void AddCounties(const DivisionRows& rows, Place& place) {
  const std::string province = place.division.substr(0, 2) + "0000";
  place.name = LastName(rows, place.division);
  for (const auto& [code, history] : rows) {
    const DivisionRow& row = history.back();
    const bool county = code.starts_with(place.division.substr(0, 4)) &&
                        !code.ends_with("00") && row.kind.empty() &&
                        row.until.empty();
    if (!county) continue;
    place.counties.push_back(
        {.code = code,
         .name = row.name,
         .path = LastName(rows, province) + place.name + row.name,
         .dead_codes = {}});
  }
  for (const auto& [code, history] : rows) {
    const DivisionRow& row = history.back();
    if (row.until.empty() || !row.kind.empty() || code.ends_with("00")) {
      continue;
    }
    const std::string now = OnlySuccessor(rows, code);
    for (County& county : place.counties) {
      if (county.code == now) county.dead_codes.push_back(code);
    }
  }
}

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

// The people whom the counts of common_names.tsv are of, half of either sex.
constexpr std::uint64_t kRegistered = 1'281'000'000;

// Of ten thousand of one sex, how many have one of the names.
unsigned RateOf(const std::vector<CommonName>& names) {
  std::uint64_t people = 0;
  for (const CommonName& name : names) people += name.weight;
  return static_cast<unsigned>(people * 10'000 / (kRegistered / 2));
}

// Puts a value by its kind into one of several lists.
std::function<bool(const Fields&)> ByKind(
    std::map<std::string, std::vector<std::string>*> lists) {
  return [lists = std::move(lists)](const Fields& row) {
    const auto list = lists.find(row[0]);
    if (list == lists.end()) return false;
    list->second->push_back(row[1]);
    return true;
  };
}

}  // namespace

std::vector<std::string> Characters(const std::string& text) {
  std::vector<std::string> characters;
  for (const char byte : text) {
    const bool continues = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
    if (!continues) characters.emplace_back();
    characters.back() += byte;
  }
  return characters;
}

absl::StatusOr<Data> LoadData(const std::string& folder,
                              const std::string& divisions) {
  Data data;
  DivisionRows rows;
  std::map<std::string, std::vector<std::string>> by_reading;

  const std::pair<std::string, std::function<bool(const Fields&)>> tables[] = {
      {folder + "/surnames.tsv",
       [&](const Fields& row) {
         if (!IsNumber(row[2])) return false;
         data.surnames.push_back(
             {Characters(row[0]), std::strtoull(row[2].c_str(), nullptr, 10)});
         const auto& characters = data.surnames.back().characters;
         if (characters.size() == 1) data.readings[row[0]] = row[1];
         return true;
       }},
      {folder + "/given.tsv",
       [&](const Fields& row) {
         data.readings[row[0]] = row[1];
         by_reading[row[1]].push_back(row[0]);
         auto& list = row[2] == "1"   ? data.given_men
                      : row[2] == "2" ? data.given_women
                                      : data.given_first;
         list.push_back(row[0]);
         return true;
       }},
      {folder + "/common_names.tsv",
       [&](const Fields& row) {
         if (!IsNumber(row[2])) return false;
         const bool has_surname = !row[0].starts_with('*');
         const std::string name = has_surname ? row[0] : row[0].substr(1);
         if (has_surname) data.common_names.insert(name);
         auto& list = row[1] == "1" ? data.common_men : data.common_women;
         list.push_back({Characters(name), has_surname,
                         std::strtoull(row[2].c_str(), nullptr, 10)});
         return true;
       }},
      {folder + "/rare.tsv",
       [&](const Fields& row) {
         if (row[1] != "2") data.rare_men.push_back(row[0]);
         if (row[1] != "1") data.rare_women.push_back(row[0]);
         return true;
       }},
      {folder + "/minority.tsv",
       [&](const Fields& row) {
         (row[1] == "1" ? data.minority_men : data.minority_women)
             .push_back(row[0]);
         return true;
       }},
      {folder + "/variants.tsv",
       [&](const Fields& row) {
         return data.variants.emplace(row[0], row[1]).second;
       }},
      {folder + "/lookalikes.tsv",
       [&](const Fields& row) {
         data.lookalikes[row[0]].push_back(row[1]);
         return true;
       }},
      {folder + "/addresses.tsv", ByKind({{"village", &data.villages},
                                          {"road", &data.roads},
                                          {"estate", &data.estates},
                                          {"town", &data.towns}})},
      {folder + "/employers.tsv", ByKind({{"word", &data.employer_words},
                                          {"trade", &data.employer_trades},
                                          {"form", &data.employer_forms},
                                          {"shop", &data.shops}})},
      {folder + "/places.tsv",
       [&](const Fields& row) {
         if (!IsNumber(row[2])) return false;
         data.places.push_back(
             {.division = row[0],
              .name = {},
              .origin = row[1] == "origin",
              .weight = std::strtoull(row[2].c_str(), nullptr, 10),
              .counties = {}});
         return true;
       }},
      {divisions,
       [&](const Fields& row) {
         rows[row[0]].push_back({row[0], row[1], row[3], row[4], row[5]});
         return true;
       }},
  };
  for (const auto& [path, take] : tables) {
    if (absl::Status status = ReadTable(path, take); !status.ok()) {
      return status;
    }
  }
  data.common_men_rate = RateOf(data.common_men);
  data.common_women_rate = RateOf(data.common_women);
  for (const auto& [reading, characters] : by_reading) {
    for (const std::string& character : characters) {
      for (const std::string& other : characters) {
        if (other != character) data.homophones[character].push_back(other);
      }
    }
  }
  for (Place& place : data.places) {
    AddCounties(rows, place);
    if (place.counties.empty()) {
      return absl::InvalidArgumentError(divisions + " has no county of " +
                                        place.division);
    }
  }
  return data;
}

}  // namespace waystation::population
