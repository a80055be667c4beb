// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/adapter.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "adapters/framework/looks.h"
#include "adapters/framework/notices/spool.h"
#include "adapters/framework/progress.h"
#include "adapters/framework/status_words.h"
#include "adapters/framework/witness/witness.h"
#include "proto/errors/error.h"
#include "proto/language/error_text.h"
#include "proto/runtime/file.h"
#include "proto/runtime/log.h"
#include "waystation/connection.h"
#include "waystation/mailbox_reader.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::adapters {
namespace {

namespace fs = std::filesystem;

// Rows of one file for the system; more begin the next one.
constexpr std::uint64_t kTableRows = 10'000;
constexpr std::string_view kDeliveryNumber = "delivery_number";

constexpr std::string_view kDroppedSetting = "outbox_dropped ";
constexpr char kDroppedFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

void LogWitness(const report::v1::WitnessReport& witness,
                const runtime::Log& log) {
  if (!witness.held_because().empty()) {
    for (const std::string& path : witness.evidence()) {
      log.error("witness: {}: evidence in {}", witness.held_because(), path);
    }
  } else if (!witness.not_cosigned_because().empty()) {
    log.warn("witness: the hub does not take the cosignature: {} {}",
             witness.not_cosigned_because(), witness.detail());
  }
}

void LogNotices(const report::v1::NoticesReport& notices,
                const runtime::Log& log) {
  if (notices.cases() + notices.answered() + notices.sent() +
          notices.results() + notices.rejected() ==
      0) {
    return;
  }
  log.info(
      "notices: {} cases written, {} answered, {} sent, {} results, {} "
      "rejected",
      notices.cases(), notices.answered(), notices.sent(), notices.results(),
      notices.rejected());
  for (const report::v1::NoticeFinding& finding : notices.findings()) {
    log.warn("notices: rejected {}: line {}: {} {}", finding.file(),
             finding.line(), finding.field(),
             finding.reason().empty() ? finding.rule() : finding.reason());
  }
}

template <typename Report>
void Wait(const absl::Status& why, Report& report) {
  report.set_waits_because(ReasonName(why));
  report.set_detail(DetailOf(why));
  if (const absl::Duration wait = errors::RetryAfter(why);
      wait > absl::ZeroDuration()) {
    report.mutable_retry_after()->set_seconds(
        absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))));
  }
}

// What mends itself when it is tried again later.
bool Waits(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status) ||
         errors::ReasonOf(status) == "OUTBOX_PAUSED";
}

// What a new certificate mends, or the rest of one that is half written.
bool IsOfTheCertificate(const absl::Status& status) {
  const std::string reason = errors::ReasonOf(status);
  return reason == "CERTIFICATE_FILE_INVALID" || reason == "NO_IDENTITY";
}

// What waits for a hub that is away, or for somebody to rule on its log.
bool WaitsOrIsHeld(const absl::Status& status) {
  return Waits(status) || IsWitnessFinding(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Adapter>> Adapter::Open(Setup setup,
                                                       AdapterOptions options,
                                                       bool read_only) {
  auto adapter = std::unique_ptr<Adapter>(
      new Adapter(std::move(setup), std::move(options)));
  auto state = State::Open(adapter->setup_.state, read_only);
  if (!state.ok()) return state.status();
  adapter->state_ = *std::move(state);
  return adapter;
}

Adapter::Adapter(Setup setup, AdapterOptions options)
    : setup_(std::move(setup)), options_(std::move(options)) {}

Adapter::~Adapter() = default;

ScanOptions Adapter::MakeScanOptions(bool dry_run) const {
  return {.dry_run = dry_run,
          .demo_numbers = setup_.config.demo_numbers(),
          .progress = options_.progress,
          .clock = options_.clock,
          .stop = &stop_};
}

std::unique_ptr<Quarantine> Adapter::OpenQuarantine(
    const SourceSetup& source) const {
  const TableFormat& table = source.mapping->table();
  return std::make_unique<Quarantine>(Quarantine::Options{
      .folder = setup_.quarantine(),
      .source = source.name,
      .extension = source.extension,
      .dialect = table.dialect,
      .has_header = table.has_header(),
      .hash_key = state_->sealer().Derive("quarantine", 16)});
}

absl::StatusOr<report::v1::CheckReport> Adapter::Check() {
  report::v1::CheckReport report;
  for (const SourceSetup& source : setup_.sources) {
    const auto quarantine = OpenQuarantine(source);
    for (const std::string& path : FilesOf(source)) {
      auto file = Scan(*state_, *quarantine, source, path,
                       MakeScanOptions(/*dry_run=*/true));
      if (!file.ok()) return file.status();
      *report.add_files() = *std::move(file);
    }
  }
  return report;
}

absl::Status Adapter::TakeFiles(const Wanted& wanted,
                                report::v1::RunReport& report) {
  for (const SourceSetup& source : setup_.sources) {
    const auto quarantine = OpenQuarantine(source);
    for (const std::string& path : FilesOf(source)) {
      const auto taken = WasTaken(*state_, source, path);
      if (!taken.ok()) return taken.status();
      const auto file_id = IdentifyFile(path);
      if (*taken || !file_id || !wanted(path, *file_id)) continue;
      auto file = Scan(*state_, *quarantine, source, path,
                       MakeScanOptions(/*dry_run=*/false));
      if (!file.ok()) return file.status();
      *report.add_files() = *std::move(file);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<client::Connection>> Adapter::Connect() {
  const std::lock_guard lock(connection_mutex_);
  if (connection_ != nullptr && (stop_ || !connection_->cancelled())) {
    return connection_;
  }
  auto connection = client::Connection::Open(
      client::ToOptions(setup_.config.hub(), setup_.folder));
  if (!connection.ok()) return connection.status();
  if ((*connection)->agency() != setup_.config.agency()) {
    return errors::Error(
        "CONFIG_INVALID",
        {.field = "agency",
         .rule = absl::StrCat("the certificate is ", (*connection)->identity(),
                              "'s")});
  }
  connection_ = *std::move(connection);
  if (stop_) connection_->Cancel();
  return connection_;
}

void Adapter::EndExpired(const absl::Status& last) {
  const std::lock_guard lock(connection_mutex_);
  if (connection_ == nullptr) return;
  if (connection_->certificate_expiry() <= options_.clock() ||
      errors::ReasonOf(last) == "NO_IDENTITY") {
    connection_->Cancel();
  }
}

bool Adapter::MayGoOn(const absl::Status& status) {
  // The other thread may have ended the connection.
  if (Waits(status) || absl::IsCancelled(status)) return true;
  const std::lock_guard lock(connection_mutex_);
  // Whoever never got through has a mistake in the files.
  return connection_ != nullptr && IsOfTheCertificate(status);
}

absl::Status Adapter::Send(report::v1::DeliveryReport& report) {
  const auto waiting = state_->FrameAfter(0);
  if (!waiting.ok()) return waiting.status();
  if (!waiting->has_value()) return absl::OkStatus();
  if (auto held = HeldBack(); !held.ok()) return held;
  const auto connection = Connect();
  if (!connection.ok()) return connection.status();
  DeliveryOptions options{.signer = std::nullopt,
                          .patience = options_.patience,
                          .progress = options_.progress,
                          .clock = options_.clock};
  if (setup_.config.has_submission_key()) {
    const auto& key = setup_.config.submission_key();
    auto signer =
        client::FrameSigner::Load(setup_.config.agency(), key.key_id(),
                                  runtime::ResolvePath(setup_.path, key.key()));
    if (!signer.ok()) return signer.status();
    options.signer = *std::move(signer);
  }
  return Deliver(
      *state_, setup_,
      [this](const SourceSetup& source) { return OpenQuarantine(source); },
      **connection, options, report);
}

absl::Status Adapter::WriteTable(TableSink& sink,
                                 report::v1::MailboxReport& report) {
  // A number is used up before its file appears: an import that took the file
  // away must not meet another under its name.
  const auto number = state_->NextNumber(kDeliveryNumber);
  if (!number.ok()) return number.status();
  const auto table = sink.Write(*number, options_.clock());
  if (!table.ok()) return table.status();
  report.set_changes(report.changes() + table->changes);
  report.set_rows(report.rows() + table->rows);
  if (!table->path.empty()) report.add_files(table->path);
  for (const auto& [column, rows] : table->unwritable) {
    auto* count = report.add_unwritable();
    count->set_column(column);
    count->set_reason("CHARACTER_UNWRITABLE");
    count->set_rows(rows);
  }
  return absl::OkStatus();
}

absl::Status Adapter::ReadMailbox(report::v1::MailboxReport& report) {
  if (!setup_.mailbox) return absl::OkStatus();
  if (auto held = HeldBack(); !held.ok()) return held;
  const auto connection = Connect();
  if (!connection.ok()) return connection.status();
  auto sink = TableSink::Open(setup_.mailbox->folder, setup_.mailbox->mapping);
  if (!sink.ok()) return sink.status();
  client::MailboxOptions options;
  options.purpose = setup_.mailbox->purpose;
  options.patience = options_.patience;
  client::MailboxReader reader(**connection, std::move(options));
  Progress progress("mailbox", options_.progress);
  std::uint64_t changes = 0;
  std::string token;
  const auto write = [&]() -> absl::Status {
    if (token.empty()) return absl::OkStatus();
    if (auto written = WriteTable(**sink, report); !written.ok()) {
      return written;
    }
    return reader.Acknowledge(std::exchange(token, {}));
  };
  for (;;) {
    const auto page = reader.Next();
    if (!page.ok()) return page.status();
    if (!page->has_value()) return write();
    if (auto noted = NoteLog(*state_, (*page)->leaf().origin()); !noted.ok()) {
      return noted.status();
    }
    (*sink)->Add(**page);
    changes += static_cast<std::uint64_t>((*page)->entries_size());
    progress.Count(absl::StrCat(changes, " changes"));
    token = (*page)->last_token();
    if ((*sink)->pending() < kTableRows) continue;
    if (auto written = write(); !written.ok()) return written;
  }
}

absl::Status Adapter::TurnOverNotices(report::v1::NoticesReport& report) {
  if (!setup_.notices) return absl::OkStatus();
  if (auto held = HeldBack(); !held.ok()) return held;
  const auto connection = Connect();
  if (!connection.ok()) return connection.status();
  return TurnOver(*state_, *setup_.notices, **connection,
                  setup_.config.agency(), report);
}

absl::Status Adapter::Once(report::v1::RunReport& report) {
  if (auto claimed = state_->Claim(); !claimed.ok()) return claimed;
  const auto all = [](const std::string&, const FileId&) { return true; };
  if (auto taken = TakeFiles(all, report); !taken.ok()) return taken;
  if (auto certificate = RenewWhenDue();
      certificate.renewed() || !certificate.not_renewed_because().empty() ||
      (certificate.ends_soon() && setup_.config.renew_days() == 0)) {
    *report.mutable_certificate() = std::move(certificate);
  }
  const absl::Status looked = LookAtLog(report);
  absl::Status sent = looked.ok() ? Send(*report.mutable_delivery()) : looked;
  if (sent.ok() && report.delivery().hub_restored()) {
    if (auto taken = TakeFiles(all, report); !taken.ok()) return taken;
    sent = Send(*report.mutable_delivery());
  }
  if (WaitsOrIsHeld(sent)) Wait(sent, *report.mutable_delivery());
  auto outbox = DescribeOutbox();
  if (!outbox.ok()) return outbox.status();
  *report.mutable_outbox() = *std::move(outbox);
  if (!sent.ok() && !WaitsOrIsHeld(sent)) return sent;
  if (!looked.ok()) return absl::OkStatus();
  const absl::Status read = ReadMailbox(*report.mutable_mailbox());
  if (!read.ok() && !WaitsOrIsHeld(read)) return read;
  if (WaitsOrIsHeld(read)) Wait(read, *report.mutable_mailbox());
  if (!setup_.notices) return absl::OkStatus();
  const absl::Status turned = TurnOverNotices(*report.mutable_notices());
  if (!turned.ok() && !WaitsOrIsHeld(turned)) return turned;
  if (WaitsOrIsHeld(turned)) Wait(turned, *report.mutable_notices());
  return absl::OkStatus();
}

void Adapter::WatchMailbox(const runtime::Log& log) {
  while (!stop_) {
    const auto watch = [&]() -> absl::Status {
      if (auto held = HeldBack(); !held.ok()) return held;
      const auto connection = Connect();
      if (!connection.ok()) return connection.status();
      auto sink =
          TableSink::Open(setup_.mailbox->folder, setup_.mailbox->mapping);
      if (!sink.ok()) return sink.status();
      client::MailboxOptions options;
      options.purpose = setup_.mailbox->purpose;
      options.follow = true;
      client::MailboxReader reader(**connection, std::move(options));
      for (;;) {
        const auto page = reader.Next();
        if (!page.ok()) return page.status();
        if (!page->has_value()) continue;
        (*sink)->Add(**page);
        report::v1::MailboxReport report;
        if (auto written = WriteTable(**sink, report); !written.ok()) {
          return written;
        }
        if (auto done = reader.Acknowledge((*page)->last_token()); !done.ok()) {
          return done;
        }
        log.info("mailbox: {} changes, {} rows written", report.changes(),
                 report.rows());
        for (const auto& count : report.unwritable()) {
          log.warn("mailbox: column {}: {} rows: {}", count.column(),
                   count.rows(), count.reason());
        }
      }
    };
    const absl::Status ended = watch();
    if (stop_) return;
    EndExpired(ended);
    // Its connection ended under it; what there is to say comes next.
    if (absl::IsCancelled(ended)) continue;
    log.warn("mailbox: {}", Described(ended));
    Pause();
  }
}

absl::Status Adapter::Work(Looks& looks, const runtime::Log& log) {
  report::v1::RunReport report;
  const absl::Status taken =
      TakeFiles([&](const std::string& path,
                    const FileId& file) { return looks.Wants(path, file); },
                report);
  for (int i = 0; i < report.files_size(); ++i) {
    const report::v1::FileReport& file = report.files(i);
    if (!file.refused().empty()) {
      log.warn("{}: refused: {} {}", file.file(), file.refused(),
               file.detail());
      if (file.refused() != "FILE_CHANGED") looks.Refused(i);
      continue;
    }
    log.info(
        "{}: {} rows, {} changed, {} unchanged, {} rejected, {} incomplete, "
        "{} older",
        file.file(), file.rows(), file.changed(), file.unchanged(),
        file.rejected(), file.incomplete(), file.older());
  }
  looks.End();
  if (!taken.ok()) {
    if (!Waits(taken)) return taken;
    log.warn("exports wait: {}", Described(taken));
  }
  report::v1::DeliveryReport& delivery = *report.mutable_delivery();
  EndExpired(absl::OkStatus());
  TakeUpRenewed(log);
  const absl::Status looked = LookAtLog(report);
  LogWitness(report.witness(), log);
  // It ends here: what lies in the outbox and in the mailbox stays there, and a
  // service that fails is not overlooked.
  if (IsWitnessFinding(looked)) return looked;
  const absl::Status sent = looked.ok() ? Send(delivery) : looked;
  if (delivery.applied() + delivery.unchanged() + delivery.stale() +
          delivery.rejected() >
      0) {
    log.info("sent: {} applied, {} unchanged, {} stale, {} rejected",
             delivery.applied(), delivery.unchanged(), delivery.stale(),
             delivery.rejected());
  }
  if (!sent.ok() && !stop_) {
    EndExpired(sent);
    if (!MayGoOn(sent)) return sent;
    log.warn("outbox waits: {}", Described(sent));
  }
  if (looked.ok() && setup_.notices) {
    report::v1::NoticesReport& notices = *report.mutable_notices();
    const absl::Status turned = TurnOverNotices(notices);
    LogNotices(notices, log);
    if (!turned.ok() && !stop_) {
      EndExpired(turned);
      if (!MayGoOn(turned)) return turned;
      log.warn("notices wait: {}", Described(turned));
    }
  }
  LookAtCertificate(log);
  return absl::OkStatus();
}

void Adapter::Pause() {
  for (absl::Duration slept; slept < setup_.poll && !stop_;
       slept += absl::Milliseconds(100)) {
    absl::SleepFor(absl::Milliseconds(100));
  }
}

absl::Status Adapter::Run(const runtime::Log& log) {
  if (auto claimed = state_->Claim(); !claimed.ok()) return claimed;
  std::thread mailbox;
  if (setup_.mailbox) {
    mailbox = std::thread([this, &log] { WatchMailbox(log); });
  }
  Looks looks;
  absl::Status ended;
  while (!stop_ && ended.ok()) {
    ended = Work(looks, log);
    if (ended.ok()) Pause();
  }
  Stop();
  if (mailbox.joinable()) mailbox.join();
  return ended.ok() ? absl::CancelledError("stopped") : ended;
}

absl::StatusOr<report::v1::QuarantineReport> Adapter::ListQuarantine() {
  report::v1::QuarantineReport report;
  for (const SourceSetup& source : setup_.sources) {
    const auto quarantine = OpenQuarantine(source);
    auto rows = quarantine->List();
    if (!rows.ok()) return rows.status();
    for (auto& row : *rows) *report.add_rows() = std::move(row);
    for (const std::string& sheet : quarantine->Sheets()) {
      report.add_files(sheet);
    }
  }
  return report;
}

absl::Status Adapter::ReplaySheet(const SourceSetup& source,
                                  Quarantine& quarantine,
                                  const std::string& sheet,
                                  report::v1::ReplayReport& report) {
  const auto replay = quarantine.BeginReplay(sheet, options_.clock());
  if (!replay.ok()) return replay.status();
  const std::uint64_t stuck = (*replay)->kept();
  auto file = Scan(*state_, quarantine, source, (*replay)->path(),
                   MakeScanOptions(/*dry_run=*/false), replay->get());
  if (!file.ok()) return file.status();
  file->set_file(fs::path(sheet).filename());
  const bool refused = !file->refused().empty();
  if (!refused) {
    if (auto done = (*replay)->Finish(); !done.ok()) return done;
    const std::uint64_t kept = (*replay)->kept() - stuck;
    report.set_released(report.released() + file->rows() - kept);
  }
  report.set_remaining(report.remaining() +
                       (refused ? (*replay)->waiting() : (*replay)->kept()));
  *report.add_files() = *std::move(file);
  return absl::OkStatus();
}

absl::StatusOr<report::v1::ReplayReport> Adapter::ReplayQuarantine() {
  report::v1::ReplayReport report;
  for (const SourceSetup& source : setup_.sources) {
    const auto quarantine = OpenQuarantine(source);
    for (const std::string& sheet : quarantine->Sheets()) {
      if (auto replayed = ReplaySheet(source, *quarantine, sheet, report);
          !replayed.ok()) {
        return replayed;
      }
    }
  }
  if (auto sent = Send(*report.mutable_delivery()); !sent.ok()) {
    if (!WaitsOrIsHeld(sent)) return sent;
    Wait(sent, *report.mutable_delivery());
  }
  return report;
}

absl::StatusOr<report::v1::OutboxReport> Adapter::DescribeOutbox() {
  const auto count = state_->CountOutbox();
  if (!count.ok()) return count.status();
  const auto paused = state_->Setting(kPausedSetting);
  if (!paused.ok()) return paused.status();
  report::v1::OutboxReport report;
  report.set_updates(count->updates);
  report.set_frames(count->frames);
  report.set_paused(!paused->empty());
  if (count->oldest) {
    report.mutable_oldest()->set_seconds(absl::ToUnixSeconds(*count->oldest));
  }
  const auto dropped = state_->SettingsFrom(kDroppedSetting);
  if (!dropped.ok()) return dropped.status();
  for (const auto& [name, value] : *dropped) {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(kDroppedFormat, name.substr(kDroppedSetting.size()),
                         &time, &error)) {
      continue;
    }
    auto& drop = *report.add_dropped();
    drop.mutable_time()->set_seconds(absl::ToUnixSeconds(time));
    std::uint64_t updates = 0;
    (void)absl::SimpleAtoi(value.substr(0, value.find(' ')), &updates);
    drop.set_updates(updates);
    drop.set_because(value.substr(std::min(value.size(), value.find(' ') + 1)));
  }
  return report;
}

absl::Status Adapter::PauseOutbox(bool paused) {
  return state_->PutSetting(kPausedSetting, paused ? "paused" : "");
}

absl::StatusOr<std::uint64_t> Adapter::Drop(std::string_view reason) {
  if (absl::StripAsciiWhitespace(std::string(reason)).empty()) {
    return errors::Error("USAGE", {.field = "--reason", .rule = "say why"});
  }
  auto dropped = DropOutbox(*state_);
  if (!dropped.ok()) return dropped;
  const std::string when =
      absl::FormatTime(kDroppedFormat, options_.clock(), absl::UTCTimeZone());
  const auto note =
      state_->PutSetting(absl::StrCat(std::string(kDroppedSetting), when),
                         absl::StrCat(*dropped, " ", std::string(reason)));
  if (!note.ok()) return note;
  return dropped;
}

void Adapter::Stop() {
  stop_ = true;
  const std::lock_guard lock(connection_mutex_);
  if (connection_ != nullptr) connection_->Cancel();
}

}  // namespace waystation::adapters
