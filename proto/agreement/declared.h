// SPDX-License-Identifier: Apache-2.0
// What person.proto declares beside its attributes, as far as agreements need
// it. Private to this folder.
#ifndef WAYSTATION_PROTO_AGREEMENT_DECLARED_H_
#define WAYSTATION_PROTO_AGREEMENT_DECLARED_H_

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <string>

#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"

namespace waystation::agreement {

// nullptr for what is no field of Person.
inline const google::protobuf::FieldDescriptor* FindAttribute(
    const std::string& name) {
  return v1::Person::descriptor()->FindFieldByName(name);
}

inline bool Declares(const google::protobuf::FieldDescriptor& attribute,
                     const std::string& predicate) {
  const auto& declared =
      attribute.options().GetExtension(v1::attribute).predicates();
  return std::any_of(declared.begin(), declared.end(),
                     [&](const auto& one) { return one.name() == predicate; });
}

}  // namespace waystation::agreement

#endif  // WAYSTATION_PROTO_AGREEMENT_DECLARED_H_
