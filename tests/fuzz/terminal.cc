// SPDX-License-Identifier: Apache-2.0
// What is shown or logged of text that somebody else wrote: nothing in it moves
// a cursor, changes direction or hides.
#include <string>

#include "proto/codes/text.h"
#include "proto/runtime/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/unsafe_characters.h"

namespace waystation::fuzz {
namespace {

void CheckShown(std::string_view text) {
  const std::string shown = codes::DisplaySafe(text);
  WAYSTATION_HOLDS(codes::IsUtf8(shown));
  WAYSTATION_HOLDS(!HoldsUnsafe(shown));
  WAYSTATION_HOLDS(codes::DisplaySafe(shown) == shown);
  // What is safe as it stands is shown as it stands.
  if (codes::IsUtf8(text) && !HoldsUnsafe(text) && shown != text) {
    WAYSTATION_HOLDS(shown.find("\uFFFD") != std::string::npos);
  }
}

void CheckLogged(const std::string& text) {
  for (const bool json : {false, true}) {
    std::string line;
    const runtime::Log log(
        {.json = json, .sink = [&](std::string_view all) { line = all; }});
    log.warn("{}", text);
    WAYSTATION_HOLDS(line.ends_with('\n'));
    line.pop_back();
    WAYSTATION_HOLDS(codes::IsUtf8(line));
    WAYSTATION_HOLDS(!HoldsUnsafe(line));
  }
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  waystation::fuzz::CheckShown(text);
  waystation::fuzz::CheckLogged(text);
  return 0;
}
