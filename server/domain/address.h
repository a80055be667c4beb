// SPDX-License-Identifier: Apache-2.0
// Addresses of residences as text, as far as they are compared.
#ifndef WAYSTATION_SERVER_DOMAIN_ADDRESS_H_
#define WAYSTATION_SERVER_DOMAIN_ADDRESS_H_

#include <string>
#include <string_view>

namespace waystation::domain {

// Width and variants folded, without spaces: equal where two hands wrote one
// address. Idempotent.
std::string FoldAddress(std::string_view address);

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_ADDRESS_H_
