// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/looks.h"

#include <gtest/gtest.h>

namespace waystation::adapters {
namespace {

const FileId kShort{"1.csv", 100, 1};
const FileId kWhole{"1.csv", 200, 2};

TEST(Looks, TakesAFileOnceItStands) {
  Looks looks;
  EXPECT_FALSE(looks.Wants("in/1.csv", kShort));
  looks.End();
  EXPECT_FALSE(looks.Wants("in/1.csv", kWhole)) << "it grew";
  looks.End();
  EXPECT_TRUE(looks.Wants("in/1.csv", kWhole));
}

TEST(Looks, ReadsARefusedFileAgainOnlyWhenItChanged) {
  Looks looks;
  looks.Wants("in/1.csv", kShort);
  looks.Wants("other/1.csv", kShort);
  looks.End();
  EXPECT_TRUE(looks.Wants("in/1.csv", kShort));
  EXPECT_TRUE(looks.Wants("other/1.csv", kShort));
  looks.Refused(0);
  looks.End();
  EXPECT_FALSE(looks.Wants("in/1.csv", kShort));
  EXPECT_TRUE(looks.Wants("other/1.csv", kShort)) << "another file";
  looks.End();
  EXPECT_FALSE(looks.Wants("in/1.csv", kWhole));
  looks.End();
  EXPECT_TRUE(looks.Wants("in/1.csv", kWhole));
}

}  // namespace
}  // namespace waystation::adapters
