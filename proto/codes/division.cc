// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/division.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "proto/codes/ascii.h"
#include "proto/codes/data.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

// The digits of a six-digit code that say something: 32, 3205 or 320505. A
// collective code says no more than the division whose parts it collects.
std::string_view Significant(std::string_view code) {
  if (code.substr(2, 4) == "0000") return code.substr(0, 2);
  if (code.substr(4, 2) == "00") return code.substr(0, 4);
  return code;
}

// Everything that is known of one six-digit code.
struct Entry {
  std::string_view code;
  std::span<const Division> history;
  std::vector<std::string_view> successors =
      {};  // in force now; see Successors()
  std::vector<std::string_view> territory =
      {};  // significant digits in force now

  const Division& last() const { return history.back(); }
};

class Table {
 public:
  Table() {
    for (const auto& row : data::Rows(data::kDivisions)) {
      Division division{.code = row[0], .name = row[1]};
      division.from = static_cast<std::int16_t>(ToInt(row[2]));
      if (!data::Cell(row, 3).empty()) {
        division.until = static_cast<std::int16_t>(ToInt(row[3]));
      }
      division.kind = Kind(data::Cell(row, 4));
      if (const std::string_view codes = data::Cell(row, 5); !codes.empty()) {
        division.successors = data::Split(codes, ';');
      }
      rows_.push_back(std::move(division));
    }
    for (std::size_t begin = 0; begin < rows_.size();) {
      std::size_t end = begin;
      while (end < rows_.size() && rows_[end].code == rows_[begin].code) ++end;
      entries_.push_back(
          {.code = rows_[begin].code, .history = {&rows_[begin], end - begin}});
      codes_.push_back(ToInt(rows_[begin].code));
      begin = end;
    }
    for (std::size_t i = codes_.size(); i-- > 0;) {
      first_[Prefix(codes_[i])] = static_cast<std::uint16_t>(i);
    }
    for (Entry& entry : entries_) entry.successors = Live(entry.last(), 0);
    for (Entry& entry : entries_) entry.territory = Territory(entry);
  }

  std::span<const Division> rows() const { return rows_; }

  // By the first four digits to a run of at most a hundred neighbours.
  const Entry* Find(std::string_view code) const {
    if (code.size() < 6 || !IsDigits(code.substr(0, 6))) return nullptr;
    const int number = ToInt(code.substr(0, 6));
    for (std::size_t i = first_[Prefix(number)]; i < codes_.size(); ++i) {
      if (codes_[i] >= number) {
        return codes_[i] == number ? &entries_[i] : nullptr;
      }
    }
    return nullptr;
  }

 private:
  static constexpr std::uint16_t kNone = 0xFFFF;
  // More steps than any code has ever moved; a longer chain is a circle.
  static constexpr int kMaxSteps = 16;

  static DivisionKind Kind(std::string_view letter) {
    if (letter == "c") return DivisionKind::kCollective;
    if (letter == "s") return DivisionKind::kStatistical;
    if (letter == "u") return DivisionKind::kUnlisted;
    return DivisionKind::kStandard;
  }

  static std::size_t Prefix(int code) {
    return static_cast<std::size_t>(code / 100);
  }

  // The end of the life that `code` led in `year`, or the next after it. A code
  // that was dropped and later given to another division has several lives:
  // 419001 was Yima until 1995 and is Jiyuan since 1997.
  const Division* EndOfLife(std::string_view code, int year) const {
    const Entry* entry = Find(code);
    if (entry == nullptr) return nullptr;
    const Division* end = nullptr;
    for (const Division& row : entry->history) {
      if (end != nullptr && end->until > year && end->until < row.from) break;
      end = &row;
    }
    return end;
  }

  std::vector<std::string_view> Live(const Division& end, int steps) const {
    if (end.is_valid()) return {end.code};
    std::vector<std::string_view> found;
    if (steps < kMaxSteps) {
      for (const std::string_view code : end.successors) {
        if (const Division* next = EndOfLife(code, end.until)) {
          const auto live = Live(*next, steps + 1);
          found.insert(found.end(), live.begin(), live.end());
        }
      }
    }
    return Unique(std::move(found));
  }

  // Needs the successors of all entries.
  std::vector<std::string_view> Territory(const Entry& entry) const {
    const Division& last = entry.last();
    if (last.is_valid()) {
      return {last.kind == DivisionKind::kCollective ? CollectedBy(entry.code)
                                                     : Significant(entry.code)};
    }
    std::vector<std::string_view> found;
    const auto add = [&](const Entry& part) {
      for (const std::string_view code : part.successors) {
        found.push_back(Territory(*Find(code)).front());
      }
    };
    // A dead prefecture with several successors is the sum of what its counties
    // became, which is finer than the prefectures that they went to.
    if (LevelOf(entry.code) == DivisionLevel::kPrefecture &&
        entry.successors.size() != 1) {
      const std::size_t prefix = Prefix(ToInt(entry.code));
      for (std::size_t i = first_[prefix];
           i < codes_.size() && Prefix(codes_[i]) == prefix; ++i) {
        if (entries_[i].last().kind == DivisionKind::kStandard) {
          if (&entries_[i] != &entry) add(entries_[i]);
        }
      }
    }
    if (found.empty()) add(entry);
    if (found.empty()) found.push_back(Significant(entry.code));
    return Unique(std::move(found));
  }

  // 320501 (市辖区) is all districts of 3205; 110100 those of 11; 429000 is
  // 4290.
  static std::string_view CollectedBy(std::string_view code) {
    if (code.substr(4) != "00") return code.substr(0, 4);
    return code.substr(2, 2) == "90" ? code.substr(0, 4) : code.substr(0, 2);
  }

  static std::vector<std::string_view> Unique(
      std::vector<std::string_view> codes) {
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    return codes;
  }

  std::vector<Division> rows_;
  std::vector<Entry> entries_;  // one a code, in order
  std::vector<int> codes_;      // theirs
  std::array<std::uint16_t, 10000> first_ = [] {
    std::array<std::uint16_t, 10000> none{};
    none.fill(kNone);
    return none;
  }();
};

const Table& Divisions() {
  static const Table& table = *new Table();
  return table;
}

// Whether each part of `inner` lies under one of `outer`.
bool Within(std::span<const std::string_view> inner,
            std::span<const std::string_view> outer) {
  return std::all_of(inner.begin(), inner.end(), [&](std::string_view part) {
    return std::any_of(outer.begin(), outer.end(), [&](std::string_view whole) {
      return part.substr(0, whole.size()) == whole;
    });
  });
}

}  // namespace

ReadDivision ParseDivision(std::string_view given) {
  const std::string_view trimmed = Trim(given);
  if (trimmed.empty()) return {};
  std::string code(trimmed);
  if (!IsDigits(code)) {
    if (!IsUtf8(trimmed) || HasControl(trimmed)) {
      return {.code = {}, .grade = Grade::kUnreadable};
    }
    code = FoldWidth(trimmed);
    if (IsPlaceholderWord(code)) {
      return {.code = {}, .grade = Grade::kPlaceholder};
    }
    if (!IsDigits(code)) return {.code = {}, .grade = Grade::kFormat};
  }
  switch (code.size()) {
    case 2:
    case 4:
      code.resize(6, '0');
      break;
    case 6:
    case 9:
    case 12:
      break;
    default:
      return {.code = {}, .grade = Grade::kFormat};
  }
  if (code.find_first_not_of('0') == std::string::npos) {
    return {.code = {}, .grade = Grade::kPlaceholder};
  }
  while (code.size() > 6 && code.ends_with("000")) code.resize(code.size() - 3);
  const Grade grade =
      Divisions().Find(code) != nullptr ? Grade::kOk : Grade::kDivisionUnknown;
  return {.code = std::move(code), .grade = grade};
}

DivisionLevel LevelOf(std::string_view code) {
  if (code.size() > 9) return DivisionLevel::kVillage;
  if (code.size() > 6) return DivisionLevel::kTown;
  switch (Significant(code).size()) {
    case 2:
      return DivisionLevel::kProvince;
    case 4:
      return DivisionLevel::kPrefecture;
    default:
      return DivisionLevel::kCounty;
  }
}

std::span<const Division> DivisionHistory(std::string_view code) {
  const Entry* entry = Divisions().Find(code);
  return entry == nullptr ? std::span<const Division>() : entry->history;
}

const Division* FindDivision(std::string_view code) {
  const Entry* entry = Divisions().Find(code);
  return entry == nullptr ? nullptr : &entry->last();
}

const Division* FindDivision(std::string_view code, int year) {
  for (const Division& division : DivisionHistory(code)) {
    if (division.valid_in(year)) return &division;
  }
  return nullptr;
}

std::span<const Division> AllDivisions() { return Divisions().rows(); }

std::string ParentDivision(std::string_view code) {
  switch (LevelOf(code)) {
    case DivisionLevel::kVillage:
      return std::string(code.substr(0, 9));
    case DivisionLevel::kTown:
      return std::string(code.substr(0, 6));
    case DivisionLevel::kCounty:
      return Join({code.substr(0, 4), "00"});
    case DivisionLevel::kPrefecture:
      return Join({code.substr(0, 2), "0000"});
    case DivisionLevel::kProvince:
      break;
  }
  return {};
}

std::string DivisionPath(std::string_view code) {
  const Division* division = FindDivision(code);
  if (division == nullptr) return {};
  const std::string_view digits = Significant(division->code);
  std::string path;
  for (std::size_t length = 2; length < digits.size(); length += 2) {
    std::string above(digits.substr(0, length));
    above.resize(6, '0');
    const Division* step = FindDivision(above);
    if (step != nullptr && step->kind != DivisionKind::kCollective) {
      path.append(step->name);
    }
  }
  path.append(division->name);
  return path;
}

std::vector<std::string_view> Successors(std::string_view code) {
  const Entry* entry = Divisions().Find(code);
  return entry == nullptr ? std::vector<std::string_view>() : entry->successors;
}

std::string CurrentDivision(std::string_view code) {
  if (code.size() == 6) {
    const Entry* entry = Divisions().Find(code);
    if (entry != nullptr && entry->successors.size() == 1) {
      return std::string(entry->successors.front());
    }
  }
  return std::string(code);
}

bool DivisionRefines(std::string_view finer, std::string_view coarser) {
  if (finer == coarser) return true;
  if (finer.size() < 6 || coarser.size() < 6) return false;
  if (coarser.size() > 6) return finer.starts_with(coarser);
  const Entry* inner = Divisions().Find(finer);
  const Entry* outer = Divisions().Find(coarser);
  // A code that no list knows has no territory but its own digits.
  const std::string_view inner_digits = Significant(finer.substr(0, 6));
  const std::string_view outer_digits = Significant(coarser);
  return Within(
      inner == nullptr ? std::span<const std::string_view>(&inner_digits, 1)
                       : std::span<const std::string_view>(inner->territory),
      outer == nullptr ? std::span<const std::string_view>(&outer_digits, 1)
                       : std::span<const std::string_view>(outer->territory));
}

bool WithinJurisdiction(std::string_view code, std::string_view prefix) {
  if (prefix.empty()) return true;
  if (prefix.size() > 6) return code.starts_with(prefix);
  std::string division(prefix);
  division.resize(6, '0');
  return DivisionRefines(code, division);
}

}  // namespace waystation::codes
