// SPDX-License-Identifier: Apache-2.0
// Many answers of a clerk in one file: CSV with a heading, or JSON lines.
//
//     id,answer,reason,etag
//     k-m4q6z5...,same,both cards were seen,b7d2...
//     c-k3p7w2...,value=1990-05-05,register seen,a81f...  (with a column
//     attribute)
//     p-17,approve,the file was seen,...
//     {"id": "c-k3p7w2...", "answer": "l-9x...", "reason": "...", "etag":
//     "..."}
#ifndef CLIENT_WAYCTL_ANSWER_FILE_H_
#define CLIENT_WAYCTL_ANSWER_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "waystation/v1/reconciliation_service.pb.h"

namespace waystation::wayctl {

struct Answer {
  // Where it begins in the file, from 1.
  std::size_t line = 0;
  std::string id = {};
  // As written.
  std::string answer = {};
  v1::DecideRequest request = {};
  // Of what waits for a second person, instead; its number is 0 else.
  v1::SettleProposalRequest settle = {};
  // Why the row cannot be sent, else OK.
  absl::Status status = {};
};

// Columns may stand in any order, and others beside them; rows without an
// answer are left out, so that a list can be filled in bit by bit. A row that
// cannot be read is returned with its defect. USAGE where the file as a whole
// is neither of the two.
absl::StatusOr<std::vector<Answer>> ReadAnswers(std::string_view text);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_ANSWER_FILE_H_
