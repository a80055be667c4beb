// SPDX-License-Identifier: Apache-2.0
// Answers to the yes/no questions that are declared beside attributes.
#ifndef WAYSTATION_SERVER_DOMAIN_PREDICATES_H_
#define WAYSTATION_SERVER_DOMAIN_PREDICATES_H_

#include <string_view>

#include "proto/codes/date.h"
#include "waystation/v1/registry_service.pb.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace waystation::domain {

// Whether the code can answer the predicate. True of each that person.proto
// declares of persons; a test holds the two against each other. Those about
// businesses are in business.h.
bool IsPredicateKnown(std::string_view predicate);

// The answer from one value of the attribute, on that day. UNSPECIFIED where
// the value does not say.
::waystation::v1::PredicateAnswer::Answer AnswerPredicate(
    std::string_view predicate, const google::protobuf::Message& value,
    codes::Date day);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_PREDICATES_H_
