// SPDX-License-Identifier: Apache-2.0
// Agreements from text, and one with which nothing is wrong.
#ifndef WAYSTATION_TESTS_UNIT_PROTO_AGREEMENT_SOUND_H_
#define WAYSTATION_TESTS_UNIT_PROTO_AGREEMENT_SOUND_H_

#include <string_view>

#include "waystation/v1/agreement.pb.h"

namespace waystation::agreement {

namespace v1 = ::waystation::v1;

// A failure of the test where the text is none.
v1::Agreement AgreementOf(std::string_view text);

v1::Agreement Sound();

}  // namespace waystation::agreement

#endif  // WAYSTATION_TESTS_UNIT_PROTO_AGREEMENT_SOUND_H_
