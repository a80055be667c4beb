// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace waystation::adapters {
namespace {

using testing::ElementsAre;

constexpr Dialect kCsv{Charset::kGb18030, ',', true};
constexpr Dialect kCaret{Charset::kGbk, '^', false};

struct Parsed {
  SplitRow row;
  std::vector<std::string> fields;
};

Parsed Parse(const Dialect& dialect, std::string_view text,
             bool at_end = true) {
  Parsed parsed;
  std::vector<Span> spans;
  parsed.row = Split(dialect, text, at_end, spans);
  std::string scratch;
  for (const Span& span : spans) {
    parsed.fields.emplace_back(FieldBytes(text, span, scratch));
  }
  return parsed;
}

TEST(Split, Csv) {
  const struct {
    std::string_view text;
    std::vector<std::string> fields;
    std::size_t size;
    std::size_t size_with_end;
  } cases[] = {
      {"a,b\nc", {"a", "b"}, 3, 4},
      {"a,b\r\nc", {"a", "b"}, 3, 5},
      {"a,b", {"a", "b"}, 3, 3},
      {"a,b\r", {"a", "b"}, 3, 4},
      {"a,\n", {"a", ""}, 2, 3},
      {",,\n", {"", "", ""}, 2, 3},
      {"\n", {""}, 0, 1},
      {R"("a,b",c)", {"a,b", "c"}, 7, 7},
      {R"("a ""b""",c)", {R"(a "b")", "c"}, 11, 11},
      {"\"a\nb\",c\nd", {"a\nb", "c"}, 7, 8},
      {"\"a\r\nb\"\r\nd", {"a\r\nb"}, 6, 8},
      {R"("",b)", {"", "b"}, 4, 4},
      {R"(a"b,c")", {"a\"b", "c\""}, 6, 6},  // within, a quote is a character
      {R"(x,"")", {"x", ""}, 4, 4},
  };
  for (const auto& [text, fields, size, size_with_end] : cases) {
    SCOPED_TRACE(text);
    const Parsed parsed = Parse(kCsv, text);
    EXPECT_EQ(parsed.row.end, SplitRow::End::kRow);
    EXPECT_EQ(parsed.fields, fields);
    EXPECT_EQ(parsed.row.size, size);
    EXPECT_EQ(parsed.row.size_with_end, size_with_end);
  }
}

TEST(Split, BadQuoteIsOfItsFirstLineAlone) {
  const struct {
    std::string_view text;
    std::size_t size;
    std::uint32_t field;
  } cases[] = {
      {"a,\"b\nc,d\n", 4, 2},
      {"a,\"b\" c\nd,e\n", 7, 2},
      {"\"a\nb\" c,d\ne,f\n", 2, 1},
      {"\"a", 2, 1},
  };
  for (const auto& [text, size, field] : cases) {
    SCOPED_TRACE(text);
    const SplitRow row = Parse(kCsv, text).row;
    EXPECT_EQ(row.end, SplitRow::End::kBadQuote);
    EXPECT_EQ(row.size, size);
    EXPECT_EQ(row.field, field);
  }
}

TEST(Split, LooksNoFurtherThanAQuotedFieldMayReach) {
  std::string text = "a,\"b\n";
  text.append(2 * kMaxQuoted, 'x');
  text.append("\"\n");
  const SplitRow row = Parse(kCsv, text).row;
  EXPECT_EQ(row.end, SplitRow::End::kBadQuote);
  EXPECT_EQ(row.size, 4U);
}

TEST(Split, SaysWhenTheRowGoesOn) {
  EXPECT_EQ(Parse(kCsv, "a,b", false).row.end, SplitRow::End::kTooLong);
  EXPECT_EQ(Parse(kCsv, "a,\"b\"", false).row.end, SplitRow::End::kTooLong);
}

// 峖 is 8E5E and 峾 is 8E7C: their second bytes are '^' and '|'.
TEST(Split, KnowsThatADelimiterMayBeHalfACharacter) {
  EXPECT_THAT(Parse(kCaret, "a^\x8E\x5E^b\n").fields,
              ElementsAre("a", "\x8E\x5E", "b"));
  constexpr Dialect pipe{Charset::kGb18030, '|', true};
  EXPECT_THAT(Parse(pipe, "\x8E\x7C|\"\x8E\x7C|\"|b\n").fields,
              ElementsAre("\x8E\x7C", "\x8E\x7C|", "b"));
  constexpr Dialect utf8{Charset::kUtf8, '^', false};
  EXPECT_THAT(Parse(utf8, "张^三\n").fields, ElementsAre("张", "三"));
}

TEST(Split, FourByteCharactersHoldNoDelimiter) {
  EXPECT_THAT(Parse(kCaret, "\x82\x30\xB7\x31^b").fields,
              ElementsAre("\x82\x30\xB7\x31", "b"));
}

TEST(Split, DelimitedTextKnowsNoQuotes) {
  EXPECT_THAT(Parse(kCaret, "\"a^b\"^c\n").fields,
              ElementsAre("\"a", "b\"", "c"));
}

// What AppendField writes, Split reads, whatever the bytes.
RC_GTEST_PROP(Split, ReadsBackWhatWasWritten, ()) {
  const auto dialect =
      *rc::gen::element(kCsv, Dialect{Charset::kUtf8, ';', true},
                        Dialect{Charset::kUtf8, '\t', true});
  const auto fields =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(
          rc::gen::container<std::string>(
              rc::gen::element('a', ',', ';', '"', '\n', '\r', '\x81'))));
  std::string text;
  for (const std::string& field : fields) {
    if (!text.empty() || &field != &fields.front()) {
      text.push_back(dialect.delimiter);
    }
    AppendField(dialect, field, text);
  }
  text.push_back('\n');
  const Parsed parsed = Parse(dialect, text + "behind");
  RC_ASSERT(parsed.row.end == SplitRow::End::kRow);
  RC_ASSERT(parsed.fields == fields);
  RC_ASSERT(parsed.row.size_with_end == text.size());
}

// Any bytes: the parts lie within the text, and every call makes progress.
RC_GTEST_PROP(Split, TakesAnyBytes, (const std::vector<std::uint8_t>& any)) {
  const std::string text(any.begin(), any.end());
  const bool at_end = *rc::gen::arbitrary<bool>();
  RC_PRE(!text.empty());
  for (const Dialect& dialect : {kCsv, kCaret}) {
    std::vector<Span> spans;
    const SplitRow row = Split(dialect, text, at_end, spans);
    if (row.end == SplitRow::End::kTooLong) {
      RC_ASSERT(!at_end);
      continue;
    }
    RC_ASSERT(row.size_with_end > 0U);
    RC_ASSERT(row.size <= row.size_with_end);
    RC_ASSERT(row.size_with_end <= text.size());
    if (row.end != SplitRow::End::kRow) continue;
    for (const Span& span : spans) {
      RC_ASSERT(span.begin + span.size <= row.size);
    }
  }
}

}  // namespace
}  // namespace waystation::adapters
