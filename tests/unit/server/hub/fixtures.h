// SPDX-License-Identifier: Apache-2.0
// A real hub on a real store in a temporary folder, with a clock that stands
// still until it is told, and people who do not exist.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_HUB_FIXTURES_H_
#define WAYSTATION_TESTS_UNIT_SERVER_HUB_FIXTURES_H_

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/hash.h"
#include "server/backup/journal.h"
#include "server/backup/shelf.h"
#include "server/domain/rules.h"
#include "server/hub/hub.h"
#include "server/hub/keys.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/sqlite/vfs.h"

namespace waystation::hub {

namespace v1 = ::waystation::v1;

inline constexpr std::string_view kPoliceFuyang = "public_security.341200";
inline constexpr std::string_view kPoliceSuzhou = "public_security.320500";
inline constexpr std::string_view kLaborFuyang = "labor.341200";
inline constexpr std::string_view kLaborSuzhou = "labor.320500";
inline constexpr std::string_view kHealthSuzhou = "health.320500";
inline constexpr std::string_view kCommerceSuzhou = "commerce.320500";

Caller AgencyCaller(std::string_view agency);
// A clerk of an agency.
Caller ClerkOf(std::string_view agency, std::string_view name);
Caller OfficeCaller();
// A clerk of the reconciliation office.
Caller OfficeClerk(std::string_view name);
Caller OperatorCaller();
Caller AuditorCaller();

// A demo number with a right check character: division 0xxxxx.
std::string DemoNumber(std::string_view division, std::string_view birth,
                       int sequence);

// An update in the making; what is set is claimed.
class Say {
 public:
  Say(std::string_view key, uint64_t revision);

  Say& Number(std::string_view number);
  Say& Name(std::string_view name);
  Say& Born(int year, int month, int day);
  Say& Sex(v1::Sex sex);
  // The household registration.
  Say& Registered(std::string_view division);
  Say& Lives(std::string_view division, std::string_view address = {});
  Say& Works(std::string_view employer, std::string_view uscc = {});
  Say& Insured(v1::SocialInsurance::State state);
  Say& Runs(std::string_view number, v1::Business::State state);
  Say& Phone(std::string_view phone);
  Say& Trained(std::string_view course, std::string_view title);
  Say& InsuredIn(v1::SocialInsurance::Scheme scheme,
                 v1::SocialInsurance::State state);
  Say& Permit(std::string_view number, int until_year, int month, int day);
  Say& Card(std::string_view number);
  // A certificate, without an end unless a year is given.
  Say& Holds(v1::Certificate::Kind kind, std::string_view number,
             int until_year = 0, int month = 0, int day = 0);
  Say& Recorded(absl::Time time);
  Say& ValidFrom(int year, int month, int day);
  Say& TakeBack(std::string_view attribute);
  Say& Retract(v1::RecordRetraction::Reason reason);
  // Number, name, birth date: what opens the scope of own records.
  Say& Core(std::string_view number, std::string_view name, int year, int month,
            int day);

  const v1::Update& update() const { return update_; }
  std::string bytes() const { return update_.SerializeAsString(); }

 private:
  v1::Person& Claim(std::string_view attribute);
  v1::Update update_;
};

// Everything of the ceiling's default set for one receiving sector.
v1::Agreement DefaultAgreement(const std::string& sector);

// Waits for what a hub calls back with.
template <typename T>
absl::StatusOr<T> Await(
    const std::function<void(std::function<void(absl::StatusOr<T>)>)>& call) {
  std::promise<absl::StatusOr<T>> promise;
  call([&](absl::StatusOr<T> result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

// A hub's folder and keys, which outlive the hub.
struct World {
  explicit World(const std::filesystem::path& root);
  // An empty folder, and the keys of the other.
  World(const std::filesystem::path& root, const World& other);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const std::filesystem::path folder;
  const Keys keys;
  const auditlog::Ed25519PrivateKey log_key;
};

class TestHub {
 public:
  struct Setup {
    // Sets of agreements to apply: the ceiling's default for each sector.
    bool agreements = true;
    storage::sqlite::FileHooks* hooks = nullptr;
    config::v1::Rules rules = {};
    // Groups of so many updates are planned by a thread of their own.
    size_t shared_group = Options().shared_group;
    // Updates of a group at most; 0: the hub's default.
    int group_updates = 0;
    // With a shelf for backups and a journal, in `backup`, `keys`, `journal`.
    bool backups = false;
    // The hub of this world, which is not started yet and stays what it was;
    // else one of its own.
    const World* world = nullptr;
    absl::Duration tick = Options().tick;
    // Opens the store on something else than the folder.
    std::function<absl::StatusOr<std::unique_ptr<storage::Store>>(const Keys&)>
        open = nullptr;
    size_t log_bytes = storage::sqlite::Options().log_bytes;
    // Rulings that a second person has to approve.
    config::v1::SecondPerson second_person = {};
    NoticeTerms notice_terms = {};
    ServiceFiles services = {};
    // Called whenever the hub looks at its clock.
    std::function<void()> on_clock = nullptr;
  };

  TestHub();
  explicit TestHub(Setup setup);
  ~TestHub();
  TestHub(const TestHub&) = delete;
  TestHub& operator=(const TestHub&) = delete;

  // Ends hub and store, and starts them again on what is in the folder.
  void Restart();
  void Stop();
  // As Restart, for starts that may fail.
  absl::Status TryStart(std::optional<Restored> restored = {});
  // Makes the store anew of a backup, in place of the one there is, and starts.
  absl::Status TryRestore(const std::string& backup);

  Hub& hub() { return *hub_; }
  const storage::Store& store() const { return *store_; }
  const std::filesystem::path& folder() const { return folder_; }
  void SetTime(absl::Time time) { now_ = absl::ToUnixMicros(time); }
  absl::Time Now() const { return absl::FromUnixMicros(now_); }
  void Advance(absl::Duration by) { now_ += absl::ToInt64Microseconds(by); }
  void UseKeys(const Keys& keys) { keys_ = keys; }
  void UseOrigin(std::string origin) { origin_ = std::move(origin); }
  void UseRules(config::v1::Rules rules) { setup_.rules = std::move(rules); }
  domain::RuleBook rules() const {
    return setup_.rules.version().empty() ? domain::RuleBook()
                                          : domain::RuleBook(setup_.rules);
  }
  const Keys& keys() const { return keys_; }
  const auditlog::Ed25519PrivateKey& log_key() const { return log_key_; }

  absl::StatusOr<v1::SubmitRecordsResponse> Submit(
      std::string_view agency, const std::vector<Say>& updates,
      bool validate_only = false);
  v1::UpdateResult Submit(std::string_view agency, const Say& update);
  absl::StatusOr<v1::GetPersonResponse> GetPerson(std::string_view agency,
                                                  const std::string& record_key,
                                                  v1::Purpose purpose);
  absl::StatusOr<v1::MailboxPage> Pull(std::string_view agency,
                                       const std::string& token = {},
                                       int page_size = 0);
  // The one open conflict, as the office sees it.
  absl::StatusOr<v1::GetConflictResponse> OnlyConflict();
  absl::StatusOr<v1::DecideResponse> Choose(
      const v1::GetConflictResponse& conflict, std::string_view agency);
  absl::StatusOr<v1::DecideResponse> Decide(v1::DecideRequest request);
  absl::StatusOr<v1::UndoDecisionResponse> Undo(uint64_t number);
  std::vector<v1::LoggedEvent> Events();

  // As an operator.
  absl::Status Put(const v1::Agency& agency);
  absl::Status Apply(const v1::Agreement& agreement);
  absl::Status Revoke(std::string_view agreement);

  // Registers the agencies and applies the agreements, as a hub of no other
  // world has them from the start.
  void Prepare();

 private:
  Setup setup_;
  std::unique_ptr<World> own_world_;
  const World& world_;
  std::filesystem::path folder_;
  std::string origin_ = "test.example/log";
  Keys keys_;
  auditlog::Ed25519PrivateKey log_key_;
  std::atomic<int64_t> now_;
  std::unique_ptr<backup::Shelf> shelf_;
  std::unique_ptr<backup::Journal> journal_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Hub> hub_;
};

// What the log says was done by that name, in its order.
std::vector<v1::AuditEvent> ActsOf(TestHub& test, std::string_view act);

// So many records of one name, most of them born on days of their own.
void SubmitNamesakes(TestHub& test, int records);

// Hashes as they come in a proof.
std::vector<auditlog::Hash> ParseHashes(
    const google::protobuf::RepeatedPtrField<std::string>& bytes);

// The purpose for which a sector's default agreement is made.
v1::Purpose PurposeOf(std::string_view agency);

}  // namespace waystation::hub

#endif  // WAYSTATION_TESTS_UNIT_SERVER_HUB_FIXTURES_H_
