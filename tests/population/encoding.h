// SPDX-License-Identifier: Apache-2.0
// Writing text in the charsets of agencies' systems, by ICU: iconv and Python
// disagree with each other on 50 code points of GB18030.
#ifndef TESTS_POPULATION_ENCODING_H_
#define TESTS_POPULATION_ENCODING_H_

#include <memory>
#include <string>
#include <string_view>

struct UConverter;
struct USet;

namespace waystation::population {

enum class Charset { kUtf8, kGb18030, kGbk };

class Encoder {
 public:
  explicit Encoder(Charset charset);
  ~Encoder();
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;

  // Whether the charset has this UTF-8 character.
  bool Has(const std::string& character) const;

  // Encodes UTF-8 text. What the charset lacks becomes a question mark.
  std::string Encode(std::string_view text) const;

 private:
  Charset charset_;
  std::unique_ptr<UConverter, void (*)(UConverter*)> converter_;
  std::unique_ptr<USet, void (*)(USet*)> characters_;
};

}  // namespace waystation::population

#endif  // TESTS_POPULATION_ENCODING_H_
