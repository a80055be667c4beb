// SPDX-License-Identifier: Apache-2.0
// What is handed over, as its sender and its recipient check it, each for
// itself, since the hub sees none of it: a FHIR R4 Bundle of the kind
// `collection` whose resources, and whose elements of those, are a closed list
// for each type. What the list does not name is refused, pictures, documents,
// extensions and marital state among it, so that nothing else travels under a
// type that is allowed.
#ifndef WAYSTATION_PROTO_SEALED_PAYLOAD_H_
#define WAYSTATION_PROTO_SEALED_PAYLOAD_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::sealed {

// Whom it is about.
struct PayloadPatient {
  // Without spaces; empty for a newborn that has none yet.
  std::string name;
  // YYYY-MM-DD, or less of it; empty if it is not said.
  std::string birth_date;
};

struct Payload {
  std::vector<PayloadPatient> patients;
};

// PAYLOAD_NOT_OF_TYPE names the element, such as "entry[2].resource.photo", and
// the rule, and never a value.
absl::StatusOr<Payload> ReadPayload(v1::SealedAttachment::Type type,
                                    std::string_view json);

}  // namespace waystation::sealed

#endif  // WAYSTATION_PROTO_SEALED_PAYLOAD_H_
