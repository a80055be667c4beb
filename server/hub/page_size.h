// SPDX-License-Identifier: Apache-2.0
// Sizes of pages, alike in all lists.
#ifndef WAYSTATION_SERVER_HUB_PAGE_SIZE_H_
#define WAYSTATION_SERVER_HUB_PAGE_SIZE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "proto/errors/error.h"

namespace waystation::hub {

struct PageSizes {
  size_t usual = 100;
  size_t most = 1000;
};

// The usual size for 0; INVALID_ARGUMENT for a negative one. More than the most
// is cut to it.
inline absl::StatusOr<size_t> PageSize(int32_t asked, PageSizes sizes) {
  if (asked < 0) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "page_size", .rule = "not negative"});
  }
  if (asked == 0) return sizes.usual;
  return std::min(static_cast<size_t>(asked), sizes.most);
}

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_PAGE_SIZE_H_
