// SPDX-License-Identifier: Apache-2.0
#include "proto/codes/phone.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>

#include "tests/unit/proto/codes/csv.h"

namespace waystation::codes {
namespace {

TEST(Phone, ReadsAndGrades) {
  for (const Case& entry : Cases("phone.csv")) {
    SCOPED_TRACE(entry.at("description") + ": " + entry.at("given"));
    const Phone read = ReadPhone(entry.at("given"));
    EXPECT_EQ(read.number, entry.at("number"));
    EXPECT_EQ(GradeName(read.grade), entry.at("grade"));
    const std::string_view kind = read.kind == PhoneKind::kMobile ? "MOBILE"
                                  : read.kind == PhoneKind::kLandline
                                      ? "LANDLINE"
                                      : "";
    EXPECT_EQ(kind, entry.at("kind"));
  }
  EXPECT_EQ(ReadPhone("139\xff").grade, Grade::kUnreadable);
  EXPECT_EQ(ReadPhone("139\n12345678").grade, Grade::kUnreadable);
}

TEST(Phone, IsMasked) {
  EXPECT_EQ(MaskPhone("13912345677"), "139****5677");
  EXPECT_EQ(MaskPhone("0512-65211234"), "0512-****1234");
  EXPECT_EQ(MaskPhone("0558-2211234"), "0558-***1234");
  EXPECT_EQ(MaskPhone("0512-65211234-801"), "0512-****1234");
  EXPECT_EQ(MaskPhone("65211234"), "********");
  EXPECT_EQ(MaskPhone("abc"), "***");
  EXPECT_EQ(MaskPhone(""), "");
}

RC_GTEST_PROP(Phone, NormalisingIsIdempotent, ()) {
  const auto given =
      *rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                      rc::gen::container<std::string>(
                          rc::gen::elementOf(std::string("0123456789-+ ()"))),
                      rc::gen::container<std::string>(
                          rc::gen::elementOf(std::string("0186' -+#x"))));
  const Phone once = ReadPhone(given);
  const Phone again = ReadPhone(once.number);
  RC_ASSERT(again.number == once.number);
  if (once.kind != PhoneKind::kUnknown && once.grade != Grade::kFormat) {
    RC_ASSERT(again == once);
  }
}

}  // namespace
}  // namespace waystation::codes
