// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/moving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::storage {
namespace {

constexpr Column kColumns[] = {{"a", Column::Kind::kNumber},
                               {"b", Column::Kind::kBytes},
                               {"c", Column::Kind::kBytes}};
constexpr TableShape kTable{"table", kColumns};

std::string Written(int64_t a, std::string_view b,
                    const std::optional<std::string>& c) {
  RowWriter writer(kTable);
  writer.AddNumber(a);
  writer.AddBytes(b);
  if (c.has_value()) {
    writer.AddBytes(*c);
  } else {
    writer.AddNull();
  }
  return writer.row();
}

TEST(MovedRow, IsATupleOfBinaryCopy) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Written(-2, "xy", std::nullopt),
            "\0\3"
            "\0\0\0\10\377\377\377\377\377\377\377\376"
            "\0\0\0\2xy"
            "\377\377\377\377"sv);
}

RC_GTEST_PROP(MovedRow, ReadsAsItWasWritten, ()) {
  const auto a = *rc::gen::arbitrary<int64_t>();
  const auto b = *rc::gen::arbitrary<std::string>();
  const auto c = *rc::gen::maybe(rc::gen::arbitrary<std::string>());
  const std::optional<std::string> c_or_null =
      c ? std::optional(*c) : std::nullopt;
  const std::string row = Written(a, b, c_or_null);
  RowReader reader(kTable, row);
  RC_ASSERT(reader.Number() == a);
  RC_ASSERT(reader.Bytes() == b);
  const auto read = reader.Bytes();
  RC_ASSERT(read.has_value() == c_or_null.has_value());
  RC_ASSERT(!read.has_value() || *read == *c_or_null);
  RC_ASSERT(reader.ok());
}

TEST(MovedRow, ThatNobodyWroteIsNotOk) {
  const std::string whole = Written(7, "bytes", "more");
  for (size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    RowReader reader(kTable, std::string_view(whole).substr(0, size));
    (void)reader.Number();
    (void)reader.Bytes();
    (void)reader.Bytes();
    EXPECT_FALSE(reader.ok());
  }
  constexpr Column kFewer[] = {{"a", Column::Kind::kNumber}};
  EXPECT_FALSE(RowReader({"table", kFewer}, whole).ok());
  RowReader other(kTable, whole);
  (void)other.Number();
  EXPECT_EQ(other.Number(), std::nullopt);
  EXPECT_FALSE(other.ok());
}

TEST(Tables, AreNamedOnce) {
  std::vector<std::string> names;
  for (const TableShape& table : AllTables()) {
    names.emplace_back(table.name);
    EXPECT_LE(table.key, table.columns.size()) << table.name;
  }
  EXPECT_EQ(names.size(), 19U);
  EXPECT_THAT(names, testing::Contains("record").Times(1));
  EXPECT_EQ(KeyList(AllTables()[3]), "hash, uid");
  EXPECT_EQ(ColumnList(AllTables()[2]), "uid, person, sum");
}

}  // namespace
}  // namespace waystation::storage
