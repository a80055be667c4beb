// SPDX-License-Identifier: Apache-2.0
// wayctl key: keys with which an agency signs what it submits, with which its
// adapter cosigns checkpoints, and for which others seal. They stay where they
// are made; what is registered is their public half.
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "proto/sealed/sealing_key.h"
#include "waystation/report/v1/certificate_report.pb.h"
#include "waystation/v1/admin_service.pb.h"

namespace waystation::wayctl {
namespace {

absl::Status ShowKey(Session& session, const auditlog::Ed25519PrivateKey& key,
                     const std::string& key_id, const std::string& witness) {
  v1::SigningKey shown;
  shown.set_key_id(key_id);
  shown.set_public_key(key.public_key().raw());
  Sheet sheet{.facts = {{"key_id", Say("Key"), key_id},
                        {"public_key", Say("Public key"),
                         auditlog::ToBase64(key.public_key().raw())}}};
  if (!witness.empty()) {
    const auto verifier = auditlog::NoteVerifier::Create(
        witness, key.public_key(), auditlog::NoteAlgorithm::kCosignatureV1);
    if (!verifier.ok()) {
      return errors::Error("USAGE",
                           {.field = "--witness",
                            .rule = std::string(verifier.status().message())});
    }
    sheet.facts.push_back(
        {"verifier_key", Say("Verifier key"), verifier->ToString()});
  }
  session.out().Show(shown, sheet);
  session.out().Note(
      witness.empty()
          ? Say("An operator registers it under `signing_keys`: wayctl agency "
                "put")
          : Say("An operator registers it under `witness_keys`: wayctl agency "
                "put"));
  return absl::OkStatus();
}

struct KeyOptions {
  std::string file;
  std::string key_id = "1";
  std::string witness;
};

absl::Status New(Session& session, const KeyOptions& options) {
  const auto key = auditlog::Ed25519PrivateKey::Generate();
  if (!key.ok()) return key.status();
  if (auto stored = key->Store(options.file); !stored.ok()) {
    return errors::Error(
        absl::IsAlreadyExists(stored) ? "EXISTS_ALREADY" : "FILE_NOT_WRITTEN",
        {.field = options.file, .rule = std::string(stored.message())});
  }
  return ShowKey(session, *key, options.key_id, options.witness);
}

absl::Status Show(Session& session, const KeyOptions& options) {
  const auto key = auditlog::Ed25519PrivateKey::Load(options.file);
  if (!key.ok()) {
    return errors::Error(
        absl::IsFailedPrecondition(key.status()) ? "KEY_FILE_MODE"
                                                 : "KEY_FILE_MISSING",
        {.field = options.file, .rule = std::string(key.status().message())});
  }
  return ShowKey(session, *key, options.key_id, options.witness);
}

absl::Status Seal(Session& session, const std::string& file,
                  const std::string& agency) {
  const sealed::NewSealingKey made =
      sealed::MakeSealingKey(agency, session.surroundings().now());
  report::v1::SealingKeyReport report;
  report.set_key_file(file);
  report.set_certificate_file(file + ".crt");
  report.set_certificate(made.certificate_pem);
  report.set_certificate_sha256(sealed::FingerprintOf(made.certificate_pem));
  if (auto written = runtime::WriteNewFile(file, made.key_file, 0600);
      !written.ok()) {
    return written;
  }
  if (auto written = runtime::WriteNewFile(report.certificate_file(),
                                           made.certificate_pem);
      !written.ok()) {
    return written;
  }
  session.out().Show(report,
                     {.facts = {{"key_file", Say("Key (keep it secret)"), file},
                                {"certificate_file", Say("Certificate"),
                                 report.certificate_file()},
                                {"certificate_sha256", Say("Fingerprint"),
                                 report.certificate_sha256()}}});
  session.out().Note(
      Say("An operator registers it under `sealing_certificates`: wayctl "
          "agency put"));
  return absl::OkStatus();
}

void AddOptions(CLI::App& verb, KeyOptions& options) {
  verb.add_option("FILE", options.file, Say("PEM, readable by its owner only"))
      ->required();
  verb.add_option("--key-id", options.key_id,
                  Say("Id under which it is registered (1)"));
  verb.add_option("--witness", options.witness,
                  Say("Id of the agency whose witness uses it: also say its "
                      "verifier key"));
}

}  // namespace

void AddKeyNoun(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "key",
      Say("Keys that sign submissions, cosign checkpoints, or open what is "
          "sealed"));

  const auto made = std::make_shared<KeyOptions>();
  CLI::App& new_verb = commands.Verb(
      noun, "new", Say("Make a key, and say what to register"),
      "wayctl key new witness.pem --witness labor.320500", Needs::kNothing,
      [made](Session& session) { return New(session, *made); });
  AddOptions(new_verb, *made);

  const auto shown = std::make_shared<KeyOptions>();
  CLI::App& show_verb = commands.Verb(
      noun, "show", Say("What to register of a key"),
      "wayctl key show witness.pem --witness labor.320500", Needs::kNothing,
      [shown](Session& session) { return Show(session, *shown); });
  AddOptions(show_verb, *shown);

  struct SealOptions {
    std::string file;
    std::string agency;
  };
  const auto seal = std::make_shared<SealOptions>();
  CLI::App& seal_verb = commands.Verb(
      noun, "seal",
      Say("Make a key with which a care provider opens what is handed over "
          "to it"),
      "wayctl key seal sealing.pem --agency health.320500", Needs::kNothing,
      [seal](Session& session) {
        return Seal(session, seal->file, seal->agency);
      });
  seal_verb
      .add_option("FILE", seal->file,
                  Say("New file for the key; beside it FILE.crt, the "
                      "certificate to register"))
      ->required();
  seal_verb.add_option("--agency", seal->agency, Say("The agency"))->required();
}

}  // namespace waystation::wayctl
