// SPDX-License-Identifier: Apache-2.0
#include "proto/runtime/personal.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <string>

namespace waystation::runtime {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

// What a slip would need does not exist.
static_assert(fmt::is_formattable<std::string>::value);
static_assert(!fmt::is_formattable<Personal<std::string>>::value);
static_assert(!fmt::is_formattable<Personal<int>>::value);
static_assert(Streamable<std::string>);
static_assert(!Streamable<Personal<std::string>>);
static_assert(!std::convertible_to<Personal<std::string>, std::string>);
static_assert(!std::convertible_to<std::string, Personal<std::string>>);

TEST(Personal, KeepsAndComparesItsValue) {
  const Personal<std::string> a("name");
  Personal<std::string> b("name");
  EXPECT_TRUE(a == b);
  EXPECT_EQ(a.Reveal(), "name");
  EXPECT_EQ(std::move(b).Reveal(), "name");
  EXPECT_TRUE(Personal<int>(1) < Personal<int>(2));
}

}  // namespace
}  // namespace waystation::runtime
