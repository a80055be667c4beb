// SPDX-License-Identifier: Apache-2.0
// Where JSON values end, told by brackets and strings alone, so that a file of
// any size can be cut into values without reading them, and one that is wrong
// inside harms none beside it.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_JSON_SCANNER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_JSON_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation::adapters {

// Values within values, from 1: a Patient takes some eight.
inline constexpr std::size_t kMaxJsonDepth = 64;

// Of one value, whose text may come in parts. In memory that does not grow.
class JsonScanner {
 public:
  enum class State : std::uint8_t {
    kBefore,  // but for spaces nothing came yet
    kInside,
    kDone,
    // A bracket that closes another one, a line end within a string, or no
    // value at all.
    kBroken,
  };

  // Reads on. Returns how many bytes of `text` belong to the value and to the
  // spaces before it; of a broken one, how many stand before the byte at fault.
  std::size_t Read(std::string_view text);

  State state() const { return state_; }
  // The most values within each other; more than kMaxJsonDepth are not told
  // from one more, and their brackets are only counted.
  std::size_t depth() const { return depth_; }

 private:
  void Begin(char c);
  void Open(char closing);
  void Close(char c);

  State state_ = State::kBefore;
  bool in_string_ = false;
  bool escaped_ = false;
  bool is_word_ = false;  // a number, true, false, null
  std::string open_;      // the brackets that are to come
  std::size_t beyond_ = 0;
  std::size_t depth_ = 0;
};

// The members of that name of the object that `text` begins with.
struct JsonMembers {
  std::string_view first;  // its value; empty if there is none
  std::size_t count = 0;
};

// `text` may break off, or be wrong: then it is looked at up to there, and the
// last value is the rest of it. `key` is found as it is spelled, without
// escapes. With `first_only` the search ends at the first.
JsonMembers FindJsonMembers(std::string_view text, std::string_view key,
                            bool first_only);

// The text of a value that is a string without escapes; empty for another.
std::string_view PlainJsonString(std::string_view value);

// Whether every \u of a surrogate in `text` stands beside its other half.
bool SurrogatesArePaired(std::string_view text);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_SOURCES_JSON_SCANNER_H_
