// SPDX-License-Identifier: Apache-2.0
#include "server/storage/postgres/session.h"

#include <utility>

namespace waystation::storage::postgres {

Session::Session(std::unique_ptr<Connection> opened,
                 const ChecksumKey& checksum_key)
    : connection(std::move(opened)),
      key(checksum_key),
      records(*connection, key),
      clerks(*connection, key),
      notices(*connection, key),
      codes(*connection, key),
      log(*connection, key),
      groups(*connection, key) {}

absl::StatusOr<std::unique_ptr<Session>> Session::Make(
    std::unique_ptr<Connection> opened, const ChecksumKey& key) {
  for (const auto statements :
       {RecordTables::Statements(), ClerkTables::Statements(),
        NoticeTable::Statements(), CodeTable::Statements(),
        LogTables::Statements(), GroupTables::Statements()}) {
    if (absl::Status status = opened->Prepare(statements); !status.ok()) {
      return status;
    }
  }
  return std::make_unique<Session>(std::move(opened), key);
}

absl::StatusOr<std::unique_ptr<Readers>> Readers::Open(
    const std::string& target, const std::string& schema,
    const ChecksumKey& key, size_t count) {
  auto readers = std::make_unique<Readers>();
  absl::MutexLock lock(&readers->mutex_);
  for (size_t i = 0; i < count; ++i) {
    auto connection = Connection::Open(target, schema);
    if (!connection.ok()) return connection.status();
    auto session = Session::Make(*std::move(connection), key);
    if (!session.ok()) return session.status();
    readers->idle_.push_back(*std::move(session));
  }
  return readers;
}

Readers::Lease::Lease(Readers& readers) : readers_(readers) {
  absl::MutexLock lock(&readers_.mutex_);
  const auto is_idle = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(readers_.mutex_) {
    return !readers_.idle_.empty();
  };
  readers_.mutex_.Await(absl::Condition(&is_idle));
  session_ = std::move(readers_.idle_.back());
  readers_.idle_.pop_back();
}

Readers::Lease::~Lease() {
  absl::MutexLock lock(&readers_.mutex_);
  readers_.idle_.push_back(std::move(session_));
}

}  // namespace waystation::storage::postgres
