// SPDX-License-Identifier: Apache-2.0
// One agency's adapter: its exports into the hub, its mailbox into files for
// its system. Each method is one thing that the program can be told to do.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_ADAPTER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_ADAPTER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/delivery.h"
#include "adapters/framework/outbox/state.h"
#include "adapters/framework/scanner.h"
#include "adapters/framework/setup.h"
#include "adapters/framework/sinks/table_sink.h"

namespace waystation::client {
class Connection;
class MailboxReader;
}  // namespace waystation::client
namespace waystation::report::v1 {
class CheckReport;
class MailboxReport;
class NoticesReport;
class OutboxReport;
class OwnCertificateReport;
class QuarantineReport;
class ReplayReport;
class RunReport;
class WitnessReport;
}  // namespace waystation::report::v1
namespace waystation::runtime {
class Log;
}

namespace waystation::adapters {

class Looks;

struct AdapterOptions {
  bool progress = false;
  // Of one delivery or one reading of the mailbox.
  absl::Duration patience = absl::Seconds(10);
  std::function<absl::Time()> clock;
};

// Methods are for one thread, but for Stop.
class Adapter {
 public:
  // Whether the state folder may be written. CONFIG_INVALID, KEY_FILE_* or
  // STORE_* as State::Open says.
  static absl::StatusOr<std::unique_ptr<Adapter>> Open(Setup setup,
                                                       AdapterOptions options,
                                                       bool read_only);
  ~Adapter();

  // What the exports that lie there would send, drop and reject. Writes
  // nothing and calls nobody.
  absl::StatusOr<report::v1::CheckReport> Check();

  // Takes new exports, sends, reads the mailbox to its end, and says in
  // `report` what came of it. What the hub could not be told now is named there
  // and waits; an error needs somebody's hand. ADAPTER_RUNNING when another one
  // does the same.
  absl::Status Once(report::v1::RunReport& report);

  // The same until Stop, with the mailbox watched meanwhile. A file is taken
  // when it stood unchanged from one look to the next, so that one that is
  // still being written is left alone. One log line for each thing done.
  // CANCELLED is its usual end.
  absl::Status Run(const runtime::Log& log);

  absl::StatusOr<report::v1::QuarantineReport> ListQuarantine();
  // Takes what was mended, and sends it.
  absl::StatusOr<report::v1::ReplayReport> ReplayQuarantine();

  absl::StatusOr<report::v1::OutboxReport> DescribeOutbox();
  // Sending waits until it is resumed; reading goes on.
  absl::Status PauseOutbox(bool paused);
  // Empties the outbox and notes why in the state folder, where DescribeOutbox
  // finds it. USAGE when it says nothing. How many updates.
  absl::StatusOr<std::uint64_t> Drop(std::string_view reason);

  // What it knows as a witness of the audit log; CONFIG_INVALID where none is
  // configured.
  absl::StatusOr<report::v1::WitnessReport> DescribeWitness();
  // Sends and reads again after a finding, and notes why. USAGE when it says
  // nothing.
  absl::Status ResumeWitness(std::string_view reason);

  // What the agency's certificate says, and whether it ends soon.
  absl::StatusOr<report::v1::OwnCertificateReport> DescribeCertificate();
  // Replaces certificate and key by a new pair, which the hub has signed for
  // the same agency. With `within`, only if it ends within that time.
  absl::StatusOr<report::v1::OwnCertificateReport> RenewCertificate(
      std::optional<absl::Duration> within);

  // Makes whatever goes on end soon, from any thread.
  void Stop();

 private:
  Adapter(Setup setup, AdapterOptions options);

  ScanOptions MakeScanOptions(bool dry_run) const;
  std::unique_ptr<Quarantine> OpenQuarantine(const SourceSetup& source) const;
  // Those that `wanted` says yes to, given their identity now.
  using Wanted = std::function<bool(const std::string& path, const FileId&)>;
  absl::Status TakeFiles(const Wanted& wanted, report::v1::RunReport& report);
  absl::Status ReplaySheet(const SourceSetup& source, Quarantine& quarantine,
                           const std::string& sheet,
                           report::v1::ReplayReport& report);
  // The connection, made on first use and after it was ended, by what the files
  // hold then. CONFIG_INVALID when the certificate is another agency's.
  absl::StatusOr<std::shared_ptr<client::Connection>> Connect();
  // Ends the connection when its certificate has expired, or is no longer taken
  // by the hub as `last` says: the next one may have a new certificate.
  void EndExpired(const absl::Status& last);
  // Whether `run` tries again later.
  bool MayGoOn(const absl::Status& status);
  // Looks at the audit log, if a witness is configured, and says in `report`
  // what came of it. Nothing is sent to a hub, or read from it, whose log does
  // not hold.
  absl::Status LookAtLog(report::v1::RunReport& report);
  // The finding for which nobody has ruled that it goes on.
  absl::Status HeldBack();
  absl::Status Send(report::v1::DeliveryReport& report);
  absl::Status ReadMailbox(report::v1::MailboxReport& report);
  // Takes what clerks put into the folder for cases, and puts there what waits.
  absl::Status TurnOverNotices(report::v1::NoticesReport& report);
  absl::Status WriteTable(TableSink& sink, report::v1::MailboxReport& report);
  // What `run` does again and again.
  absl::Status Work(Looks& looks, const runtime::Log& log);
  void WatchMailbox(const runtime::Log& log);
  // Renews the certificate if it is time, by the configuration, and says what
  // came of it; empty where it cannot be read, which connecting tells.
  report::v1::OwnCertificateReport RenewWhenDue();
  // The same in `run`: a line for each renewal, and a day of its last month, or
  // an hour of failure.
  void LookAtCertificate(const runtime::Log& log);
  // Leaves a connection whose certificate is not the one that the files hold
  // now: it may be revoked before it ends.
  void TakeUpRenewed(const runtime::Log& log);
  // Waits for the time between two looks, or for Stop.
  void Pause();

  const Setup setup_;
  const AdapterOptions options_;
  std::unique_ptr<State> state_;
  std::atomic<bool> stop_ = false;
  std::mutex connection_mutex_;
  // Shared by the two threads of `run`, each of which may still use the one
  // before.
  std::shared_ptr<client::Connection> connection_;
  absl::Time next_warning_ = absl::InfinitePast();
  absl::Time next_renewal_ = absl::InfinitePast();
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_ADAPTER_H_
