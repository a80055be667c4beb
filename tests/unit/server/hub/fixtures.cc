// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/hub/fixtures.h"

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include <algorithm>

#include "google/protobuf/util/time_util.h"
#include "proto/agreement/ceiling.h"
#include "proto/codes/citizen_number.h"

namespace waystation::hub {
namespace {

void SetDay(int year, int month, int day, v1::Date& date) {
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
}

using google::protobuf::util::TimeUtil;

std::string SectorOf(std::string_view agency) {
  return std::string(agency.substr(0, agency.find('.')));
}

std::filesystem::path NewFolderIn(const std::filesystem::path& root) {
  std::string name = root / "waystation-hub-XXXXXX";
  return mkdtemp(name.data());
}

}  // namespace

v1::Agreement DefaultAgreement(const std::string& sector) {
  v1::Agreement agreement;
  std::string id = sector;
  for (char& c : id) c = c == '_' ? '-' : c;
  agreement.set_id(id);
  agreement.set_version(1);
  agreement.set_recipient_sector(sector);
  agreement.set_purpose(PurposeOf(sector));
  agreement.mutable_legal_basis()->set_statute("居住证暂行条例 (Decree 663)");
  agreement.mutable_legal_basis()->set_article("art. 7");
  agreement.set_impact_assessment("TEST-PIA-1");
  agreement.set_scope(v1::SCOPE_OWN_RECORDS);
  SetDay(2024, 1, 1, *agreement.mutable_valid_from());
  SetDay(2034, 12, 31, *agreement.mutable_valid_until());
  agreement.set_retention_days(365);
  for (const agreement::CeilingRow& row : agreement::CompiledRows()) {
    if (row.to != sector || !row.is_default) continue;
    v1::Grant& grant = *agreement.add_grants();
    grant.set_source_sector(std::string(row.from));
    grant.set_attribute(std::string(row.attribute));
    grant.set_form(row.form);
    grant.set_partial_digits(row.digits);
    grant.set_predicate(std::string(row.predicate));
  }
  return agreement;
}

v1::Purpose PurposeOf(std::string_view agency) {
  const std::string sector = SectorOf(agency);
  if (sector == "labor") return v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER;
  if (sector == "health") return v1::PURPOSE_PUBLIC_HEALTH_SERVICE;
  if (sector == "commerce") return v1::PURPOSE_BUSINESS_SERVICE;
  return v1::PURPOSE_RESIDENCE_REGISTRATION;
}

Caller AgencyCaller(std::string_view agency) {
  return {.role = Role::kAgency,
          .agency = std::string(agency),
          .name = {},
          .path = "agency/" + std::string(agency),
          .serial = "01"};
}

Caller ClerkOf(std::string_view agency, std::string_view name) {
  Caller caller = AgencyCaller(agency);
  caller.role = Role::kClerk;
  caller.name = std::string(name);
  caller.path += "/clerk/" + caller.name;
  return caller;
}

Caller OfficeCaller() {
  return {.role = Role::kOffice,
          .agency = {},
          .name = "reconciliation",
          .path = "office/reconciliation",
          .serial = "02"};
}

Caller OfficeClerk(std::string_view name) {
  Caller caller = OfficeCaller();
  caller.name = "reconciliation-" + std::string(name);
  caller.path = "office/" + caller.name;
  return caller;
}

Caller OperatorCaller() {
  return {.role = Role::kOperator,
          .agency = {},
          .name = "op",
          .path = "operator/op",
          .serial = "03"};
}

Caller AuditorCaller() {
  return {.role = Role::kAuditor,
          .agency = {},
          .name = "au",
          .path = "auditor/au",
          .serial = "04"};
}

std::string DemoNumber(std::string_view division, std::string_view birth,
                       int sequence) {
  std::string number = codes::DemoDivision(division) + std::string(birth);
  std::string digits = std::to_string(sequence);
  number += std::string(3 - digits.size(), '0') + digits;
  number += codes::CitizenNumberCheckCharacter(number);
  return number;
}

Say::Say(std::string_view key, uint64_t revision) {
  update_.set_record_key(std::string(key));
  update_.set_revision(revision);
  update_.set_evidence(v1::EVIDENCE_DOCUMENT_SEEN);
}

v1::Person& Say::Claim(std::string_view attribute) {
  const auto& paths = update_.mask().paths();
  if (std::ranges::find(paths, attribute) == paths.end()) {
    update_.mutable_mask()->add_paths(std::string(attribute));
  }
  return *update_.mutable_claims();
}

Say& Say::Number(std::string_view number) {
  v1::Identifier& identifier = *Claim("identifiers").add_identifiers();
  identifier.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
  identifier.set_number(std::string(number));
  return *this;
}

Say& Say::Name(std::string_view name) {
  Claim("name").mutable_name()->set_full(std::string(name));
  return *this;
}

Say& Say::Born(int year, int month, int day) {
  SetDay(year, month, day,
         *Claim("birth_date").mutable_birth_date()->mutable_date());
  return *this;
}

Say& Say::Sex(v1::Sex sex) {
  Claim("sex").mutable_sex()->set_value(sex);
  return *this;
}

Say& Say::Registered(std::string_view division) {
  Claim("household_registration")
      .mutable_household_registration()
      ->set_division(std::string(division));
  return *this;
}

Say& Say::Lives(std::string_view division, std::string_view address) {
  v1::Residence& residence = *Claim("residence").mutable_residence();
  residence.set_division(std::string(division));
  residence.set_address(std::string(address));
  return *this;
}

Say& Say::Works(std::string_view employer, std::string_view uscc) {
  v1::Employment& employment = *Claim("employment").mutable_employment();
  employment.set_employer(std::string(employer));
  employment.set_uscc(std::string(uscc));
  return *this;
}

Say& Say::Insured(v1::SocialInsurance::State state) {
  return InsuredIn(v1::SocialInsurance::SCHEME_MEDICAL_EMPLOYEE, state);
}

Say& Say::InsuredIn(v1::SocialInsurance::Scheme scheme,
                    v1::SocialInsurance::State state) {
  auto& membership =
      *Claim("social_insurance").mutable_social_insurance()->add_schemes();
  membership.set_scheme(scheme);
  membership.set_state(state);
  return *this;
}

Say& Say::Permit(std::string_view number, int until_year, int month, int day) {
  auto& permit = *Claim("residence_permit").mutable_residence_permit();
  permit.set_number(std::string(number));
  SetDay(until_year, month, day, *permit.mutable_valid_until());
  return *this;
}

Say& Say::Card(std::string_view number) {
  Claim("service_card").mutable_service_card()->set_number(std::string(number));
  return *this;
}

Say& Say::Holds(v1::Certificate::Kind kind, std::string_view number,
                int until_year, int month, int day) {
  v1::Certificate& certificate = *Claim("certificates").add_certificates();
  certificate.set_kind(kind);
  certificate.set_number(std::string(number));
  if (until_year != 0) {
    SetDay(until_year, month, day, *certificate.mutable_valid_until());
  }
  return *this;
}

Say& Say::Runs(std::string_view number, v1::Business::State state) {
  v1::Business& business = *Claim("business").add_business();
  business.set_number(std::string(number));
  business.set_role(v1::Business::ROLE_OPERATOR);
  business.set_state(state);
  return *this;
}

Say& Say::Phone(std::string_view phone) {
  Claim("contact").mutable_contact()->add_phones(std::string(phone));
  return *this;
}

Say& Say::Trained(std::string_view course, std::string_view title) {
  v1::Training& training = *Claim("training").add_training();
  training.set_course(std::string(course));
  training.set_title(std::string(title));
  return *this;
}

Say& Say::Recorded(absl::Time time) {
  *update_.mutable_times()->mutable_recorded_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
  return *this;
}

Say& Say::ValidFrom(int year, int month, int day) {
  SetDay(year, month, day, *update_.mutable_times()->mutable_valid_from());
  return *this;
}

Say& Say::TakeBack(std::string_view attribute) {
  Claim(attribute);
  return *this;
}

Say& Say::Retract(v1::RecordRetraction::Reason reason) {
  update_.mutable_retraction()->set_reason(reason);
  return *this;
}

Say& Say::Core(std::string_view number, std::string_view name, int year,
               int month, int day) {
  return Number(number).Name(name).Born(year, month, day);
}

TestHub::TestHub() : TestHub(Setup()) {}

World::World(const std::filesystem::path& root)
    : folder(NewFolderIn(root)),
      keys(Keys::Generate()),
      log_key(*auditlog::Ed25519PrivateKey::Generate()) {}

World::World(const std::filesystem::path& root, const World& other)
    : folder(NewFolderIn(root)), keys(other.keys), log_key(other.log_key) {}

World::~World() { std::filesystem::remove_all(folder); }

TestHub::TestHub(Setup setup)
    : setup_(std::move(setup)),
      own_world_(setup_.world == nullptr
                     ? std::make_unique<World>(testing::TempDir())
                     : nullptr),
      world_(own_world_ == nullptr ? *setup_.world : *own_world_),
      folder_(world_.folder),
      keys_(world_.keys),
      log_key_(world_.log_key),
      now_(absl::ToUnixMicros(absl::FromCivil(
          absl::CivilSecond(2026, 5, 20, 10, 0, 0), absl::UTCTimeZone()))) {
  if (own_world_ == nullptr) return;
  const absl::Status started = TryStart();
  EXPECT_TRUE(started.ok()) << started;
  if (started.ok()) Prepare();
}

TestHub::~TestHub() { Stop(); }

void TestHub::Stop() {
  hub_.reset();
  store_.reset();
  journal_.reset();
  shelf_.reset();
}

void TestHub::Restart() {
  Stop();
  const absl::Status started = TryStart();
  ASSERT_TRUE(started.ok()) << started;
}

absl::Status TestHub::TryStart(std::optional<Restored> restored) {
  BackupParts backups;
  if (setup_.backups) {
    auto shelf = backup::Shelf::Open(
        {.folder = folder_ / "backup", .keys = folder_ / "keys"});
    if (!shelf.ok()) return shelf.status();
    shelf_ = *std::move(shelf);
    auto journal = backup::Journal::Open(folder_ / "journal", Now());
    if (!journal.ok()) return journal.status();
    journal_ = *std::move(journal);
    backups = {.shelf = shelf_.get(),
               .journal = journal_.get(),
               .rebuild = [keys = keys_](backup::ArchiveReader& archive,
                                         const std::string& folder)
                   -> absl::StatusOr<std::unique_ptr<storage::Store>> {
                 const absl::Status made = storage::sqlite::RestoreSqlite(
                     folder, [&] { return archive.Next(); });
                 if (!made.ok()) return made;
                 return storage::sqlite::OpenSqlite(
                     {.folder = folder, .checksum_key = keys.checksum_key()});
               }};
  }
  auto store =
      setup_.open
          ? setup_.open(keys_)
          : storage::sqlite::OpenSqlite({.folder = folder_ / "store",
                                         .checksum_key = keys_.checksum_key(),
                                         .log_bytes = setup_.log_bytes,
                                         .hooks = setup_.hooks});
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  Options options;
  options.log_origin = origin_;
  options.rules = setup_.rules;
  options.second_person = setup_.second_person;
  options.demo_numbers = true;
  options.version = "test";
  options.store = "sqlite";
  options.shared_group = setup_.shared_group;
  options.limits.set_group_updates(setup_.group_updates);
  options.restored = std::move(restored);
  options.tick = setup_.tick;
  options.notice_terms = setup_.notice_terms;
  options.services = setup_.services;
  auto hub = Hub::Start({.store = *store_,
                         .keys = keys_,
                         .log_key = log_key_,
                         .clock =
                             [this] {
                               if (setup_.on_clock) setup_.on_clock();
                               return Now();
                             },
                         .random =
                             [](void* out, size_t size) {
                               RAND_bytes(static_cast<unsigned char*>(out),
                                          static_cast<int>(size));
                             },
                         .backups = std::move(backups)},
                        std::move(options));
  if (!hub.ok()) return hub.status();
  hub_ = *std::move(hub);
  return absl::OkStatus();
}

absl::Status TestHub::TryRestore(const std::string& backup) {
  Stop();
  std::filesystem::remove_all(folder_ / "store");
  const auto shelf = backup::Shelf::Open(
      {.folder = folder_ / "backup", .keys = folder_ / "keys"});
  if (!shelf.ok()) return shelf.status();
  const auto archive = (*shelf)->Read(backup, Now());
  if (!archive.ok()) return archive.status();
  const absl::Status made = storage::sqlite::RestoreSqlite(
      folder_ / "store", [&] { return (*archive)->Next(); });
  if (!made.ok()) return made;
  return TryStart(
      Restored{.backup = backup,
               .hash = std::string(auditlog::AsBytes((*archive)->hash()))});
}

absl::Status TestHub::Put(const v1::Agency& agency) {
  v1::PutAgencyRequest request;
  *request.mutable_agency() = agency;
  return Await<v1::PutAgencyResponse>([&](auto done) {
           hub_->PutAgency(OperatorCaller(), request, std::move(done));
         })
      .status();
}

absl::Status TestHub::Apply(const v1::Agreement& agreement) {
  v1::ApplyAgreementRequest request;
  *request.mutable_agreement() = agreement;
  return Await<v1::ApplyAgreementResponse>([&](auto done) {
           hub_->ApplyAgreement(OperatorCaller(), request, std::move(done));
         })
      .status();
}

absl::Status TestHub::Revoke(std::string_view agreement) {
  v1::RevokeAgreementRequest request;
  request.set_id(std::string(agreement));
  request.set_reason("it is over");
  return Await<v1::RevokeAgreementResponse>([&](auto done) {
           hub_->RevokeAgreement(OperatorCaller(), request, std::move(done));
         })
      .status();
}

void TestHub::Prepare() {
  for (const std::string_view id :
       {kPoliceFuyang, kPoliceSuzhou, kLaborFuyang, kLaborSuzhou, kHealthSuzhou,
        kCommerceSuzhou}) {
    v1::Agency agency;
    agency.set_id(std::string(id));
    agency.set_sector(SectorOf(id));
    agency.set_jurisdiction(std::string(id.substr(id.find('.') + 1, 4)));
    agency.set_unsigned_unary(true);
    agency.set_unsigned_frames(true);
    EXPECT_EQ(Put(agency), absl::OkStatus());
  }
  if (!setup_.agreements) return;
  for (const char* sector :
       {"public_security", "health", "labor", "commerce"}) {
    EXPECT_EQ(Apply(DefaultAgreement(sector)), absl::OkStatus());
  }
}

absl::StatusOr<v1::SubmitRecordsResponse> TestHub::Submit(
    std::string_view agency, const std::vector<Say>& updates,
    bool validate_only) {
  v1::SubmitRecordsRequest request;
  request.set_frame_number(1);
  request.set_validate_only(validate_only);
  for (const Say& update : updates) {
    request.mutable_frame()->add_updates(update.bytes());
  }
  return Await<v1::SubmitRecordsResponse>([&](auto done) {
    hub_->SubmitFrame(AgencyCaller(agency), request, std::move(done));
  });
}

v1::UpdateResult TestHub::Submit(std::string_view agency, const Say& update) {
  const auto answer = Submit(agency, std::vector<Say>{update});
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? answer->results(0) : v1::UpdateResult();
}

absl::StatusOr<v1::GetPersonResponse> TestHub::GetPerson(
    std::string_view agency, const std::string& record_key,
    v1::Purpose purpose) {
  v1::GetPersonRequest request;
  request.set_record_key(record_key);
  request.set_purpose(purpose);
  return Await<v1::GetPersonResponse>([&](auto done) {
    hub_->GetPerson(AgencyCaller(agency), request, std::move(done));
  });
}

absl::StatusOr<v1::MailboxPage> TestHub::Pull(std::string_view agency,
                                              const std::string& token,
                                              int page_size) {
  v1::PullRequest request;
  request.set_page_token(token);
  request.set_page_size(page_size);
  request.set_purpose(PurposeOf(agency));
  const auto answer = Await<v1::PullResponse>([&](auto done) {
    hub_->Pull(AgencyCaller(agency), request, std::move(done));
  });
  if (!answer.ok()) return answer.status();
  return answer->page();
}

absl::StatusOr<v1::GetConflictResponse> TestHub::OnlyConflict() {
  const auto list = hub_->ListConflicts(OfficeCaller(), {});
  if (!list.ok()) return list.status();
  if (list->conflicts_size() != 1) {
    return absl::NotFoundError(std::to_string(list->conflicts_size()) +
                               " conflicts");
  }
  v1::GetConflictRequest request;
  request.set_id(list->conflicts(0).id());
  auto shown = Await<v1::GetConflictResponse>([&](auto done) {
    hub_->GetConflict(OfficeCaller(), request, std::move(done));
  });
  if (shown.ok()) {
    EXPECT_EQ(shown->conflict().etag(), list->conflicts(0).etag());
  }
  return shown;
}

absl::StatusOr<v1::DecideResponse> TestHub::Choose(
    const v1::GetConflictResponse& conflict, std::string_view agency) {
  v1::DecideRequest request;
  request.set_subject(conflict.conflict().id());
  request.set_etag(conflict.conflict().etag());
  request.set_kind(v1::Decision::KIND_CHOOSE_CLAIM);
  request.set_reason("paper file seen");
  for (const v1::ValueGroup& group : conflict.groups()) {
    for (const v1::ClaimView& claim : group.claims()) {
      if (claim.agency() == agency) request.set_claim(claim.id());
    }
  }
  return Decide(request);
}

absl::StatusOr<v1::DecideResponse> TestHub::Decide(v1::DecideRequest request) {
  return Await<v1::DecideResponse>([&](auto done) {
    hub_->Decide(OfficeCaller(), request, std::move(done));
  });
}

absl::StatusOr<v1::UndoDecisionResponse> TestHub::Undo(uint64_t number) {
  v1::UndoDecisionRequest request;
  request.set_number(number);
  request.set_reason("looked again");
  return Await<v1::UndoDecisionResponse>([&](auto done) {
    hub_->UndoDecision(OfficeCaller(), request, std::move(done));
  });
}

std::vector<v1::LoggedEvent> TestHub::Events() {
  v1::ListEventsRequest request;
  request.set_page_size(1000);
  std::vector<v1::LoggedEvent> events;
  for (;;) {
    const auto page = hub_->ListEvents(AuditorCaller(), request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return events;
    events.insert(events.end(), page->events().begin(), page->events().end());
    if (page->next_page_token().empty()) return events;
    request.set_page_token(page->next_page_token());
  }
}

std::vector<v1::AuditEvent> ActsOf(TestHub& test, std::string_view act) {
  std::vector<v1::AuditEvent> events;
  for (const auto& logged : test.Events()) {
    if (logged.event().act() == act) events.push_back(logged.event());
  }
  return events;
}

void SubmitNamesakes(TestHub& test, int records) {
  constexpr int kFrame = 200;
  for (int i = 0; i < records; i += kFrame) {
    std::vector<Say> updates;
    for (int j = i; j < std::min(i + kFrame, records); ++j) {
      updates.push_back(Say("R" + std::to_string(j), 1)
                            .Name("欧阳建国")
                            .Born(1950 + j / 28 % 60, 1 + j % 12, 1 + j % 28));
    }
    ASSERT_TRUE(test.Submit(kPoliceFuyang, updates).ok());
  }
}

std::vector<auditlog::Hash> ParseHashes(
    const google::protobuf::RepeatedPtrField<std::string>& bytes) {
  std::vector<auditlog::Hash> hashes;
  for (const std::string& one : bytes) {
    hashes.push_back(*auditlog::ParseHash(one));
  }
  return hashes;
}

}  // namespace waystation::hub
