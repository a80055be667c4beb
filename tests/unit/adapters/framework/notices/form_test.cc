// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/notices/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "adapters/framework/notices/case_form.h"
#include "tests/unit/adapters/support/temp_file.h"

namespace waystation::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ReadForm Read(std::string_view bytes, Charset charset = Charset::kUtf8) {
  const TempFile file(bytes);
  auto form = ReadFormFile(file.path(), charset);
  EXPECT_TRUE(form.ok()) << form.status();
  return *std::move(form);
}

std::vector<std::string> Texts(const ReadForm& form) {
  std::vector<std::string> texts;
  for (const FormRow& row : form.rows) {
    texts.push_back(std::to_string(row.line) + " " + row.field + "=" +
                    row.value);
  }
  return texts;
}

TEST(Form, IsWholeByItsLastRow) {
  const struct {
    std::string_view name;
    std::string_view bytes;
    bool want;
  } cases[] = {
      {"nothing", "", false},
      {"a header", "field,value,explanation\r\n", false},
      {"rows", "field,value\r\nid,n-1\r\n", false},
      {"the last row", "field,value\r\nid,n-1\r\nend,,\r\n", true},
      {"without commas", "field,value\nid,n-1\nend", true},
      {"quoted by a program", "field,value\n\"id\",\"n-1\"\n\"end\",\"\"\n",
       true},
      {"with empty lines behind", "field,value\nid,n-1\nEnd,\n\n\n", true},
      {"its word in a value", "field,value\nid,end\n", false},
      {"its word in a text that is open", "field,value\nnote,\"a\nend\n",
       false},
      {"its word in a text that is closed",
       "field,value\nnote,\"a\nend\"\nend,\n", true},
  };
  for (const auto& [name, bytes, want] : cases) {
    EXPECT_EQ(Read(bytes).is_whole, want) << name;
  }
}

TEST(Form, ReadsWhatAClerkFilledIn) {
  const ReadForm form = Read(
      "field,value,explanation\r\n"
      " Result , found ,\r\n"
      "note,\"one, two\"\"\r\nthree\",\r\n"
      "empty,,to fill in\r\n"
      "id,n-1,\r\n"
      "end,,\r\n");
  EXPECT_THAT(form.problems, IsEmpty());
  EXPECT_THAT(
      Texts(form),
      ElementsAre("2 result=found", "3 note=one, two\"\r\nthree", "6 id=n-1"));
}

TEST(Form, NamesTheLineOfWhatItCannotRead) {
  const ReadForm form = Read(
      "field,value,explanation\n"
      "id,n-1,\n"
      "result,found\n"
      "id,n-2,\n"
      "end,,\n");
  ASSERT_EQ(form.problems.size(), 2U);
  EXPECT_EQ(form.problems[0].line, 3U);
  EXPECT_EQ(form.problems[1].line, 4U);
  EXPECT_EQ(form.problems[1].rule, "stands twice");
  EXPECT_THAT(Read("a,b\nid,n-1\nend,\n").problems[0].rule,
              HasSubstr("a header"));
}

// What another agency wrote is text to a spreadsheet program, too.
TEST(Form, ComputesNothing) {
  for (const std::string_view value :
       {"=1+1", "+86", "-1", "@a", "\tx", "\uFF1D1", "\uFF0B1"}) {
    const std::string bytes =
        WriteForm({{"text", std::string(value)}}, Charset::kUtf8);
    EXPECT_THAT(bytes, HasSubstr("text,'" + std::string(value))) << value;
  }
  EXPECT_THAT(WriteForm({{"text", "a=1"}}, Charset::kUtf8),
              HasSubstr("text,a=1"));
}

TEST(Form, WritesWhatTheCharsetLacksAsAMark) {
  const std::string bytes =
      WriteForm({{"about.name.full", "李\U0001F600"}}, Charset::kGbk);
  const ReadForm form = Read(bytes, Charset::kGbk);
  EXPECT_THAT(Texts(form), ElementsAre("2 about.name.full=李〓"));
}

std::string AnyValue() {
  std::string value;
  const auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "end", "\n", "\"", ",", "李", "〇",
                                    " b", "=", "'", "\r\n"));
  for (const std::string& part : parts) value += part;
  return value;
}

// Whoever writes it, in whatever pieces: until its last row nothing is read of
// it, and then all.
RC_GTEST_PROP(Form, IsReadAsWrittenOrNotAtAll, ()) {
  const Charset charset = *rc::gen::element(Charset::kUtf8, Charset::kGb18030);
  const std::vector<FormRow> rows = {{"id", "n-1"},
                                     {"text", AnyValue(), AnyValue()},
                                     {"note", "x" + AnyValue() + "y"}};
  const std::string bytes = WriteForm(rows, charset);
  const ReadForm whole = Read(bytes, charset);
  RC_ASSERT(whole.is_whole);
  RC_ASSERT(whole.problems.empty());
  RC_ASSERT(whole.rows.back().value == rows.back().value);
  const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() - 7);
  RC_ASSERT(!Read(bytes.substr(0, cut), charset).is_whole);
}

TEST(CaseForm, IsReadBackAsItWasFilledIn) {
  v1::GetNoticeResponse notice;
  notice.mutable_notice()->set_id("n-abc");
  notice.mutable_notice()->set_kind(v1::Notice::KIND_VERIFICATION);
  notice.mutable_notice()->add_attributes("name");
  notice.set_etag("17e5");
  notice.mutable_about()->mutable_person()->mutable_name()->set_full("李一");
  std::vector<FormRow> rows = CaseForm(notice);
  for (FormRow& row : rows) {
    if (row.field == "about.name.full") {
      EXPECT_EQ(row.value, "李一");
    }
    if (row.field == "result") row.value = "found";
    if (row.field == "result.name") row.value = "match";
    if (row.field == "note") row.value = "so";
  }
  const ReadForm form = Read(WriteForm(rows, Charset::kUtf8));
  std::vector<FormProblem> problems;
  const FilledCase filled = ReadCase(form.rows, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(filled.id, "n-abc");
  // As it was, though a spreadsheet program takes 17e5 for a number.
  EXPECT_EQ(filled.version, "17e5");
  EXPECT_EQ(filled.answer.result(), v1::Notice::RESULT_FOUND);
  EXPECT_EQ(filled.answer.fields(0).answer(), v1::FieldAnswer::ANSWER_MATCH);
  EXPECT_EQ(filled.answer.note(), "so");
}

}  // namespace
}  // namespace waystation::adapters
