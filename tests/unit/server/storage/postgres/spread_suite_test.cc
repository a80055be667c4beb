// SPDX-License-Identifier: Apache-2.0
// A store whose record tables are spread is a store like others.
#include "tests/conformance/postgres_medium.h"
#include "tests/harness/postgres/spread.h"

namespace waystation::conformance {
namespace {

class SpreadMedium final : public PostgresMedium {
 public:
  SpreadMedium() : SpreadMedium(test::PostgresServer::Get().MakeDatabase()) {}

 private:
  explicit SpreadMedium(const std::string& name) : PostgresMedium(name) {
    EXPECT_TRUE(Open().ok());
    EXPECT_TRUE(test::SpreadTables(test::PostgresServer::Get(), name));
  }
};

std::unique_ptr<Medium> MakeSpread() {
  return std::make_unique<SpreadMedium>();
}

INSTANTIATE_TEST_SUITE_P(Spread, Records, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Clerks, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Notices, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Codes, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Commits, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Mailboxes, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Log, testing::Values(&MakeSpread));
INSTANTIATE_TEST_SUITE_P(Spread, Together, testing::Values(&MakeSpread));
// What is under the server is the same, and partitions are no tables to COPY.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Copies);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Damage);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Moves);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Trouble);

}  // namespace
}  // namespace waystation::conformance
