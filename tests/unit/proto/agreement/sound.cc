// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/proto/agreement/sound.h"

#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"

namespace waystation::agreement {

v1::Agreement AgreementOf(std::string_view text) {
  v1::Agreement agreement;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                            &agreement))
      << text;
  return agreement;
}

v1::Agreement Sound() {
  return AgreementOf(R"pb(
    id: "labor-1"
    version: 1
    recipient_sector: "labor"
    purpose: PURPOSE_SOCIAL_INSURANCE_TRANSFER
    legal_basis { statute: "Decree 663" article: "art. 7" }
    impact_assessment: "PIA-1"
    grants {
      source_sector: "public_security"
      attribute: "birth_date"
      form: FORM_VALUE
    }
    scope: SCOPE_OWN_RECORDS
    valid_from { year: 2026 month: 1 day: 1 }
    valid_until { year: 2026 month: 12 day: 31 }
    retention_days: 365
  )pb");
}

}  // namespace waystation::agreement
