// SPDX-License-Identifier: Apache-2.0
// Merge, then updates, then a split: both sides are as if they had never been
// one, with the updates in their place (guarantee 3).
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/server/hub/fixtures.h"
#include "tests/unit/server/hub/stock.h"

namespace waystation::hub {
namespace {

const std::string kNumber = DemoNumber("341202", "19900307", 41);

struct Change {
  bool of_a = false;
  int what = 0;
};

// Number and name are left alone, so that the pair stays a candidate.
Say UpdateOf(const Change& change, uint64_t revision) {
  Say say(change.of_a ? "A" : "B", revision);
  switch (change.what) {
    case 0:
      return say.Lives("320505", "新市路1号");
    case 1:
      return say.Lives("320506", "木渎镇9号");
    case 2:
      return say.Sex(v1::SEX_FEMALE);
    case 3:
      return say.TakeBack("residence");
    default:
      return say.Works("苏州纺织厂");
  }
}

rc::Gen<Change> AnyChange() {
  return rc::gen::exec([] {
    return Change{.of_a = *rc::gen::arbitrary<bool>(),
                  .what = *rc::gen::inRange(0, 5)};
  });
}

// Two records that share a number, and whose names contradict each other.
class Pair {
 public:
  Pair() {
    test_.Submit(kPoliceFuyang, Say("A", 1).Core(kNumber, "王芳", 1990, 3, 7));
    test_.Submit(kPoliceSuzhou,
                 Say("B", 1).Core(kNumber, "赵铁柱", 1990, 3, 7));
  }

  void Submit(const Change& change) {
    const std::string_view agency = change.of_a ? kPoliceFuyang : kPoliceSuzhou;
    test_.Submit(agency, UpdateOf(change, ++revision_));
  }

  v1::DecideResponse Rule(v1::Decision::Kind kind) {
    const auto list = test_.hub().ListCandidates(OfficeCaller(), {});
    RC_ASSERT(list.ok());
    RC_ASSERT(list->candidates_size() == 1);
    v1::DecideRequest request;
    request.set_subject(list->candidates(0).id());
    request.set_etag(list->candidates(0).etag());
    request.set_kind(kind);
    request.set_reason("both cards were seen");
    const auto ruled = test_.Decide(request);
    RC_ASSERT(ruled.ok());
    return *ruled;
  }
  void Undo(uint64_t number) { RC_ASSERT(test_.Undo(number).ok()); }

  uint64_t Persons() { return test_.hub().GetHubStatus()->persons(); }

  // Persons, what stands, and what is open.
  Stock Held() { return StockOf(test_); }

 private:
  TestHub test_;
  uint64_t revision_ = 1;
};

RC_GTEST_PROP(MergeAndSplit, GiveBothSidesBackWithUpdatesInTheirPlace, ()) {
  const auto before =
      *rc::gen::resize(4, rc::gen::container<std::vector<Change>>(AnyChange()));
  const auto meanwhile = *rc::gen::nonEmpty(
      rc::gen::resize(6, rc::gen::container<std::vector<Change>>(AnyChange())));
  const bool splits = *rc::gen::arbitrary<bool>();

  Pair merged;
  Pair apart;
  for (Pair* pair : {&merged, &apart}) {
    for (const Change& change : before) pair->Submit(change);
  }
  const uint64_t same =
      merged.Rule(v1::Decision::KIND_SAME).decision().number();
  RC_ASSERT(merged.Persons() == 1U);
  for (const Change& change : meanwhile) {
    merged.Submit(change);
    apart.Submit(change);
  }
  merged.Undo(same);
  if (splits) {
    merged.Rule(v1::Decision::KIND_DIFFERENT);
    apart.Rule(v1::Decision::KIND_DIFFERENT);
  }
  RC_ASSERT(merged.Persons() == 2U);
  const Stock after = merged.Held();
  const Stock never = apart.Held();
  RC_LOG() << Difference(after, never);
  RC_ASSERT(after == never);
}

}  // namespace
}  // namespace waystation::hub
