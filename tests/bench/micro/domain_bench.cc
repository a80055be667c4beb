// SPDX-License-Identifier: Apache-2.0
// What does the domain cost per update? One person with three records (the
// police of both places, labor), of which labor sends a new revision with ten
// attributes and another phone. `WholeUpdate` is all of it, as on the way
// through the hub; goal: 15 microseconds. The others say where the time goes.
#include <benchmark/benchmark.h>
#include <google/protobuf/text_format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/domain/agreement.h"
#include "server/domain/apply.h"
#include "server/domain/disclosure.h"
#include "server/domain/link.h"
#include "server/domain/read_update.h"
#include "server/domain/resolve.h"

namespace waystation::domain {
namespace {

constexpr std::int64_t kReceived = 1'773'115'200'000'000;
constexpr codes::Date kToday{std::chrono::year{2026}, std::chrono::month{3},
                             std::chrono::day{10}};
constexpr ReadOptions kOptions{.received_time = kReceived,
                               .profile = codes::CitizenNumberProfile::kDemo};

// Number, name, sex, birth date, household registration, residence, education.
constexpr char kPerson[] = R"pb(
  identifiers { kind: KIND_CITIZEN_NUMBER number: "%NUMBER%" }
  name { full: "欧阳小明" }
  sex { value: SEX_FEMALE }
  birth_date { date { year: 1990 month: 3 day: 7 } }
  household_registration {
    division: "341202"
    kind: KIND_AGRICULTURAL
    address: "安徽省阜阳市颍州区西湖镇东风村 12 号"
  }
  residence {
    division: "320505010003"
    address: "江苏省苏州市虎丘区狮山街道东环路 101 号 3 幢 402 室"
    since { year: 2025 month: 2 day: 17 }
  }
  education { level { value: "31" list: "GB4658:2006" } }
)pb";

constexpr char kWork[] = R"pb(
  contact { phones: "1391234%04d" }
  employment {
    uscc: "91350100M000100Y43"
    employer: "苏州东环精密机械有限公司"
    since { year: 2025 month: 3 day: 1 }
  }
  social_insurance {
    schemes { scheme: SCHEME_PENSION_EMPLOYEE state: STATE_INSURED }
    schemes { scheme: SCHEME_MEDICAL_EMPLOYEE state: STATE_INSURED }
    schemes { scheme: SCHEME_WORK_INJURY state: STATE_INSURED }
    region: "320505"
  }
)pb";

v1::Person PersonOf(std::string text) {
  std::string number = "04120219900307042";
  number += codes::CitizenNumberCheckCharacter(number);
  if (const auto place = text.find("%NUMBER%"); place != std::string::npos) {
    text.replace(place, 8, number);
  }
  v1::Person person;
  if (!google::protobuf::TextFormat::ParseFromString(text, &person)) {
    std::abort();
  }
  return person;
}

// The work of one revision; each has another phone.
std::string WorkOf(std::uint64_t revision) {
  std::array<char, sizeof(kWork) + 8> text;
  std::snprintf(text.data(), text.size(), kWork,
                static_cast<int>(revision % 10'000));
  return text.data();
}

std::string UpdateOf(std::uint64_t revision, const v1::Person& claims) {
  v1::Update update;
  update.set_record_key("0000012345");
  update.set_revision(revision);
  *update.mutable_claims() = claims;
  std::vector<const google::protobuf::FieldDescriptor*> set;
  claims.GetReflection()->ListFields(claims, &set);
  for (const auto* field : set) update.mutable_mask()->add_paths(field->name());
  update.mutable_times()->mutable_recorded_time()->set_seconds(
      1'700'000'000 + static_cast<std::int64_t>(revision));
  update.set_evidence(v1::EVIDENCE_DOCUMENT_SEEN);
  return update.SerializeAsString();
}

void AddGrant(std::string_view from, std::string_view attribute, v1::Form form,
              int digits, v1::Agreement& agreement) {
  v1::Grant& grant = *agreement.add_grants();
  grant.set_source_sector(std::string(from));
  grant.set_attribute(std::string(attribute));
  grant.set_form(form);
  grant.set_partial_digits(digits);
}

// The default set, as far as it speaks of these two sectors.
std::vector<v1::Agreement> Agreements() {
  std::vector<v1::Agreement> agreements(2);
  for (v1::Agreement& agreement : agreements) {
    agreement.set_scope(v1::SCOPE_OWN_RECORDS);
    agreement.mutable_valid_from()->set_year(2020);
    agreement.mutable_valid_from()->set_month(1);
    agreement.mutable_valid_from()->set_day(1);
    *agreement.mutable_valid_until() = agreement.valid_from();
    agreement.mutable_valid_until()->set_year(2030);
    for (const auto* core : {"name", "sex", "birth_date"}) {
      AddGrant("public_security", core, v1::FORM_VALUE, 0, agreement);
    }
  }
  agreements[0].set_recipient_sector("public_security");
  for (const auto* place : {"household_registration", "residence"}) {
    AddGrant("public_security", place, v1::FORM_PARTIAL, 6, agreements[0]);
  }
  agreements[1].set_recipient_sector("labor");
  for (const auto* attribute : {"name", "sex", "birth_date", "employment",
                                "social_insurance", "training"}) {
    AddGrant("labor", attribute, v1::FORM_VALUE, 0, agreements[1]);
  }
  return agreements;
}

// The person before the update: three records and who looks at them.
struct Stage {
  struct Held {
    std::string sector;
    store::StoredRecord record;
  };
  // The hub copies only what an update changes; so does a stage.
  std::array<std::shared_ptr<Held>, 3> held;
  std::shared_ptr<const RuleBook> rules = std::make_shared<RuleBook>();
  std::array<Recipient, 3> recipients;
  std::vector<Permissions> permissions;
  std::array<Uid, 3> uids = {1, 2, 3};

  Stage() {
    const std::array<std::string, 3> agencies = {
        "labor.320500", "public_security.320500", "public_security.341200"};
    const std::vector<v1::Agreement> agreements = Agreements();
    for (std::size_t i = 0; i < held.size(); ++i) {
      held[i] = std::make_shared<Held>();
      held[i]->sector = agencies[i].substr(0, agencies[i].find('.'));
      held[i]->record.set_agency(agencies[i]);
      held[i]->record.set_record_key("0000012345");
      ReadResult read =
          Read(UpdateOf(1, PersonOf(i == 0 ? kPerson + WorkOf(1) : kPerson)),
               kOptions);
      if (!read.ok()) std::abort();
      Apply(read.update, held[i]->record);
      recipients[i] = {agencies[i], held[i]->sector};
      permissions.emplace_back(agreements, recipients[i], kToday);
    }
  }

  std::vector<RecordView> Views() const {
    std::vector<RecordView> views;
    views.reserve(held.size());
    for (std::size_t i = 0; i < held.size(); ++i) {
      views.push_back({i + 1, held[i]->sector, &held[i]->record});
    }
    return views;
  }
  Viewer ViewerOf(std::size_t i) const {
    return {&recipients[i], &permissions[i], std::span(&uids[i], 1)};
  }
  Context AsOfToday() const {
    return {.rules = rules.get(), .decisions = {}, .as_of = kToday};
  }
};

void ReadOne(benchmark::State& state) {
  const std::string bytes = UpdateOf(2, PersonOf(kPerson + WorkOf(2)));
  for (auto _ : state) {
    ReadResult read = Read(bytes, kOptions);
    benchmark::DoNotOptimize(read);
  }
  state.SetLabel(std::to_string(bytes.size()) + " bytes, 10 attributes");
}
BENCHMARK(ReadOne);

void ParseAlone(benchmark::State& state) {
  const std::string bytes = UpdateOf(2, PersonOf(kPerson + WorkOf(2)));
  for (auto _ : state) {
    v1::Update update;
    update.ParseFromString(bytes);
    benchmark::DoNotOptimize(update);
  }
}
BENCHMARK(ParseAlone);

// The record is loaded anew for each update; the copy is not counted.
void ApplyOne(benchmark::State& state) {
  const Stage stage;
  const std::string bytes = UpdateOf(2, PersonOf(kPerson + WorkOf(2)));
  for (auto _ : state) {
    state.PauseTiming();
    std::optional<store::StoredRecord> record = stage.held[0]->record;
    std::optional<ReadResult> read = Read(bytes, kOptions);
    state.ResumeTiming();
    Applied applied = Apply(read->update, *record);
    benchmark::DoNotOptimize(applied);
    state.PauseTiming();
    record.reset();
    read.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(ApplyOne);

void FeaturesOfThree(benchmark::State& state) {
  const Stage stage;
  const auto views = stage.Views();
  for (auto _ : state) {
    for (const RecordView& view : views) {
      LinkFeatures features = FeaturesOf(view);
      benchmark::DoNotOptimize(features);
    }
  }
}
BENCHMARK(FeaturesOfThree);

void PartitionThree(benchmark::State& state) {
  const Stage stage;
  std::vector<LinkFeatures> features;
  for (const RecordView& view : stage.Views()) {
    features.push_back(FeaturesOf(view));
  }
  for (auto _ : state) {
    Partitioned partitioned = Partition({.records = features});
    benchmark::DoNotOptimize(partitioned);
  }
}
BENCHMARK(PartitionThree);

void ClaimsOfThree(benchmark::State& state) {
  const Stage stage;
  const auto views = stage.Views();
  for (auto _ : state) {
    PersonClaims claims(views);
    benchmark::DoNotOptimize(claims);
  }
}
BENCHMARK(ClaimsOfThree);

void ResolveName(benchmark::State& state) {
  const Stage stage;
  const auto views = stage.Views();
  const PersonClaims claims(views);
  for (auto _ : state) {
    auto resolved =
        Resolve(stage.rules->Of(kName), claims.Of(kName), {}, kToday);
    benchmark::DoNotOptimize(resolved);
  }
}
BENCHMARK(ResolveName);

void ViewOfLabor(benchmark::State& state) {
  const Stage stage;
  const auto views = stage.Views();
  const PersonClaims claims(views);
  for (auto _ : state) {
    v1::PersonView view = View(stage.ViewerOf(0), claims, stage.AsOfToday());
    benchmark::DoNotOptimize(view);
  }
}
BENCHMARK(ViewOfLabor);

// Whom to tell of an update; the hub's way with each of three viewers.
std::uint64_t CompareForAll(const Stage& before, const Stage& after,
                            AttributeSet changed) {
  const auto views_before = before.Views();
  const auto views_after = after.Views();
  const PersonClaims claims_before(views_before);
  const PersonClaims claims_after(views_after);
  std::uint64_t told = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const bool submits = i == 0;
    told |=
        Compare(
            {&claims_before, before.ViewerOf(i), before.AsOfToday()},
            {&claims_after, after.ViewerOf(i), after.AsOfToday()}, changed,
            submits ? std::span(&before.uids[0], 1) : std::span<const Uid>(),
            submits ? changed : 0)
            .changed;
  }
  return told;
}

void CompareForThree(benchmark::State& state) {
  const Stage before;
  Stage after = before;
  after.held[0] = std::make_shared<Stage::Held>(*before.held[0]);
  ReadResult read = Read(UpdateOf(2, PersonOf(kPerson + WorkOf(2))), kOptions);
  const Applied applied = Apply(read.update, after.held[0]->record);
  for (auto _ : state) {
    benchmark::DoNotOptimize(CompareForAll(before, after, applied.changed));
  }
  state.SetLabel(std::to_string(std::popcount(applied.changed)) +
                 " attributes changed");
}
BENCHMARK(CompareForThree);

// Read, apply, link, resolve what changed, compare for three viewers.
void WholeUpdate(benchmark::State& state) {
  std::vector<std::string> updates;
  for (std::uint64_t revision = 2; revision < 1'000; ++revision) {
    updates.push_back(UpdateOf(revision, PersonOf(kPerson + WorkOf(revision))));
  }
  const Stage before;
  Stage after = before;
  after.held[0] = std::make_shared<Stage::Held>(*before.held[0]);
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == updates.size()) {
      state.PauseTiming();
      *after.held[0] = *before.held[0];
      next = 0;
      state.ResumeTiming();
    }
    ReadResult read = Read(updates[next++], kOptions);
    const Applied applied = Apply(read.update, after.held[0]->record);
    const auto views = after.Views();
    std::vector<LinkFeatures> features;
    features.reserve(views.size());
    for (const RecordView& view : views) features.push_back(FeaturesOf(view));
    Partitioned partitioned = Partition({.records = features});
    benchmark::DoNotOptimize(partitioned);
    const PersonClaims claims(views);
    ForEachAttribute(applied.changed, [&](AttributeNumber attribute) {
      auto resolved =
          Resolve(after.rules->Of(attribute), claims.Of(attribute), {}, kToday);
      benchmark::DoNotOptimize(resolved);
    });
    benchmark::DoNotOptimize(CompareForAll(before, after, applied.changed));
  }
}
BENCHMARK(WholeUpdate);

}  // namespace
}  // namespace waystation::domain

BENCHMARK_MAIN();
