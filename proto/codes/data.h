// SPDX-License-Identifier: Apache-2.0
// The files of data/, compiled in. Private to this folder.
//
//     file := comment* header row*     comment: a line that begins with "#"
//     row  := cell ("\t" cell)*        header: the names of the cells

#ifndef WAYSTATION_PROTO_CODES_DATA_H_
#define WAYSTATION_PROTO_CODES_DATA_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace waystation::codes::data {

extern const std::string_view kBusinessState;
extern const std::string_view kCertificateKind;
extern const std::string_view kDivisions;
extern const std::string_view kEducation1984;
extern const std::string_view kEducation2006;
extern const std::string_view kHouseholdKind;
extern const std::string_view kInsuranceState;
extern const std::string_view kLookAlikes;
extern const std::string_view kLunarYears;
extern const std::string_view kMovementReason;
extern const std::string_view kOccupation1999;
extern const std::string_view kOccupation2015;
extern const std::string_view kPrivateUse;
extern const std::string_view kReadings;
extern const std::string_view kRegistrationState;
extern const std::string_view kSex;
extern const std::string_view kSimplified;
extern const std::string_view kSocialInsurance;
extern const std::string_view kSurnameReadings;
extern const std::string_view kVariants;

// The parts between separators: one more than there are separators.
std::vector<std::string_view> Split(std::string_view text, char separator);

// The rows of a file, header left out. Views into `file`.
std::vector<std::vector<std::string_view>> Rows(std::string_view file);

// The value of a comment line "# Key: value", or empty.
std::string_view Remark(std::string_view file, std::string_view key);

// The cell at `index`, or empty where the row is shorter.
inline std::string_view Cell(const std::vector<std::string_view>& row,
                             std::size_t index) {
  return index < row.size() ? row[index] : std::string_view();
}

}  // namespace waystation::codes::data

#endif  // WAYSTATION_PROTO_CODES_DATA_H_
