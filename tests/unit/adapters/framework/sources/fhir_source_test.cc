// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "tests/unit/adapters/support/temp_file.h"

namespace waystation::adapters {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Form = FhirSource::Form;

std::string PatientOf(std::string_view id, std::string_view name = "张三") {
  return absl::StrCat(R"({"resourceType":"Patient","id":")", std::string(id),
                      R"(","name":[{"text":")", std::string(name), "\"}]}");
}

std::string Entry(std::string_view resource) {
  return absl::StrCat(R"({"fullUrl":"urn:x","resource":)",
                      std::string(resource), "}");
}

std::string Bundle(const std::vector<std::string>& entries) {
  std::string text =
      R"({"resourceType":"Bundle","type":"collection","entry":[)";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "\n" : ",\n", entries[i]);
  }
  return text + "\n]}\n";
}

// "number: value|value", "number: DEFECT column", and "REASON place" for what
// ends the file.
std::vector<std::string> Read(std::string_view content,
                              Form form = Form::kBundle) {
  const TempFile file(content);
  auto source = FhirSource::Open(file.path(), form, {"id", "name.text"});
  std::vector<std::string> rows;
  const auto end = [&](const absl::Status& status) {
    std::string text = errors::ReasonOf(status);
    for (const auto& violation : errors::ViolationsOf(status)) {
      absl::StrAppend(&text, " ", violation.field);
    }
    rows.push_back(text);
    return rows;
  };
  if (!source.ok()) return end(source.status());
  for (;;) {
    const auto row = (*source)->Next();
    if (!row.ok()) return end(row.status());
    if (*row == nullptr) return rows;
    std::string text = absl::StrCat((*row)->line, ": ");
    if (const auto& defect = (*row)->defect) {
      text.append(defect->reason).append(" ").append(defect->column);
    }
    for (std::size_t i = 0; i < (*row)->fields.size(); ++i) {
      text.append(i == 0 ? "" : "|").append((*row)->fields[i]);
    }
    rows.push_back(text);
  }
}

TEST(FhirSource, ReadsPatientsOnly) {
  const TempFile file(Bundle(
      {Entry(PatientOf("1")),
       Entry(R"({"resourceType":"Observation","code":{"text":"孕检"}})"),
       Entry(R"({"resourceType":"Condition"})"),
       Entry(R"({"resourceType":"Observation"})"),
       R"({"request":{"method":"DELETE","url":"Patient/7"}})",
       // Wrong, and none of our business.
       Entry(R"({"resourceType":"Observation","a":1,"a":"\ud87e"})"),
       Entry(R"({"resourceType":"王小二"})"), Entry(PatientOf("2", "李四"))}));
  const auto source =
      FhirSource::Open(file.path(), Form::kBundle, {"id", "name.text"});
  ASSERT_TRUE(source.ok());
  const Row* row = *(*source)->Next();
  EXPECT_EQ(row->line, 1U);
  EXPECT_THAT(row->fields, ElementsAre("1", "张三"));
  row = *(*source)->Next();
  EXPECT_EQ(row->line, 8U);
  EXPECT_THAT(row->fields, ElementsAre("2", "李四"));
  EXPECT_EQ(*(*source)->Next(), nullptr);
  const auto kind = [](const char* name) {
    return Source::Kind{"RESOURCE_NOT_READ", name};
  };
  EXPECT_THAT(
      (*source)->passed_over(),
      ElementsAre(Pair(kind(""), 1), Pair(kind("?"), 1),
                  Pair(kind("Condition"), 1), Pair(kind("Observation"), 3)));
  EXPECT_THAT((*source)->columns(), ElementsAre("id", "name.text"));
  EXPECT_EQ((*source)->bytes_read(), (*source)->file_size());
}

TEST(FhirSource, TakesABundleHoweverItIsSpelled) {
  const std::string one = PatientOf("1");
  for (
      const std::string& bundle : std::vector<std::string>{
          R"({"entry":[{"resource":)" + one + R"(}],"resourceType":"Bundle"})",
          "\xEF\xBB\xBF" + Bundle({Entry(one)}),
          " \r\n" + Bundle({Entry(one)}) + "\n\n",
          R"({"resourceType":"Bundle","total":1,"link":[{"url":"]}\""}],)"
          R"("signature":{"data":"{["},"entry" : [ {"search":{"mode":"match"}, )"
          R"("resource" : )" +
              one + R"( } ] , "extension":[] })"}) {
    EXPECT_THAT(Read(bundle), ElementsAre("1: 1|张三")) << bundle;
  }
  for (const std::string& empty :
       std::vector<std::string>{Bundle({}), R"({"resourceType":"Bundle"})"}) {
    EXPECT_THAT(Read(empty), IsEmpty());
  }
}

TEST(FhirSource, OneWrongPatientHarmsOnlyItself) {
  using namespace std::string_literals;
  const std::string deep =
      absl::StrCat(R"({"resourceType":"Patient","id":"d","extension":)",
                   std::string(100'000, '['), std::string(100'000, ']'), "}");
  const struct {
    std::string_view name;
    std::string entry;
    std::string_view want;
  } cases[] = {
      {"half a pair", Entry(PatientOf("x", R"(\ud87e)")), "JSON_SURROGATE "},
      {"a key twice", Entry(R"({"resourceType":"Patient","id":"1","id":"2"})"),
       "JSON_KEY_TWICE id"},
      {"two resources",
       R"({"resource":)" + PatientOf("a") + R"(,"resource":)" + PatientOf("b") +
           "}",
       "JSON_KEY_TWICE resource"},
      {"too deep", Entry(deep), "JSON_DEPTH "},
      {"no comma", Entry(R"({"resourceType":"Patient" "id":"1"})"),
       "JSON_SYNTAX "},
      {"no value", Entry(R"({"resourceType":"Patient","id":})"),
       "JSON_SYNTAX "},
      {"a NUL", Entry(PatientOf("x\0y"s)), "ROW_NUL "},
      {"a NUL that is spelled", Entry(PatientOf("x", R"(a\u0000)")),
       "ROW_NUL name.text"},
      {"no type", Entry(R"({"id":"1"})"), "FHIR_RESOURCE "},
      {"a type that is none", Entry(R"({"resourceType":7,"id":"1"})"),
       "FHIR_RESOURCE "},
      {"no object", Entry("7"), "FHIR_RESOURCE "},
      {"too long", Entry(PatientOf("x", std::string(kMaxRow, 'x'))),
       "ROW_TOO_LONG "},
  };
  for (const auto& [name, entry, want] : cases) {
    EXPECT_THAT(
        Read(Bundle({Entry(PatientOf("1")), entry, Entry(PatientOf("3"))})),
        ElementsAre("1: 1|张三", absl::StrCat("2: ", std::string(want)),
                    "3: 3|张三"))
        << name;
  }
  // What is large and no Patient is passed over like any other.
  EXPECT_THAT(Read(Bundle({Entry(R"({"resourceType":"Binary","data":")" +
                                 std::string(3 * kMaxRow, 'x') + "\"}"),
                           Entry(PatientOf("2"))})),
              ElementsAre("2: 2|张三"));
}

// Bytes that are no UTF-8 are left to whoever decodes the column.
TEST(FhirSource, LeavesBytesAsTheyStand) {
  EXPECT_THAT(Read(Bundle({Entry(PatientOf("1", "\xE5\xBC"))})),
              ElementsAre("1: 1|\xE5\xBC"));
}

TEST(FhirSource, ABrokenBundleSaysWhere) {
  const std::string head = R"({"resourceType":"Bundle","entry":[)"
                           "\n";
  const struct {
    std::string_view name;
    std::string text;
    std::vector<std::string> want;
  } cases[] = {
      {"empty", "", {"FILE_EMPTY"}},
      {"spaces", " \n \n", {"JSON_BROKEN 3:1"}},
      {"a table", "id,name\n1,a\n", {"JSON_BROKEN 1:1"}},
      {"NULs", std::string(3'000'000, '\0'), {"JSON_BROKEN 1:1"}},
      {"a list", "[]", {"JSON_BROKEN 1:1"}},
      {"a Patient", PatientOf("1"), {"FHIR_NO_BUNDLE"}},
      {"nothing said", "{}", {"FHIR_NO_BUNDLE"}},
      {"said at the end",
       R"({"entry":[],"resourceType":"Parameters"})",
       {"FHIR_NO_BUNDLE"}},
      {"cut within an entry",
       head + Entry(PatientOf("1")) + ",\n{\"resource\":{\"id\"",
       {"1: 1|张三", "JSON_BROKEN 3:18"}},
      {"cut between entries",
       head + Entry(PatientOf("1")) + ",\n",
       {"1: 1|张三", "JSON_BROKEN 3:1"}},
      {"cut behind the entries",
       head + Entry(PatientOf("1")) + "]",
       {"1: 1|张三", "JSON_BROKEN 2:95"}},
      {"a bracket that closes another",
       head + R"({"resource":{"a":[1}}})",
       {"JSON_BROKEN 2:20"}},
      {"a line end within a string",
       head + "{\"resource\":{\"a\":\"b\n",
       {"JSON_BROKEN 2:20"}},
      {"no comma", head + "{}{}]}", {"JSON_BROKEN 2:3"}},
      {"two commas", head + "{},,{}]}", {"JSON_BROKEN 2:4"}},
      {"an entry that is none", head + "7]}", {"JSON_BROKEN 2:1"}},
      {"entries that are none",
       R"({"resourceType":"Bundle","entry":{}})",
       {"JSON_BROKEN 1:34"}},
      {"two lists of entries",
       R"({"resourceType":"Bundle","entry":[],"entry":[]})",
       {"JSON_KEY_TWICE entry"}},
      {"more behind it", Bundle({}) + "{}", {"JSON_BROKEN 3:1"}},
      {"no colon", R"({"resourceType" "Bundle"})", {"JSON_BROKEN 1:17"}},
      {"a key without end",
       "{\"" + std::string(1000, 'k'),
       {"JSON_BROKEN 1:2"}},
      {"a word that never ends",
       R"({"resourceType":"Bundle","total":1)",
       {"JSON_BROKEN 1:35"}},
      {"GBK",
       Bundle({Entry(
           PatientOf("1",
                     "\xC5\xB7\xD1\xF4\xD0\xDE\xD4\xB6\xCB\xBE\xC2\xED\xCF"
                     "\xE0\xC8\xE7\xC5\xB7\xD1\xF4"))}),
       {"FILE_CHARSET"}},
  };
  for (const auto& [name, text, want] : cases) {
    EXPECT_EQ(Read(text), want) << name;
  }
}

TEST(FhirSource, ReadsLinesOfResources) {
  const std::string long_one = PatientOf("x", std::string(2 * kMaxRow, 'x'));
  EXPECT_THAT(
      Read(PatientOf("1") + "\r\n\n  \n" + R"({"resourceType":"Group"})" +
               "\n{\"resourceType\":\"Patient\",\"id\":[}\n" + long_one + "\n" +
               "garbage\n" + PatientOf("8") + "\n" + PatientOf("9") + "{}\n" +
               PatientOf("10").substr(0, 40),
           Form::kLines),
      ElementsAre("1: 1|张三", "5: JSON_SYNTAX ", "6: ROW_TOO_LONG ",
                  "7: FHIR_RESOURCE ", "8: 8|张三", "9: JSON_SYNTAX ",
                  "10: JSON_SYNTAX "));
  EXPECT_THAT(Read("", Form::kLines), ElementsAre("FILE_EMPTY"));
  EXPECT_EQ(FhirSource::FormOf("/in/a.ndjson"), Form::kLines);
  EXPECT_EQ(FhirSource::FormOf("/in/a.json"), Form::kBundle);
}

TEST(FhirSource, PatientsBecomeLinesForTheQuarantine) {
  const std::string pretty =
      "{\n  \"resourceType\": \"Patient\",\r\n  \"id\": \"1\",\n"
      "  \"name\": [{\"text\": \"\\ud87e\"}]\n}";
  const TempFile file(Bundle({Entry(pretty), Entry(PatientOf("2"))}));
  auto source =
      FhirSource::Open(file.path(), Form::kBundle, {"id", "name.text"});
  ASSERT_TRUE(source.ok());
  const Row* row = *(*source)->Next();
  ASSERT_TRUE(row->defect);
  std::string sheet = (*source)->OriginalBytes(row->raw) + "\n";
  EXPECT_EQ(sheet,
            "{   \"resourceType\": \"Patient\",    \"id\": \"1\",   \"name\": "
            "[{\"text\": \"\\ud87e\"}] }\n");
  row = *(*source)->Next();
  sheet += (*source)->WantedBytes(*row) + "\n";
  EXPECT_THAT(Read(sheet, Form::kLines),
              ElementsAre("1: JSON_SURROGATE ", "2: 2|张三"));
}

// A Bundle that is cut at any byte: the Patients before the cut are what they
// were, and then it breaks.
TEST(FhirSource, CutAnywhereKeepsThePatientsBefore) {
  const std::string whole = Bundle(
      {Entry(PatientOf("1")), Entry(PatientOf("2")), Entry(PatientOf("3"))});
  for (std::size_t size = 1; size + 2 < whole.size(); ++size) {
    const auto rows = Read(whole.substr(0, size));
    ASSERT_FALSE(rows.empty());
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
      EXPECT_EQ(rows[i], absl::StrCat(i + 1, ": ", i + 1, "|张三"));
    }
    EXPECT_TRUE(rows.back().starts_with("JSON_BROKEN ")) << rows.back();
  }
}

RC_GTEST_PROP(FhirSource, SurvivesAnyBytes, ()) {
  std::string bytes = Bundle({Entry(PatientOf("1")), Entry(PatientOf("2"))});
  const auto changes =
      *rc::gen::container<std::vector<std::pair<std::uint16_t, char>>>(
          rc::gen::arbitrary<std::pair<std::uint16_t, char>>());
  for (const auto& [at, byte] : changes) bytes[at % bytes.size()] = byte;
  RC_ASSERT(Read(bytes).size() <= 3U);
  RC_ASSERT(Read(bytes, Form::kLines).size() <= 20U);
}

// As large as WAYSTATION_LARGE_FILE_MB says, 256 MiB unless told; a tenth of it
// is one resource that nobody reads.
TEST(FhirSource, LargeBundleTakesConstantMemory) {
  const char* asked = std::getenv("WAYSTATION_LARGE_FILE_MB");
  const std::uint64_t bytes = (asked == nullptr ? 256ULL : std::stoull(asked))
                              << 20;
  const TempFile file("");
  std::uint64_t entries = 1;
  {
    std::FILE* out = std::fopen(file.path().c_str(), "wb");
    ASSERT_NE(out, nullptr);
    const auto write = [&](const std::string& text) {
      std::fwrite(text.data(), 1, text.size(), out);
    };
    write(R"({"resourceType":"Bundle","entry":[{"resource":)"
          R"({"resourceType":"Binary","data":")");
    const std::string filler(1 << 20, 'x');
    for (std::uint64_t i = 0; i < bytes / 10; i += filler.size()) write(filler);
    write("\"}}");
    const std::string note(1000, 'n');
    for (std::uint64_t i = 0; i < bytes * 9 / 10; ++entries) {
      const std::string entry = "," + Entry(PatientOf(absl::StrCat(i), note));
      write(entry);
      i += entry.size();
    }
    write("]}");
    std::fclose(out);
  }
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  const long before = peak();
  const auto source = FhirSource::Open(file.path(), Form::kBundle, {"id"});
  ASSERT_TRUE(source.ok()) << source.status();
  std::uint64_t rows = 0;
  for (;; ++rows) {
    const auto row = (*source)->Next();
    ASSERT_TRUE(row.ok()) << row.status();
    if (*row == nullptr) break;
    ASSERT_FALSE((*row)->defect);
  }
  EXPECT_EQ(rows + 1, entries);
  EXPECT_LT(peak() - before, 16 << 10);
}

}  // namespace
}  // namespace waystation::adapters
