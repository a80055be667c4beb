// SPDX-License-Identifier: Apache-2.0
// The adapter as a witness of the hub's audit log (C2SP tlog-witness, with the
// roles turned round: the witness asks the hub, since nobody calls an agency).
// One look:
//
//     1. the newest checkpoint, over at least what was seen before
//     2. signed with the log's key, which was learnt from elsewhere
//     3. a proof that it continues the last one seen, and the last one that
//     this
//        witness is known to have cosigned
//     4. stored as the last one seen, if that still is what it was
//     5. cosigned, and handed in
//
// A crash between 4 and 5 costs nothing: the next look cosigns the same or a
// later one. A witness with an old state begins from there, and one without
// from its own cosignature, if the hub shows it one; neither signs less than it
// is known to have signed. A log that goes on in another epoch is begun anew
// once somebody has ruled.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_WITNESS_WITNESS_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_WITNESS_WITNESS_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/framework/witness/memory.h"
#include "proto/auditlog/note.h"

namespace waystation::client {
class Audit;
}

namespace waystation::adapters {

struct WitnessSetup {
  std::string agency;
  auditlog::NoteVerifier log;
  // Absent: it looks and does not sign.
  std::optional<auditlog::NoteSigner> signer = {};
};

// LOG_FORKED, LOG_SHORTER, LOG_KEY_DIFFERS and LOG_RESTORED: what nobody but a
// person can settle. The last is what a restored hub says openly
// (proto/auditlog/epoch.h), and what one that would be rid of its history could
// say too.
bool IsWitnessFinding(const absl::Status& status);

// What one look came to.
struct Look {
  auditlog::Checkpoint checkpoint;
  // It is later than the one before.
  bool advanced = false;
  // The hub has this witness's cosignature of it; and whether it got it now.
  bool cosigned = false;
  bool cosigned_now = false;
  // Why it has not, where there is a key: it is looked at again.
  absl::Status not_cosigned = absl::OkStatus();
};

// For one thread. All are borrowed.
class Witness {
 public:
  Witness(const client::Audit& audit, const WitnessSetup& setup,
          WitnessMemory& memory, std::function<absl::Time()> clock)
      : audit_(audit),
        setup_(setup),
        memory_(memory),
        clock_(std::move(clock)) {}

  // A finding (IsWitnessFinding) once its evidence is kept, which the status
  // names. Everything else is trouble on the way to the hub, or of the state.
  absl::StatusOr<Look> Take();

 private:
  // A checkpoint that this witness has seen or signed.
  struct Known {
    std::string note;
    auditlog::Checkpoint checkpoint;
  };
  absl::StatusOr<std::optional<Known>> LastSeen();
  // The one in the note if its cosignature is this witness's.
  std::optional<Known> Own(const std::string& note) const;

  // That `shown` continues `known`.
  absl::Status Continues(const Known& known, const std::string& note,
                         const auditlog::Checkpoint& shown);
  // The hub does not show as much as `known` covers.
  absl::Status Shorter(const Known& known);
  void Cosign(const std::string& note, Look& look);

  // What is found wrong, in the making; Found keeps it.
  struct Finding {
    std::string reason;
    std::string seen;
    std::string shown;
    std::vector<std::string> path = {};
    std::string answer = {};
  };
  absl::Status Found(const Finding& finding);

  const client::Audit& audit_;
  const WitnessSetup& setup_;
  WitnessMemory& memory_;
  const std::function<absl::Time()> clock_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_WITNESS_WITNESS_H_
