// SPDX-License-Identifier: Apache-2.0
// Forms that a clerk fills in with a spreadsheet program:
//
//     form := header row* "end" row?       CSV, one field a row
//     row  := field "," value "," explanation
//
// The row `end` is the last: a file without it is still being written, however
// it was put there, and waits. Fields are spelled alike in each language;
// explanations are for people and never read.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_FORM_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_FORM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/framework/decoding/charset.h"

namespace waystation::adapters {

struct FormRow {
  std::string field;
  std::string value;
  std::string explanation = {};
  // Where it stands in a file that was read, the header being line 1.
  std::uint64_t line = 0;
};

// One thing that is wrong with a form.
struct FormProblem {
  std::uint64_t line = 0;
  std::string field;
  std::string rule = {};
  // Of the table in proto/errors, where it was the hub that refused.
  std::string reason = {};
};

// The rows, without `end`, as bytes of a file. What the charset lacks is
// written as 〓. A value that a spreadsheet program would compute (it begins
// with = + - @ or their full-width forms) stands behind an apostrophe: others
// wrote it.
std::string WriteForm(const std::vector<FormRow>& rows, Charset charset);

struct ReadForm {
  // Whether the row `end` is there, and no text is left open; else nothing else
  // is read.
  bool is_whole = false;
  // Those with a value, trimmed.
  std::vector<FormRow> rows;
  std::vector<FormProblem> problems;
};

// FILE_MISSING when it cannot be read.
absl::StatusOr<ReadForm> ReadFormFile(const std::string& path, Charset charset);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_FORM_H_
