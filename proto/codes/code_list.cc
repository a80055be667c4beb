// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/code_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/codes/data.h"
#include "proto/codes/text.h"

namespace waystation::codes {
namespace {

CodeList Load(std::string_view file) {
  std::vector<CodeEntry> entries;
  for (const auto& row : data::Rows(file)) {
    entries.push_back({.code = row[0],
                       .parent = data::Cell(row, 1),
                       .chinese = data::Cell(row, 2),
                       .english = data::Cell(row, 3)});
  }
  return CodeList(data::Remark(file, "List"), data::Remark(file, "Standard"),
                  std::move(entries));
}

}  // namespace

CodeList::CodeList(std::string_view id, std::string_view standard,
                   std::vector<CodeEntry> entries)
    : id_(id), standard_(standard), entries_(std::move(entries)) {}

const CodeEntry* CodeList::Find(std::string_view code) const {
  for (const CodeEntry& entry : entries_) {
    if (entry.code == code) return &entry;
  }
  return nullptr;
}

const CodeEntry* CodeList::FindByName(std::string_view text) const {
  for (const CodeEntry& entry : entries_) {
    if (entry.chinese == text) return &entry;
  }
  return nullptr;
}

bool CodeList::Refines(std::string_view finer, std::string_view coarser) const {
  if (Find(coarser) == nullptr) return false;
  for (const CodeEntry* entry = Find(finer); entry != nullptr;
       entry = Find(entry->parent)) {
    if (entry->code == coarser) return true;
  }
  return false;
}

std::span<const CodeList> AllCodeLists() {
  static const auto& lists = *new std::array<CodeList, 12>{
      Load(data::kSex),
      Load(data::kEducation1984),
      Load(data::kEducation2006),
      Load(data::kOccupation1999),
      Load(data::kOccupation2015),
      Load(data::kRegistrationState),
      Load(data::kMovementReason),
      Load(data::kHouseholdKind),
      Load(data::kSocialInsurance),
      Load(data::kInsuranceState),
      Load(data::kBusinessState),
      Load(data::kCertificateKind),
  };
  return lists;
}

const CodeList* FindCodeList(std::string_view id) {
  for (const CodeList& list : AllCodeLists()) {
    if (list.id() == id) return &list;
  }
  return nullptr;
}

ReadCode ParseCode(const CodeList& list, std::string_view given) {
  Text read = ReadText(given);
  if (read.grade != Grade::kOk) {
    return {.code = {}, .grade = read.grade};
  }
  std::string text = FoldWidth(read.text);
  if (list.Find(text) != nullptr) {
    return {.code = std::move(text), .grade = Grade::kOk};
  }
  // Names are looked up as given: some hold full-width punctuation.
  if (const CodeEntry* entry = list.FindByName(read.text)) {
    return {.code = std::string(entry->code), .grade = Grade::kOk};
  }
  return {.code = std::move(text), .grade = Grade::kCodeUnknown};
}

}  // namespace waystation::codes
