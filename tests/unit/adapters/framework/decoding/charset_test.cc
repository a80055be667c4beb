// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/decoding/charset.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unicode/ucnv.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/framework/decoding/gb18030.h"
#include "adapters/framework/decoding/utf16.h"

namespace waystation::adapters {
namespace {

std::string Utf8(char32_t character) {
  char out[4];
  std::size_t size = 0;
  U8_APPEND_UNSAFE(out, size, static_cast<UChar32>(character));
  return {out, size};
}

std::string Decoded(Charset charset, std::string_view bytes) {
  std::string text;
  const auto bad = Decode(charset, bytes, text);
  return bad ? "bad at " + std::to_string(*bad) : text;
}

std::string Encoded(Charset charset, std::string_view text) {
  std::string bytes;
  return Encode(charset, text, bytes) ? "cannot" : bytes;
}

// ICU's own converter: what the profile is pinned to, but for the rows that
// the header names.
class Icu {
 public:
  Icu() {
    UErrorCode error = U_ZERO_ERROR;
    converter_.reset(ucnv_open("gb18030", &error));
    ucnv_setToUCallBack(converter_.get(), UCNV_TO_U_CALLBACK_STOP, nullptr,
                        nullptr, nullptr, &error);
  }
  // The one character that `bytes` spell, or 0.
  char32_t operator()(const std::string& bytes) const {
    UErrorCode error = U_ZERO_ERROR;
    const char* at = bytes.data();
    ucnv_reset(converter_.get());
    const UChar32 character =
        ucnv_getNextUChar(converter_.get(), &at, at + bytes.size(), &error);
    return U_FAILURE(error) || at != bytes.data() + bytes.size()
               ? 0
               : static_cast<char32_t>(character);
  }

 private:
  struct Close {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
  };
  std::unique_ptr<UConverter, Close> converter_;
};

const std::map<std::string, char32_t> kReplaced = {
    {"\xA6\xD9", 0xFE10},  {"\xA6\xDA", 0xFE12},  {"\xA6\xDB", 0xFE11},
    {"\xA6\xDC", 0xFE13},  {"\xA6\xDD", 0xFE14},  {"\xA6\xDE", 0xFE15},
    {"\xA6\xDF", 0xFE16},  {"\xA6\xEC", 0xFE17},  {"\xA6\xED", 0xFE18},
    {"\xA6\xF3", 0xFE19},  {"\xFE\x59", 0x9FB4},  {"\xFE\x61", 0x9FB5},
    {"\xFE\x66", 0x9FB6},  {"\xFE\x67", 0x9FB7},  {"\xFE\x6D", 0x9FB8},
    {"\xFE\x7E", 0x9FB9},  {"\xFE\x90", 0x9FBA},  {"\xFE\xA0", 0x9FBB},
    {"\xFE\x51", 0x20087}, {"\xFE\x52", 0x20089}, {"\xFE\x53", 0x200CC},
    {"\xFE\x6C", 0x215D7}, {"\xFE\x76", 0x2298F}, {"\xFE\x91", 0x241FE},
    {"\xA3\xA0", 0x3000}};

TEST(Gb18030, DecodesEveryTwoByteCodeAsPinned) {
  const Icu icu;
  int codes = 0;
  for (int lead = 0x81; lead <= 0xFE; ++lead) {
    for (int trail = 0x40; trail <= 0xFE; ++trail) {
      if (trail == 0x7F) continue;
      const std::string code = {static_cast<char>(lead),
                                static_cast<char>(trail)};
      const auto replaced = kReplaced.find(code);
      const char32_t want =
          replaced == kReplaced.end() ? icu(code) : replaced->second;
      ASSERT_EQ(Decoded(Charset::kGb18030, code), Utf8(want))
          << std::hex << lead << trail;
      ASSERT_EQ(gb18030::CharacterSize(code), 2U);
      ++codes;
    }
  }
  EXPECT_EQ(codes, 23940);
}

TEST(Gb18030, DecodesEveryFourByteCodeAsIcuDoes) {
  const Icu icu;
  std::string code(4, '\0');
  for (int a = 0x81; a <= 0xFE; ++a) {
    for (int b = 0x30; b <= 0x39; ++b) {
      for (int c = 0x81; c <= 0xFE; ++c) {
        for (int d = 0x30; d <= 0x39; ++d) {
          code = {static_cast<char>(a), static_cast<char>(b),
                  static_cast<char>(c), static_cast<char>(d)};
          const char32_t want = icu(code);
          std::string text;
          const auto bad = Decode(Charset::kGb18030, code, text);
          if (want == 0) {
            ASSERT_EQ(bad, 0U) << std::hex << a << b << c << d;
          } else {
            ASSERT_EQ(text, Utf8(want)) << std::hex << a << b << c << d;
          }
        }
      }
    }
  }
}

TEST(Gb18030, WritesEveryCharacterSoThatItReadsBack) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = Utf8(c);
    const std::string bytes = Encoded(Charset::kGb18030, text);
    ASSERT_NE(bytes, "cannot") << std::hex << static_cast<int>(c);
    const std::string again = Decoded(Charset::kGb18030, bytes);
    // The old code points of the private use area come back as the characters
    // that have since taken their bytes.
    if (again != text) {
      ASSERT_TRUE(kReplaced.contains(bytes)) << std::hex << static_cast<int>(c);
    }
  }
}

TEST(Gb18030, KnownSpellings) {
  const struct {
    std::string_view bytes;
    std::string_view text;
    std::string_view written;  // by gb18030, where it differs
  } cases[] = {
      {"\xFE\x9F", "\u4DAE", ""},
      {"\x82\x30\xB7\x31", "\u36C3", ""},
      {"\x99\x33\xA9\x32", "\U0002CB4E", ""},
      {"\xA1\xA4", "\u00B7", ""},
      {"\x81\x37\x99\x32", "\u2580", ""},
      {"\xFE\x51", "\U00020087", "\x95\x32\x90\x31"},
      {"\x95\x32\x90\x31", "\U00020087", ""},
      {"\x82\x35\x90\x37", "\u9FB4", "\xFE\x59"},
      {"\x84\x31\x82\x36", "\uFE10", "\xA6\xD9"},
      {"\x80", "\u20AC", "\xA2\xE3"},
      {"\xA3\xA0", "\u3000", "\xA1\xA1"},
      {"\xAA\xA1", "\uE000", ""},
  };
  for (const auto& [bytes, text, written] : cases) {
    EXPECT_EQ(Decoded(Charset::kGb18030, bytes), text);
    EXPECT_EQ(Encoded(Charset::kGb18030, text),
              written.empty() ? bytes : written);
    EXPECT_EQ(SpelledAs(Charset::kGb18030, text, bytes), written.empty());
  }
}

TEST(Gb18030, TellsWhereItWouldSpellAnotherWay) {
  for (int lead = 0x81; lead <= 0xFE; ++lead) {
    for (int trail = 0x40; trail <= 0xFE; ++trail) {
      if (trail == 0x7F) continue;
      const std::string code = {'a', static_cast<char>(lead),
                                static_cast<char>(trail)};
      std::string text;
      bool respelled = false;
      ASSERT_EQ(Decode(Charset::kGb18030, code, text, respelled), std::nullopt);
      // By either of the two: GBK spells the euro sign of A2E3 in one byte.
      ASSERT_EQ(respelled, !SpelledAs(Charset::kGb18030, text, code) ||
                               !SpelledAs(Charset::kGbk, text, code))
          << std::hex << lead << trail;
    }
  }
  std::string text;
  bool respelled = false;
  (void)Decode(Charset::kGb18030, "\x80", text, respelled);
  EXPECT_TRUE(respelled);
}

TEST(Gbk, ReadsWhatGb18030ReadsAndWritesTwoBytesOnly) {
  EXPECT_EQ(Decoded(Charset::kGbk, "\xFE\x9F"), "\u4DAE");
  EXPECT_EQ(Decoded(Charset::kGbk, "\x82\x30\xB7\x31"), "\u36C3");
  EXPECT_EQ(Encoded(Charset::kGbk, "\u20AC"), "\x80");
  EXPECT_EQ(Encoded(Charset::kGbk, "\U00020087"), "\xFE\x51");
  std::string bytes = "kept";
  EXPECT_EQ(Encode(Charset::kGbk, "张\u36C3", bytes), U'\u36C3');
  EXPECT_EQ(bytes, "kept");
}

TEST(Gb18030, NamesTheFirstByteThatSpellsNothing) {
  const struct {
    std::string_view bytes;
    std::size_t at;
  } cases[] = {
      {"ab\xD5", 2},                // cut within a character
      {"\xD5\xC5\x82\x30\xB7", 2},  // cut within a character of four bytes
      {"\xD5\xC5\xFF", 2},
      {"\x81\x20", 0},
      {"\x81\x7F", 0},
      {"\x84\x31\xA4\x40", 0},
      {"\x84\x31\xA5\x30", 0},  // in range, unassigned
      {"\xE3\x32\x9A\x36", 0},  // past U+10FFFF
  };
  for (const auto& [bytes, at] : cases) {
    std::string text = "kept";
    EXPECT_EQ(Decode(Charset::kGb18030, bytes, text), at);
    EXPECT_EQ(text, "kept");
  }
}

TEST(Utf8, IsStrict) {
  EXPECT_EQ(Decoded(Charset::kUtf8, "张\U0002CB4E"), "张\U0002CB4E");
  EXPECT_EQ(Decoded(Charset::kUtf8, "ab\xC0\xAF"), "bad at 2");
  EXPECT_EQ(Decoded(Charset::kUtf8, "\xED\xA0\x80"), "bad at 0");
  EXPECT_EQ(Decoded(Charset::kUtf8, "a\xE5\xBC"), "bad at 1");
}

TEST(Utf16, ReadsPairsAndRefusesHalves) {
  EXPECT_EQ(Decoded(Charset::kUtf16Le, std::string_view("a\0\x20\x5F", 4)),
            "a\u5F20");
  EXPECT_EQ(Decoded(Charset::kUtf16Le, "\x40\xD8\x87\xDC"), "\U00020087");
  EXPECT_EQ(Decoded(Charset::kUtf16Le, std::string_view("a\0\x40\xD8", 4)),
            "bad at 2");
  EXPECT_EQ(Decoded(Charset::kUtf16Le, std::string_view("a\0b", 3)),
            "bad at 2");
}

RC_GTEST_PROP(Utf16, KeepsAnyBytes, (const std::vector<std::uint8_t>& units)) {
  const std::string bytes(units.begin(), units.end());
  std::string text;
  const std::size_t taken = utf16::ToBytes(bytes, true, text);
  RC_ASSERT(taken == bytes.size());
  RC_ASSERT(utf16::FromBytes(text) == bytes);
}

RC_GTEST_PROP(Utf16, CanBeReadInPieces,
              (const std::vector<std::uint8_t>& units)) {
  const std::string bytes(units.begin(), units.end());
  std::string whole;
  utf16::ToBytes(bytes, true, whole);
  const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
  std::string pieces;
  const std::size_t taken =
      utf16::ToBytes(std::string_view(bytes).substr(0, cut), false, pieces);
  utf16::ToBytes(std::string_view(bytes).substr(taken), true, pieces);
  RC_ASSERT(pieces == whole);
}

// Any bytes at all: nothing is read past the end, and what decodes is UTF-8
// that encodes to what decodes to it.
RC_GTEST_PROP(Gb18030, TakesAnyBytes, (const std::vector<std::uint8_t>& any)) {
  const std::string bytes(any.begin(), any.end());
  std::string text;
  if (Decode(Charset::kGb18030, bytes, text)) return;
  std::string again;
  RC_ASSERT(!Decode(Charset::kUtf8, text, again));
  RC_ASSERT(Decoded(Charset::kGb18030, Encoded(Charset::kGb18030, text)) ==
            text);
}

}  // namespace
}  // namespace waystation::adapters
