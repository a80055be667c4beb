// SPDX-License-Identifier: Apache-2.0
// Places in what is done durably, at each of which a test ends the process as
// kill -9 would:
//
//     WAYSTATION_FAILPOINT("commit/written");
//
// Nothing but a test's own code can arm them: no configuration, environment or
// call does, so the programs carry a load and a branch for each, and are what
// was tested. The option WAYSTATION_FAILPOINTS=OFF leaves them out. All that
// are linked in can be listed, so that one which is added is tested as well.
//
// Not for templates and functions that stand in headers.
#ifndef PROTO_FAILPOINT_FAILPOINT_H_
#define PROTO_FAILPOINT_FAILPOINT_H_

#include <atomic>
#include <string>
#include <vector>

namespace waystation::failpoint {

// Called with the name of each that is reached, by whichever thread.
using Observer = void (*)(const char* name);
inline std::atomic<Observer> observer = nullptr;

// Of all that are in the program, each once, sorted.
std::vector<std::string> Names();

}  // namespace waystation::failpoint

#ifdef WAYSTATION_FAILPOINTS
#define WAYSTATION_FAILPOINT(name)                                             \
  do {                                                                         \
    [[gnu::used,                                                               \
      gnu::section(                                                            \
          "waystation_failpoints")]] static const char* waystation_failpoint = \
        (name);                                                                \
    if (const ::waystation::failpoint::Observer waystation_observer =          \
            ::waystation::failpoint::observer.load(std::memory_order_relaxed); \
        waystation_observer != nullptr) {                                      \
      waystation_observer(waystation_failpoint);                               \
    }                                                                          \
  } while (false)
#else
#define WAYSTATION_FAILPOINT(name) static_cast<void>(0)
#endif

#endif  // PROTO_FAILPOINT_FAILPOINT_H_
