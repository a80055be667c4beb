// SPDX-License-Identifier: Apache-2.0
// What the adapter does as a witness (witness/): when it looks, what it says,
// and what it does not do while nobody has ruled on a finding.
//
// It neither sends nor reads then. What a second history acknowledges may not
// be in the one that stands in the end, so an update would leave the outbox and
// be lost; and what is told would be told outside the log that others see.
// Waiting costs nothing: the outbox is durable, and a mailbox skips nothing.
#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "adapters/framework/adapter.h"
#include "adapters/framework/witness/witness.h"
#include "proto/errors/error.h"
#include "waystation/connection.h"
#include "waystation/report/v1/adapter_report.pb.h"
#include "waystation/services.h"

namespace waystation::adapters {
namespace {

constexpr absl::Duration kBetweenTries = absl::Milliseconds(100);

}  // namespace

absl::Status Adapter::LookAtLog(report::v1::RunReport& report) {
  if (!setup_.witness) return absl::OkStatus();
  absl::Status looked = HeldBack();
  bool cosigned = false;
  absl::Status not_cosigned;
  if (looked.ok()) {
    const auto connection = Connect();
    if (!connection.ok()) return connection.status();
    const client::Audit audit(**connection);
    WitnessMemory memory(*state_, setup_.witness->log.ToString());
    Witness witness(audit, *setup_.witness, memory, options_.clock);
    // A hub that starts again is waited for as it is when something is sent.
    const absl::Time end = absl::Now() + options_.patience;
    auto look = witness.Take();
    while (absl::IsUnavailable(look.status()) && !stop_ && absl::Now() < end) {
      absl::SleepFor(kBetweenTries);
      look = witness.Take();
    }
    looked = look.status();
    if (look.ok()) {
      cosigned = look->cosigned;
      not_cosigned = look->not_cosigned;
    }
  }
  auto described = DescribeWitness();
  if (!described.ok()) return described.status();
  report::v1::WitnessReport& witness = *report.mutable_witness();
  witness = *std::move(described);
  witness.set_cosigned(cosigned);
  if (!not_cosigned.ok()) {
    witness.set_not_cosigned_because(
        std::string(errors::ReasonRowOf(not_cosigned).name));
    for (const auto& violation : errors::ViolationsOf(not_cosigned)) {
      witness.set_detail(violation.rule);
    }
  }
  return looked;
}

absl::Status Adapter::HeldBack() {
  if (!setup_.witness) return absl::OkStatus();
  WitnessMemory memory(*state_, setup_.witness->log.ToString());
  const auto reason = memory.HeldBecause();
  if (!reason.ok()) return reason.status();
  if (reason->empty()) return absl::OkStatus();
  return errors::Error(*reason, {.rule = "nobody has ruled on it"});
}

absl::StatusOr<report::v1::WitnessReport> Adapter::DescribeWitness() {
  if (!setup_.witness) {
    return errors::Error("CONFIG_INVALID",
                         {.field = "witness", .rule = "is not set"});
  }
  const WitnessSetup& setup = *setup_.witness;
  WitnessMemory memory(*state_, setup.log.ToString());
  report::v1::WitnessReport report;
  report.set_origin(setup.log.name());
  const auto seen = memory.LastSeen();
  if (!seen.ok()) return seen.status();
  report.set_checkpoint(*seen);
  if (const auto checkpoint = auditlog::OpenCheckpoint(*seen, setup.log);
      checkpoint.ok()) {
    report.set_seen_size(checkpoint->size);
  }
  if (setup.signer) {
    report.set_verifier_key(setup.signer->verifier().ToString());
    report.set_public_key(setup.signer->verifier().key().raw());
  }
  const auto held = memory.HeldBecause();
  if (!held.ok()) return held.status();
  report.set_held_because(*held);
  for (const std::string& path : memory.Evidence()) report.add_evidence(path);
  const auto rulings = memory.Rulings();
  if (!rulings.ok()) return rulings.status();
  for (const WitnessMemory::Ruling& ruling : *rulings) {
    report::v1::WitnessRuling& told = *report.add_rulings();
    told.mutable_time()->set_seconds(absl::ToUnixSeconds(ruling.time));
    told.set_held_because(ruling.held_because);
    told.set_reason(ruling.reason);
  }
  return report;
}

absl::Status Adapter::ResumeWitness(std::string_view reason) {
  if (!setup_.witness) return DescribeWitness().status();
  if (absl::StripAsciiWhitespace(std::string(reason)).empty()) {
    return errors::Error("USAGE", {.field = "--reason", .rule = "say why"});
  }
  WitnessMemory memory(*state_, setup_.witness->log.ToString());
  return memory.Rule(reason, options_.clock());
}

}  // namespace waystation::adapters
