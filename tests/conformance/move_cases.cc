// SPDX-License-Identifier: Apache-2.0
// A store that is made of another's rows is that store, and none before all of
// them are there.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/errors/error.h"
#include "server/storage/rows/moving.h"
#include "tests/conformance/contents.h"
#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::Note;
using storage::TableShape;
using testing::IsEmpty;

constexpr char kSource[] = "the hub of this test";

using Rows = std::vector<std::pair<const TableShape*, std::string>>;

Rows RowsOf(const Medium& medium) {
  Rows rows;
  const absl::Status exported =
      medium.Export([&](const TableShape& table, std::string_view row) {
        rows.emplace_back(&table, row);
        return absl::OkStatus();
      });
  EXPECT_EQ(exported, absl::OkStatus());
  return rows;
}

void Put(const Rows& rows, storage::StoreFiller& filler) {
  for (const auto& [table, row] : rows) {
    ASSERT_EQ(filler.Put(*table, row), absl::OkStatus()) << table->name;
  }
}

MATCHER_P(HasReason, reason, "") {
  const absl::Status status = absl::Status(arg.status());
  *result_listener << status;
  return errors::ReasonOf(status) == reason;
}

TEST_P(Moves, GiveEveryRowBesideTheOpenStore) {
  Fill();
  const Rows rows = RowsOf(medium());
  std::vector<std::string> tables;
  for (const auto& [table, row] : rows) {
    if (tables.empty() || tables.back() != table->name) {
      tables.emplace_back(table->name);
    }
  }
  std::vector<std::string> all;
  for (const TableShape& table : storage::AllTables()) {
    all.emplace_back(table.name);
  }
  EXPECT_EQ(tables, all);
  CommitSomething();
  EXPECT_NE(RowsOf(medium()), rows);
}

TEST_P(Moves, EndWhereTheTakerWantsNoMore) {
  Fill();
  int rows = 0;
  EXPECT_EQ(medium().Export([&](const TableShape&, std::string_view) {
    ++rows;
    return absl::CancelledError("enough");
  }),
            absl::CancelledError("enough"));
  EXPECT_EQ(rows, 1);
}

TEST_P(Moves, MakeTheSameStoreAndNoneBefore) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  const Rows rows = RowsOf(medium());
  const std::unique_ptr<Medium> other = medium().Another();
  {
    const auto filler = Take(other->BeginFilling(kSource));
    ASSERT_NE(filler, nullptr);
    Put(rows, *filler);
    ASSERT_EQ(filler->End(), absl::OkStatus());
  }
  EXPECT_THAT(other->Open(), HasReason("MOVE_UNFINISHED"));
  EXPECT_EQ(Take(other->ReadNote(Note::kMovingIn)), kSource);
  ASSERT_EQ(other->RemoveNote(Note::kMovingIn), absl::OkStatus());
  EXPECT_EQ(Take(other->ReadNote(Note::kMovingIn)), std::nullopt);

  const auto made = Take(OpenInTime(*other));
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(Take(ReadContents(*made)), before);
  EXPECT_THAT(Take(made->Check(Unseal)), IsEmpty());
  EXPECT_EQ(RowsOf(*other), rows);
  // Uids go on where they were.
  EXPECT_GE(Take(made->ReserveUids(1)), Take(store().ReserveUids(1)));
}

TEST_P(Moves, AreBegunAnewByWhoBeganThem) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  const Rows rows = RowsOf(medium());
  const std::unique_ptr<Medium> other = medium().Another();
  for (const size_t some : {size_t{0}, rows.size() / 2, rows.size()}) {
    const auto filler = Take(BeginInTime(*other, kSource));
    ASSERT_NE(filler, nullptr);
    Put({rows.begin(), rows.begin() + static_cast<ptrdiff_t>(some)}, *filler);
  }
  EXPECT_THAT(BeginInTime(*other, "another hub"),
              HasReason("FOLDER_NOT_EMPTY"));
  {
    const auto filler = Take(BeginInTime(*other, kSource));
    ASSERT_NE(filler, nullptr);
    Put(rows, *filler);
    ASSERT_EQ(filler->End(), absl::OkStatus());
  }
  ASSERT_EQ(other->RemoveNote(Note::kMovingIn), absl::OkStatus());
  const auto made = Take(OpenInTime(*other));
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(Take(ReadContents(*made)), before);
  EXPECT_THAT(Take(made->Check(Unseal)), IsEmpty());
}

TEST_P(Moves, OverwriteNothing) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  Close();
  EXPECT_THAT(BeginInTime(medium(), kSource), HasReason("FOLDER_NOT_EMPTY"));
  Reopen();
  EXPECT_EQ(Take(ReadContents(store())), before);
}

TEST_P(Moves, KeepHubsOffWhatHasMoved) {
  Fill();
  const Contents before = Take(ReadContents(store()));
  ASSERT_EQ(medium().PutNote(Note::kMovedOut, "to 'somewhere' else"),
            absl::OkStatus());
  Close();
  const auto refused = medium().Open();
  EXPECT_THAT(refused, HasReason("STORE_MOVED"));
  EXPECT_EQ(errors::MetadataOf(refused.status())["rule"],
            "to 'somewhere' else");
  EXPECT_EQ(Take(medium().ReadNote(Note::kMovedOut)), "to 'somewhere' else");
  ASSERT_EQ(medium().RemoveNote(Note::kMovedOut), absl::OkStatus());
  ASSERT_EQ(medium().RemoveNote(Note::kMovedOut), absl::OkStatus());
  Reopen();
  EXPECT_EQ(Take(ReadContents(store())), before);
}

}  // namespace
}  // namespace waystation::conformance
