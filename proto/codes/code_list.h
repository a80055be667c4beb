// SPDX-License-Identifier: Apache-2.0
// Small code lists, each a file under data/ that names its standard. A code
// says nothing without the list it comes from: 50 is a technical school in the
// education list of 1984 and nothing at all in that of 2006. So a list's id
// carries its version ("GB4658:2006") and travels with the code.

#ifndef WAYSTATION_PROTO_CODES_CODE_LIST_H_
#define WAYSTATION_PROTO_CODES_CODE_LIST_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/grade.h"

namespace waystation::codes {

// One row. `parent` is the coarser code that this one refines, or empty.
struct CodeEntry {
  std::string_view code;
  std::string_view parent;
  std::string_view chinese;
  std::string_view english;
};

// A list with its version. Immutable, lives as long as the program,
// thread-safe.
class CodeList {
 public:
  CodeList(std::string_view id, std::string_view standard,
           std::vector<CodeEntry> entries);

  std::string_view id() const { return id_; }              // "GB4658:2006"
  std::string_view standard() const { return standard_; }  // as published
  std::span<const CodeEntry> entries() const { return entries_; }

  // nullptr where the list has no such code.
  const CodeEntry* Find(std::string_view code) const;

  // The entry of which `text` is the Chinese name; nullptr if none.
  const CodeEntry* FindByName(std::string_view text) const;

  // Whether `finer` is `coarser` or stands under it. False for codes that the
  // list lacks.
  bool Refines(std::string_view finer, std::string_view coarser) const;

 private:
  std::string_view id_;
  std::string_view standard_;
  std::vector<CodeEntry> entries_;
};

// Ids of the lists that are compiled in.
inline constexpr std::string_view kSexList = "GB2261.1:2003";
inline constexpr std::string_view kEducation1984 = "GB4658:1984";
inline constexpr std::string_view kEducation2006 = "GB4658:2006";
inline constexpr std::string_view kOccupation1999 = "GB6565:1999";
inline constexpr std::string_view kOccupation2015 = "GB6565:2015";
inline constexpr std::string_view kRegistrationState =
    "waystation:registration";
inline constexpr std::string_view kMovementReason =
    "waystation:movement-reason";
inline constexpr std::string_view kHouseholdKind = "waystation:household-kind";
inline constexpr std::string_view kSocialInsuranceScheme =
    "waystation:social-insurance";
inline constexpr std::string_view kInsuranceState =
    "waystation:insurance-state";
inline constexpr std::string_view kBusinessState = "waystation:business-state";
inline constexpr std::string_view kCertificateKind =
    "waystation:certificate-kind";

// nullptr for an id that is not compiled in.
const CodeList* FindCodeList(std::string_view id);
std::span<const CodeList> AllCodeLists();

// A code of one list as given by a source.
struct ReadCode {
  std::string code;
  Grade grade = Grade::kMissing;
  bool operator==(const ReadCode&) const = default;
};

// Reads a code, or the Chinese name of one, against `list`. OK when the list
// has it; else CODE_UNKNOWN with the trimmed text kept.
ReadCode ParseCode(const CodeList& list, std::string_view given);

}  // namespace waystation::codes

#endif  // WAYSTATION_PROTO_CODES_CODE_LIST_H_
