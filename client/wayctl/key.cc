// SPDX-License-Identifier: Apache-2.0
// wayctl key: keys with which an agency signs what it submits, and with which
// its adapter cosigns checkpoints. They stay where they are made; what is
// registered is their public half.
#include "client/wayctl/commands.h"
#include "client/wayctl/language.h"
#include "proto/auditlog/ed25519.h"
#include "proto/auditlog/hash.h"
#include "proto/auditlog/note.h"
#include "proto/errors/error.h"
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
      "key", Say("Keys that sign submissions, or cosign checkpoints"));

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
}

}  // namespace waystation::wayctl
