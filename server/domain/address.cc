// SPDX-License-Identifier: Apache-2.0
#include "server/domain/address.h"

#include "proto/codes/name.h"
#include "proto/codes/text.h"

namespace waystation::domain {

std::string FoldAddress(std::string_view address) {
  std::string folded = codes::FoldVariants(codes::FoldWidth(address));
  std::erase(folded, ' ');
  return folded;
}

}  // namespace waystation::domain
