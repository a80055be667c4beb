// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/adapter.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/runtime/log.h"
#include "waystation/connection.h"
#include "waystation/mailbox_reader.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/v1/mailbox_service.pb.h"

namespace waystation::adapters {
namespace {

// Rows of one file for the system; more begin the next one.
constexpr std::uint64_t kTableRows = 10'000;
constexpr std::string_view kDeliveryNumber = "delivery_number";

std::string ReasonName(const absl::Status& status) {
  return std::string(errors::ReasonRowOf(status).name);
}

// What mends itself when it is tried again later.
bool Waits(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status) ||
         errors::ReasonOf(status) == "OUTBOX_PAUSED";
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

absl::StatusOr<std::unique_ptr<Quarantine>> Adapter::OpenQuarantine(
    const SourceSetup& source) const {
  const TableFormat& table = source.mapping->table();
  return Quarantine::Open(
      {.folder = setup_.quarantine(),
       .source = source.name,
       .extension = source.extension,
       .charset = table.dialect.charset,
       .has_header = table.columns.empty(),
       .hash_key = state_->sealer().Derive("quarantine", 16)});
}

absl::StatusOr<report::v1::CheckReport> Adapter::Check() {
  report::v1::CheckReport report;
  for (const SourceSetup& source : setup_.sources) {
    auto quarantine = OpenQuarantine(source);
    if (!quarantine.ok()) return quarantine.status();
    for (const std::string& path : FilesOf(source)) {
      auto file = Scan(*state_, **quarantine, source, path,
                       MakeScanOptions(/*dry_run=*/true));
      if (!file.ok()) return file.status();
      *report.add_files() = *std::move(file);
    }
  }
  return report;
}

absl::Status Adapter::TakeFiles(report::v1::RunReport& report) {
  for (const SourceSetup& source : setup_.sources) {
    auto quarantine = OpenQuarantine(source);
    if (!quarantine.ok()) return quarantine.status();
    for (const std::string& path : FilesOf(source)) {
      const auto taken = WasTaken(*state_, source, path);
      if (!taken.ok()) return taken.status();
      if (*taken) continue;
      auto file = Scan(*state_, **quarantine, source, path,
                       MakeScanOptions(/*dry_run=*/false));
      if (!file.ok()) return file.status();
      *report.add_files() = *std::move(file);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<client::Connection*> Adapter::Connect() {
  const std::lock_guard lock(connection_mutex_);
  if (connection_ != nullptr) return connection_.get();
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
  return connection_.get();
}

absl::Status Adapter::Send(report::v1::DeliveryReport& report) {
  const auto waiting = state_->FrameAfter(0);
  if (!waiting.ok()) return waiting.status();
  if (!waiting->has_value()) return absl::OkStatus();
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
  const auto connection = Connect();
  if (!connection.ok()) return connection.status();
  auto sink = TableSink::Open(setup_.mailbox->folder, setup_.mailbox->mapping);
  if (!sink.ok()) return sink.status();
  client::MailboxOptions options;
  options.purpose = setup_.mailbox->purpose;
  options.patience = options_.patience;
  client::MailboxReader reader(**connection, std::move(options));
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
    (*sink)->Add(**page);
    token = (*page)->last_token();
    if ((*sink)->pending() < kTableRows) continue;
    if (auto written = write(); !written.ok()) return written;
  }
}

absl::Status Adapter::Once(report::v1::RunReport& report) {
  if (auto taken = TakeFiles(report); !taken.ok()) return taken;
  const absl::Status sent = Send(*report.mutable_delivery());
  if (Waits(sent)) {
    report.mutable_delivery()->set_waits_because(ReasonName(sent));
  }
  auto outbox = DescribeOutbox();
  if (!outbox.ok()) return outbox.status();
  *report.mutable_outbox() = *std::move(outbox);
  if (!sent.ok() && !Waits(sent)) return sent;
  const absl::Status read = ReadMailbox(*report.mutable_mailbox());
  if (!read.ok() && !Waits(read)) return read;
  if (Waits(read)) {
    report.mutable_mailbox()->set_waits_because(ReasonName(read));
  }
  return absl::OkStatus();
}

void Adapter::WatchMailbox(const runtime::Log& log) {
  while (!stop_) {
    const auto watch = [&]() -> absl::Status {
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
    log.warn("mailbox: {}", ReasonName(ended));
    for (absl::Duration slept; slept < setup_.poll && !stop_;
         slept += absl::Milliseconds(100)) {
      absl::SleepFor(absl::Milliseconds(100));
    }
  }
}

absl::Status Adapter::Run(const runtime::Log& log) {
  std::thread mailbox;
  if (setup_.mailbox) {
    mailbox = std::thread([this, &log] { WatchMailbox(log); });
  }
  const auto work = [&]() -> absl::Status {
    while (!stop_) {
      report::v1::RunReport report;
      if (auto taken = TakeFiles(report); !taken.ok()) return taken;
      for (const auto& file : report.files()) {
        if (!file.refused().empty()) {
          log.warn("{}: refused: {} {}", file.file(), file.refused(),
                   file.detail());
          continue;
        }
        log.info(
            "{}: {} rows, {} changed, {} unchanged, {} rejected, {} "
            "incomplete, {} older",
            file.file(), file.rows(), file.changed(), file.unchanged(),
            file.rejected(), file.incomplete(), file.older());
      }
      auto& delivery = *report.mutable_delivery();
      const absl::Status sent = Send(delivery);
      if (delivery.applied() + delivery.unchanged() + delivery.stale() +
              delivery.rejected() >
          0) {
        log.info("sent: {} applied, {} unchanged, {} stale, {} rejected",
                 delivery.applied(), delivery.unchanged(), delivery.stale(),
                 delivery.rejected());
      }
      if (!sent.ok() && !stop_) {
        log.warn("outbox waits: {}", ReasonName(sent));
        if (!Waits(sent)) return sent;
      }
      for (absl::Duration slept; slept < setup_.poll && !stop_;
           slept += absl::Milliseconds(100)) {
        absl::SleepFor(absl::Milliseconds(100));
      }
    }
    return absl::CancelledError("stopped");
  };
  const absl::Status ended = work();
  Stop();
  if (mailbox.joinable()) mailbox.join();
  return ended;
}

absl::StatusOr<report::v1::QuarantineReport> Adapter::ListQuarantine() {
  report::v1::QuarantineReport report;
  for (const SourceSetup& source : setup_.sources) {
    const auto quarantine = OpenQuarantine(source);
    if (!quarantine.ok()) return quarantine.status();
    auto rows = (*quarantine)->List();
    if (!rows.ok()) return rows.status();
    for (auto& row : *rows) *report.add_rows() = std::move(row);
  }
  return report;
}

absl::StatusOr<report::v1::ReplayReport> Adapter::ReplayQuarantine() {
  report::v1::ReplayReport report;
  for (const SourceSetup& source : setup_.sources) {
    auto quarantine = OpenQuarantine(source);
    if (!quarantine.ok()) return quarantine.status();
    auto replay = (*quarantine)->BeginReplay(options_.clock());
    if (!replay.ok()) return replay.status();
    if ((*replay)->path().empty()) continue;
    const std::uint64_t stuck = (*replay)->kept();
    auto file = Scan(*state_, **quarantine, source, (*replay)->path(),
                     MakeScanOptions(/*dry_run=*/false), replay->get());
    if (!file.ok()) return file.status();
    const std::uint64_t kept = (*replay)->kept() - stuck;
    const bool refused = !file->refused().empty();
    if (!refused) {
      if (auto done = (*replay)->Finish(); !done.ok()) return done;
      report.set_released(report.released() + file->rows() - kept);
    }
    report.set_remaining(report.remaining() + (*replay)->kept());
    *report.add_files() = *std::move(file);
  }
  if (auto sent = Send(*report.mutable_delivery()); !sent.ok()) {
    if (!Waits(sent)) return sent;
    report.mutable_delivery()->set_waits_because(ReasonName(sent));
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
  return report;
}

absl::Status Adapter::PauseOutbox(bool paused) {
  return state_->PutSetting(kPausedSetting, paused ? "paused" : "");
}

absl::StatusOr<std::uint64_t> Adapter::Drop(std::string_view reason) {
  auto dropped = DropOutbox(*state_);
  if (!dropped.ok()) return dropped;
  const std::string when = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%SZ", options_.clock(), absl::UTCTimeZone());
  const auto note = state_->PutSetting(
      "outbox_dropped " + when,
      absl::StrCat(*dropped, " updates: ", std::string(reason)));
  if (!note.ok()) return note;
  return dropped;
}

void Adapter::Stop() {
  stop_ = true;
  const std::lock_guard lock(connection_mutex_);
  if (connection_ != nullptr) connection_->Cancel();
}

}  // namespace waystation::adapters
