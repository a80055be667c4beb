// SPDX-License-Identifier: Apache-2.0
// Cases between agencies as files in a folder, for an agency that has nothing
// else to answer them with:
//
//     folder := cases/ answers/ outgoing/ results/ done/ rejected/
//               new-case.csv
//
//     cases/     one form for each case that waits for the agency's answer
//     answers/   forms that a clerk filled in, moved or copied here
//     outgoing/  copies of new-case.csv, filled in: cases for other agencies
//     results/   one form for each case of the agency's that was answered
//     done/      forms of answers/ and outgoing/ of which the hub took what
//     they
//                say
//     rejected/  those that cannot be taken, each with a text beside it that
//                names line, field and rule
//
// What the adapter writes appears whole, by a rename. What is put for it is
// taken when it is whole, which its last row says (form.h); until then it
// waits, and so does a name that begins with a dot, a tilde or ".~".
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_SPOOL_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_SPOOL_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "adapters/framework/decoding/charset.h"
#include "adapters/framework/outbox/state.h"

namespace waystation::client {
class Connection;
}
namespace waystation::report::v1 {
class NoticesReport;
}

namespace waystation::adapters {

struct SpoolSetup {
  std::string folder;
  Charset charset = Charset::kGb18030;
};

// Takes what was put there, and puts there what the hub holds for the agency;
// says in `report` what came of it. A crash at any point repeats and doubles
// nothing: a case is sent under a request id that is made of its reference and
// the state folder's key, and whether an answer arrived is asked of the hub. An
// error is the hub's or the disk's, and what was not done waits.
absl::Status TurnOver(State& state, const SpoolSetup& setup,
                      client::Connection& connection, const std::string& agency,
                      report::v1::NoticesReport& report);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_SPOOL_H_
