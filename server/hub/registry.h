// SPDX-License-Identifier: Apache-2.0
// What is administered: agencies, agreements, certificates. Read whole from the
// store at start, kept as an immutable snapshot that is swapped on change, so
// that the commit path and readers only look up.
#ifndef WAYSTATION_SERVER_HUB_REGISTRY_H_
#define WAYSTATION_SERVER_HUB_REGISTRY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/agreement/ceiling.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/note.h"
#include "server/domain/agreement.h"
#include "server/hub/keys.h"
#include "server/hub/names.h"
#include "server/storage/store.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::hub {

namespace v1 = ::waystation::v1;

// Kinds of objects in the store.
inline constexpr std::string_view kAgencyObject = "agency";
inline constexpr std::string_view kAgreementObject = "agreement";
inline constexpr std::string_view kCertificateObject = "certificate";

// Those three are what is administered.
bool IsAdministered(std::string_view kind);
// All of them, kind by kind.
absl::StatusOr<std::vector<storage::ObjectRow>> ListAdministered(
    const storage::Store& store);

// One agency, ready for use.
struct AgencyEntry {
  storage::AgencyNumber number = 0;
  v1::Agency agency;
  domain::Recipient recipient;
  HandleCodec handles;

  const std::string& id() const { return agency.id(); }
  const std::string& sector() const { return agency.sector(); }
  // nullptr unless registered under this id and in force.
  const auditlog::Ed25519PublicKey* FindKey(std::string_view key_id,
                                            int64_t microseconds) const;

  struct Key {
    auditlog::Ed25519PublicKey key;
    int64_t valid_from = 0;
    int64_t valid_until = 0;
  };
  std::map<std::string, Key, std::less<>> keys;

  // A key with which it cosigns checkpoints, under its id as name.
  struct Witness {
    auditlog::NoteVerifier verifier;
    int64_t valid_from = 0;
    int64_t valid_until = 0;
  };
  std::vector<Witness> witnesses;
  // nullptr unless registered and in force then.
  const Witness* FindWitness(uint32_t key_hash, int64_t microseconds) const;
};

// The widest of what agreements bound; 0 means no bound.
struct Budget {
  int page_size = 0;
  int calls_per_minute = 0;
  int persons_per_day = 0;
};

// What one agency may know on one day.
struct Access {
  domain::Permissions permissions;
  // Agreements in force, "id@version" joined by commas.
  std::string agreements;
  Budget budget;
};

// Immutable but for a cache; thread-safe.
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const agreement::Ceiling> ceiling)
      : ceiling_(std::move(ceiling)) {}

  // nullptr for one that is not registered.
  const AgencyEntry* Find(std::string_view id) const;
  const AgencyEntry* Find(storage::AgencyNumber number) const;
  const std::map<std::string, AgencyEntry, std::less<>>& agencies() const {
    return agencies_;
  }

  // Above all agreements, for as long as the hub runs.
  const agreement::Ceiling& ceiling() const { return *ceiling_; }

  // Under the agreements of `scope` in force on `day`; with `purpose`, those
  // for it alone.
  std::shared_ptr<const Access> AccessOf(
      const AgencyEntry& agency, codes::Date day,
      std::optional<v1::Purpose> purpose = std::nullopt,
      v1::Scope scope = v1::SCOPE_OWN_RECORDS) const;

  // As applied, STATE_REVOKED or STATE_ACTIVE, whatever the day.
  const std::map<std::string, v1::AgreementStatus, std::less<>>& agreements()
      const {
    return agreements_;
  }
  // By serial.
  const std::map<std::string, v1::CertificateStatus, std::less<>>&
  certificates() const {
    return certificates_;
  }
  // Changes with agencies and agreements, by which it is decided who may know
  // what.
  uint64_t agreed() const { return agreed_; }
  // Whether any agreement bounds the persons of a day.
  bool HasPersonBudget() const;
  bool IsRevoked(std::string_view serial) const {
    return revoked_.contains(serial);
  }

 private:
  friend class Registry;
  absl::Status Take(const storage::ObjectRow& row, const SecretKey& handle_key);

  const std::shared_ptr<const agreement::Ceiling> ceiling_;
  std::map<std::string, AgencyEntry, std::less<>> agencies_;
  std::unordered_map<storage::AgencyNumber, const AgencyEntry*> by_number_;
  std::map<std::string, v1::AgreementStatus, std::less<>> agreements_;
  std::map<std::string, v1::CertificateStatus, std::less<>> certificates_;
  std::set<std::string, std::less<>> revoked_;
  uint64_t agreed_ = 0;

  using AccessKey = std::tuple<storage::AgencyNumber, int, v1::Scope>;
  mutable std::mutex mutex_;
  mutable codes::Date cached_day_{};
  mutable std::map<AccessKey, std::shared_ptr<const Access>> cache_;
};

// Thread-safe.
class Registry {
 public:
  Registry(const SecretKey& handle_key, const agreement::Ceiling& ceiling)
      : handle_key_(handle_key),
        ceiling_(std::make_shared<const agreement::Ceiling>(ceiling)) {}

  // Reads all objects. DATA_LOSS names one that cannot be read.
  absl::Status Load(const storage::Store& store);
  // Takes over what has been committed.
  absl::Status Put(std::span<const storage::ObjectRow> rows);

  // Shared: a caller goes on with the snapshot that it began with.
  std::shared_ptr<const Snapshot> Get() const;

 private:
  absl::Status Replace(std::span<const storage::ObjectRow> rows);

  const SecretKey handle_key_;
  const std::shared_ptr<const agreement::Ceiling> ceiling_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, storage::ObjectRow> rows_;
  uint64_t agreed_ = 0;
  std::shared_ptr<const Snapshot> snapshot_ =
      std::make_shared<const Snapshot>(ceiling_);
};

// What an agreement is on a day: its state as applied, and before or after its
// days PENDING or EXPIRED.
v1::AgreementStatus AsOf(v1::AgreementStatus status, codes::Date day);

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_REGISTRY_H_
