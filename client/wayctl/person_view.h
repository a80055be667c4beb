// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_WAYCTL_PERSON_VIEW_H_
#define CLIENT_WAYCTL_PERSON_VIEW_H_

#include "client/wayctl/output.h"
#include "client/wayctl/surroundings.h"

namespace waystation::v1 {
class PersonView;
}  // namespace waystation::v1

namespace waystation::wayctl {

// What one recipient may know of one person: each attribute with its value,
// where it came from and why it stands.
Sheet PersonSheet(const v1::PersonView& view, const Surroundings& surroundings);

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_PERSON_VIEW_H_
