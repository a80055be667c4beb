// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/name_tables.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/codes/ascii.h"
#include "proto/codes/data.h"
#include "proto/codes/utf8.h"

namespace waystation::codes {
namespace {

// A value for each code point of the two ranges of Chinese characters.
template <typename Value>
class PerCharacter {
 public:
  void Set(char32_t point, Value value) {
    if (const std::size_t at = Index(point); at < values_.size()) {
      values_[at] = value;
    }
  }
  Value Get(char32_t point) const {
    const std::size_t at = Index(point);
    return at < values_.size() ? values_[at] : Value();
  }

 private:
  static constexpr char32_t kFirst = 0x3400;
  static constexpr char32_t kEnd = 0xA000;
  static constexpr char32_t kFirstHigh = 0x20000;
  static constexpr char32_t kEndHigh = 0x323B0;
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  static std::size_t Index(char32_t point) {
    if (point >= kFirst && point < kEnd) return point - kFirst;
    if (point >= kFirstHigh && point < kEndHigh) {
      return point - kFirstHigh + (kEnd - kFirst);
    }
    return kNowhere;
  }

  std::vector<Value> values_ =
      std::vector<Value>(kEnd - kFirst + kEndHigh - kFirstHigh);
};

std::u32string Points(std::string_view text) {
  std::u32string points;
  for (std::size_t i = 0; i < text.size();) {
    points.push_back(NextCodePoint(text, i));
  }
  return points;
}

char32_t FromHex(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

struct Tables {
  std::unordered_map<char32_t, char32_t> standard;
  std::vector<std::string_view> readings = {""};
  PerCharacter<std::uint16_t> reading;
  std::unordered_map<std::u32string, std::string_view> surnames;
  std::set<std::pair<char32_t, char32_t>> look_alikes;
  std::unordered_map<char32_t, char32_t> private_use;

  Tables() {
    for (const std::string_view file : {data::kSimplified, data::kVariants}) {
      for (const auto& row : data::Rows(file)) {
        const char32_t form = Points(row[0]).front();
        for (const char32_t variant : Points(row[1])) standard[variant] = form;
      }
    }
    for (const auto& row : data::Rows(data::kReadings)) {
      const auto id = static_cast<std::uint16_t>(readings.size());
      readings.push_back(row[0]);
      for (const char32_t point : Points(row[1])) reading.Set(point, id);
    }
    for (const auto& row : data::Rows(data::kSurnameReadings)) {
      surnames[Points(row[0])] = row[1];
    }
    for (const auto& row : data::Rows(data::kLookAlikes)) {
      const std::u32string group = Points(row[0]);
      for (const char32_t a : group) {
        for (const char32_t b : group) look_alikes.insert({a, b});
      }
    }
    for (const auto& row : data::Rows(data::kPrivateUse)) {
      private_use[FromHex(row[1])] = FromHex(row[2]);
    }
  }
};

const Tables& All() {
  static const Tables& tables = *new Tables();
  return tables;
}

template <typename Map, typename Key>
typename Map::mapped_type Lookup(const Map& map, const Key& key,
                                 typename Map::mapped_type otherwise) {
  const auto found = map.find(key);
  return found == map.end() ? otherwise : found->second;
}

// The reading with all that is easily confused made one.
std::string Blurred(std::string_view reading) {
  std::string out(reading);
  if (out.size() > 1 && out[1] == 'h') out.erase(1, 1);  // zh, ch, sh
  if (out.starts_with("hu")) out = Join({"w", std::string_view(out).substr(2)});
  if (out == "w") out = "wu";
  if (out.starts_with('n')) out[0] = 'l';
  if (out.ends_with("ang") || out.ends_with("eng") || out.ends_with("ing")) {
    out.pop_back();
  }
  return out;
}

}  // namespace

char32_t StandardForm(char32_t point) {
  return Lookup(All().standard, point, point);
}

std::string_view ReadingOf(char32_t point) {
  const Tables& tables = All();
  return tables.readings[tables.reading.Get(point)];
}

std::string_view SurnameReading(char32_t first) {
  return Lookup(All().surnames, std::u32string(1, first), {});
}

std::string_view SurnameReading(char32_t first, char32_t second) {
  return Lookup(All().surnames, std::u32string{first, second}, {});
}

bool LookAlike(char32_t a, char32_t b) {
  return All().look_alikes.contains({a, b});
}

bool SoundAlike(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && (a == b || Blurred(a) == Blurred(b));
}

char32_t FromPrivateUse(char32_t point) {
  return Lookup(All().private_use, point, 0);
}

}  // namespace waystation::codes
