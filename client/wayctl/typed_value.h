// SPDX-License-Identifier: Apache-2.0
// A value as somebody types it.
#ifndef WAYSTATION_CLIENT_WAYCTL_TYPED_VALUE_H_
#define WAYSTATION_CLIENT_WAYCTL_TYPED_VALUE_H_

#include <string>

#include "absl/status/statusor.h"
#include "waystation/v1/person.pb.h"

namespace waystation::wayctl {

// What was typed, as one entry of the attribute: a name, a date, a sex, a
// citizen number; anything of several parts as the JSON of its message. USAGE
// where it is none. `attribute` is a field of Person.
absl::StatusOr<v1::Person> TypedValue(const std::string& attribute,
                                      const std::string& text);

}  // namespace waystation::wayctl

#endif  // WAYSTATION_CLIENT_WAYCTL_TYPED_VALUE_H_
