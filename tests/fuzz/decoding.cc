// SPDX-License-Identifier: Apache-2.0
// Bytes in each charset to text and back, by the pinned profile.
#include <array>
#include <optional>
#include <string>

#include "adapters/framework/decoding/charset.h"
#include "adapters/framework/decoding/gb18030.h"
#include "adapters/framework/decoding/sniff.h"
#include "adapters/framework/decoding/utf16.h"
#include "proto/codes/text.h"
#include "tests/fuzz/fuzz.h"

namespace waystation::fuzz {
namespace {

using adapters::Charset;

// What was decoded is UTF-8, is encoded again, and then decodes to itself; in
// the same bytes, unless they were called another spelling.
void CheckDecoding(Charset charset, std::string_view bytes) {
  std::string text = "kept";
  bool respelled = false;
  const auto bad = adapters::Decode(charset, bytes, text, respelled);
  std::string same = "kept";
  WAYSTATION_HOLDS(adapters::Decode(charset, bytes, same) == bad);
  WAYSTATION_HOLDS(same == text);
  if (bad) {
    WAYSTATION_HOLDS(*bad < bytes.size());
    WAYSTATION_HOLDS(text == "kept");
    // All is well before the place that is named.
    std::string before;
    WAYSTATION_HOLDS(!adapters::Decode(charset, bytes.substr(0, *bad), before));
    return;
  }
  text.erase(0, 4);
  WAYSTATION_HOLDS(codes::IsUtf8(text));
  std::string again;
  const auto unwritable = adapters::Encode(charset, text, again);
  if (unwritable) {
    // GBK is decoded as its superset.
    WAYSTATION_HOLDS(charset == Charset::kGbk && again.empty());
    return;
  }
  WAYSTATION_HOLDS(adapters::SpelledAs(charset, text, bytes) ==
                   (again == bytes));
  WAYSTATION_HOLDS(respelled || again == bytes);
  std::string twice;
  WAYSTATION_HOLDS(!adapters::Decode(charset, again, twice));
  WAYSTATION_HOLDS(twice == text);
}

// Text that is UTF-8 can be written as gb18030, whatever it says.
void CheckEncoding(std::string_view text) {
  if (!codes::IsUtf8(text)) return;
  std::string bytes;
  WAYSTATION_HOLDS(!adapters::Encode(Charset::kGb18030, text, bytes));
  std::string again;
  const auto bad = adapters::Decode(Charset::kGb18030, bytes, again);
  WAYSTATION_HOLDS(!bad);
  // The private use area holds codes that have a character of their own since.
  std::string same_bytes;
  WAYSTATION_HOLDS(!adapters::Encode(Charset::kGb18030, again, same_bytes));
  std::string settled;
  WAYSTATION_HOLDS(!adapters::Decode(Charset::kGb18030, same_bytes, settled));
  WAYSTATION_HOLDS(settled == again);
}

// A character is never cut: its size is what the decoder takes at once.
void CheckCharacters(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = adapters::gb18030::CharacterSize(bytes);
    WAYSTATION_HOLDS(size >= 1 && size <= bytes.size());
    bytes.remove_prefix(size);
  }
}

// UTF-16 comes in parts, and comes back as it was.
void CheckUtf16(std::string_view bytes, std::size_t cut) {
  std::string whole;
  WAYSTATION_HOLDS(adapters::utf16::ToBytes(bytes, /*at_end=*/true, whole) ==
                   bytes.size());
  WAYSTATION_HOLDS(adapters::utf16::FromBytes(whole) == bytes);
  cut = std::min(cut, bytes.size());
  std::string parts;
  const std::size_t taken =
      adapters::utf16::ToBytes(bytes.substr(0, cut), /*at_end=*/false, parts);
  WAYSTATION_HOLDS(taken <= cut);
  WAYSTATION_HOLDS(adapters::utf16::ToBytes(bytes.substr(taken),
                                            /*at_end=*/true,
                                            parts) == bytes.size() - taken);
  WAYSTATION_HOLDS(parts == whole);
}

}  // namespace
}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace waystation::fuzz;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const Charset charset :
       {Charset::kGb18030, Charset::kGbk, Charset::kUtf8, Charset::kUtf16Le}) {
    CheckDecoding(charset, bytes);
    (void)waystation::adapters::SurelyAnother(charset, bytes);
  }
  CheckEncoding(bytes);
  CheckCharacters(bytes);
  CheckUtf16(bytes, size == 0 ? 0 : data[0]);
  (void)waystation::adapters::FindByteOrderMark(bytes);
  (void)waystation::adapters::LooksLikeUtf8(bytes);
  if (waystation::codes::IsUtf8(bytes)) {
    (void)waystation::adapters::LooksMisread(bytes);
  }
  return 0;
}
