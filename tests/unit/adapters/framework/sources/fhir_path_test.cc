// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/sources/fhir_path.h"

#include <gtest/gtest.h>

namespace waystation::adapters {
namespace {

TEST(FhirPath, ReadsPaths) {
  const struct {
    std::string_view text;
    FhirPath path;
  } cases[] = {
      {"birthDate", {{}, {"birthDate"}}},
      {"name.text", {{{"name", {}}}, {"text"}}},
      {"name[use=official].family+given",
       {{{"name", {{"use", "official"}}}}, {"family", "given"}}},
      {"identifier[system=urn:oid:2.16.156.10011.1.3].value",
       {{{"identifier", {{"system", "urn:oid:2.16.156.10011.1.3"}}}},
        {"value"}}},
      {"telecom[system=phone][use=mobile].value",
       {{{"telecom", {{"system", "phone"}, {"use", "mobile"}}}}, {"value"}}},
      {"address.extension[url=http://x.cn/a].valueCode",
       {{{"address", {}}, {"extension", {{"url", "http://x.cn/a"}}}},
        {"valueCode"}}},
  };
  for (const auto& [text, path] : cases) {
    SCOPED_TRACE(text);
    const auto read = ParseFhirPath(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, path);
  }
}

TEST(FhirPath, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", ".", "name.", ".text", "name..text", "name[].text",
        "name[use].text", "name[use=].text", "name[use=x", "name[use=x]",
        "name[=x].text", "Observation.code", "name text", "name.text+",
        "name+.text", "姓名", "name[use=x]y.text", "a+b.c"}) {
    EXPECT_FALSE(ParseFhirPath(text)) << text;
  }
}

}  // namespace
}  // namespace waystation::adapters
