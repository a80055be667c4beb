// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/packing.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace waystation::storage {
namespace {

RC_GTEST_PROP(Packing, ComesBackAsItWas,
              (const std::vector<uint64_t>& numbers,
               const std::vector<std::string>& strings)) {
  std::string packed;
  for (const uint64_t number : numbers) PackNumber(number, packed);
  for (const std::string& string : strings) PackBytes(string, packed);
  Unpacker unpacker(packed);
  for (const uint64_t number : numbers) RC_ASSERT(unpacker.Number() == number);
  for (const std::string& string : strings) {
    RC_ASSERT(unpacker.Bytes() == string);
  }
  RC_ASSERT(unpacker.ok());
  RC_ASSERT(!unpacker);
}

TEST(Packing, TakesSevenBitsAByte) {
  const struct {
    uint64_t number;
    size_t size;
  } cases[] = {{0, 1},      {127, 1},
               {128, 2},    {16'383, 2},
               {16'384, 3}, {std::numeric_limits<uint64_t>::max(), 10}};
  for (const auto& [number, size] : cases) {
    std::string packed;
    PackNumber(number, packed);
    EXPECT_EQ(packed.size(), size) << number;
    EXPECT_EQ(Unpacker(packed).Number(), number);
  }
}

RC_GTEST_PROP(Packing, NoticesWhatNobodyPacked, (const std::string& bytes)) {
  Unpacker unpacker(bytes);
  // Each step takes at least a byte or is the last.
  size_t steps = 0;
  while (unpacker) {
    (void)unpacker.Number();
    (void)unpacker.Bytes();
    (void)unpacker.Array<3>();
    RC_ASSERT(++steps <= bytes.size() + 1);
  }
}

TEST(Packing, AnswersZerosPastTheEnd) {
  std::string packed;
  PackBytes("four", packed);
  Unpacker cut(std::string_view(packed).substr(0, 3));
  EXPECT_EQ(cut.Bytes(), "");
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ((cut.Array<2>()), (std::array<uint8_t, 2>{}));

  Unpacker unfinished("\xff");
  EXPECT_EQ(unfinished.Number(), 0);
  EXPECT_FALSE(unfinished.ok());

  Unpacker endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(endless.Number(), 0);
  EXPECT_FALSE(endless.ok());
}

}  // namespace
}  // namespace waystation::storage
