// SPDX-License-Identifier: Apache-2.0
// What errors say beside their reason, for people: the rule that a field
// breaks, the cause that a system call gave, what a check found. On the wire
// and in JSON it is English, as it stands in the code that found it; this table
// says the same in the reader's language. A test goes through the sources and
// names each that is not here.
#ifndef WAYSTATION_PROTO_ERRORS_RULE_H_
#define WAYSTATION_PROTO_ERRORS_RULE_H_

#include <span>
#include <string>
#include <string_view>

#include "proto/errors/reason.h"

namespace waystation::errors {

// `rule` in `language`. What stands for $0, $1 and so on in a row of the table
// is said in that language too. A rule that the table lacks, such as the name
// of a standard, comes back as it is.
std::string RuleIn(Language language, std::string_view rule);

// The table: $0, $1 and so on stand for what differs from case to case.
std::span<const Words> Rules();

}  // namespace waystation::errors

#endif  // WAYSTATION_PROTO_ERRORS_RULE_H_
