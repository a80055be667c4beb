// SPDX-License-Identifier: Apache-2.0
// What wayctl says, in the reader's language.
#ifndef CLIENT_WAYCTL_LANGUAGE_H_
#define CLIENT_WAYCTL_LANGUAGE_H_

#include "proto/language/language.h"

namespace waystation::wayctl {

using language::Say;
using language::SayEnum;
using language::SayName;
using language::SayReason;

inline bool IsChinese() {
  return language::Current() == errors::Language::kChinese;
}

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_LANGUAGE_H_
