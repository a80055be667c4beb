// SPDX-License-Identifier: Apache-2.0
// The hub.
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "proto/language/command_line.h"
#include "proto/language/error_text.h"
#include "proto/language/language.h"
#include "proto/runtime/file.h"
#include "proto/runtime/signals.h"
#include "server/waystationd/backup.h"
#include "server/waystationd/check.h"
#include "server/waystationd/config.h"
#include "server/waystationd/dev.h"
#include "server/waystationd/layout.h"
#include "server/waystationd/migrate.h"
#include "server/waystationd/renew.h"
#include "server/waystationd/serve.h"

namespace waystation::waystationd {
namespace {

using language::Say;

// "waystationd: <what is so> [REASON]" and what to do about it; each place of a
// configuration file has a line of its own, as compilers print them. The exit
// code of design 13.
int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  const errors::Reason& reason = errors::ReasonRowOf(status);
  const std::string name(reason.name);
  std::string text;
  if (name == "CONFIG_INVALID") {
    for (const auto& [place, rule] : errors::ViolationsOf(status)) {
      // A key that a file names may hold anything.
      absl::StrAppend(
          &text, "waystationd: ",
          codes::DisplaySafe(place + ": " + language::SayRule(rule)), " [",
          name, "]\n");
    }
  } else {
    absl::StrAppend(&text, "waystationd: ", language::Describe(status), " [",
                    name, "]\n");
  }
  if (const std::string advice = language::Advice(status); !advice.empty()) {
    absl::StrAppend(&text, "  ", absl::StrReplaceAll(advice, {{"\n", "\n  "}}),
                    "\n");
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  return static_cast<int>(reason.exit);
}

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

struct CertifyOptions {
  std::string folder;
  std::string identity;
  std::string request_file;
  std::string certificate_file;
  int days = 0;
};

// Signs with the authorities of a hub's folder where no operator can: for the
// first operator, and for auditors.
absl::Status Certify(const CertifyOptions& options) {
  Layout layout;
  layout.folder = options.folder;
  const auto config = LoadConfig(layout.In("hub.yaml"));
  if (!config.ok()) return config.status();
  layout.trust_domain = config->hub.trust_domain();
  const auto request = runtime::ReadFile(options.request_file);
  if (!request.ok()) return request.status();
  const absl::Status certified =
      CertifyRequest(layout, options.identity, *request,
                     options.certificate_file, options.days, absl::Now());
  if (!certified.ok()) return certified;
  Print(
      Say("Wrote $0. The audit log has it when the hub starts, or on "
          "SIGHUP.\n",
          options.certificate_file));
  return absl::OkStatus();
}

absl::Status Renew(const HubRenewal& renewal) {
  const auto end = RenewHubCertificate(renewal, absl::Now());
  if (!end.ok()) return end.status();
  Print(
      Say("The hub's new certificate ends on $0. A hub that runs has it within "
          "a second; the audit log has it when the hub starts, or on SIGHUP.\n",
          absl::FormatTime("%Y-%m-%d", *end, absl::UTCTimeZone())));
  return absl::OkStatus();
}

absl::Status Init(const Layout& layout) {
  if (!IsTrustDomain(layout.trust_domain)) {
    return errors::Error("USAGE",
                         {.rule = "--trust-domain: lower-case letters, digits, "
                                  "dots and dashes"});
  }
  if (!StorePlace::Parse(layout.store).has_value()) {
    return errors::Error(
        "USAGE", {.rule = "--store: sqlite:<folder> or postgresql://... is "
                          "wanted"});
  }
  if (!IsLogOrigin(layout.log_origin)) {
    return errors::Error("USAGE",
                         {.rule = "--log-origin: no spaces and no plus signs"});
  }
  if (!IsAddress(layout.listen) ||
      (!layout.http_listen.empty() && !IsAddress(layout.http_listen))) {
    return errors::Error(
        "USAGE", {.rule = "--listen, --http-listen: host:port is wanted"});
  }
  if (absl::Status made = MakeLayout(layout, absl::Now()); !made.ok()) {
    return made;
  }
  Print(Say(
      "Made $0:\n"
      "  hub.yaml             the configuration, with comments\n"
      "  keys/                back these up apart from the store: nobody can\n"
      "                       replace them\n"
      "  log.key              hand this to everybody who checks the audit log\n"
      "  tls/ca.pem           hand this to everybody who calls the hub\n"
      "  tls/auditors.key     give this to who appoints auditors, then delete "
      "it\n"
      "\n"
      "The first operator makes a key and a request, and keeps the key:\n"
      "  wayctl cert request --identity operator/NAME --out NAME\n"
      "  waystationd certify $0 --identity operator/NAME --request NAME.csr "
      "--out NAME.pem\n"
      "\n"
      "Then the hub can be started, and called from another terminal:\n"
      "  waystationd --config $1\n"
      "  wayctl --hub $2 --ca $3 --cert NAME.pem --key NAME.key hub status\n"
      "What stands behind wayctl's name can be kept as a context in\n"
      "~/.config/waystation/config.yaml, for this as for every role:\n"
      "  contexts:\n"
      "  - name: operator\n"
      "    connection: {hubs: [\"$2\"], ca: ..., cert: ..., key: ...}\n",
      layout.folder, layout.In("hub.yaml"), layout.listen,
      layout.In("tls/ca.pem")));
  return absl::OkStatus();
}

CLI::App* AddCommand(CLI::App& parent, const std::string& name,
                     const std::string& says) {
  CLI::App* const added = parent.add_subcommand(name, says);
  language::SpeakIn(*added, Say("COMMAND"));
  added->fallthrough();
  return added;
}

// Each returns the subcommand, which fills its options when it is parsed.

void AddStore(CLI::App& command, std::string& store) {
  command.add_option(
      "--store", store,
      Say("sqlite:<folder>, or postgresql://user@host/database of a server"));
}

CLI::App* AddDev(CLI::App& app, DevOptions& options) {
  CLI::App* const dev = AddCommand(
      app, "dev",
      Say("Serve a throw-away hub with certificates for every role"));
  dev->add_option(
      "--dir", options.folder,
      Say("Keep everything here, and serve it again if it is there"));
  dev->add_option("--listen", options.listen, Say("host:port for gRPC"));
  dev->add_option("--http-listen", options.http_listen,
                  Say("host:port for health and metrics, on loopback"));
  AddStore(*dev, options.store);
  dev->add_option(
         "--people", options.people,
         Say("Who is in it from the start: none (waystation-population "
             "generates people to send)"))
      ->check(CLI::IsMember({"none"}));
  return dev;
}

CLI::App* AddInit(CLI::App& app, Layout& layout) {
  CLI::App* const init =
      AddCommand(app, "init", Say("Lay out the folder of a new hub"));
  init->add_option("DIR", layout.folder, Say("New or empty folder"))
      ->required();
  init->add_option("--listen", layout.listen, Say("host:port for gRPC"));
  init->add_option("--http-listen", layout.http_listen,
                   Say("host:port for health and metrics, on loopback"));
  AddStore(*init, layout.store);
  init->add_option("--host", layout.hosts,
                   Say("Names and addresses by which clients reach the hub"));
  init->add_option(
      "--trust-domain", layout.trust_domain,
      Say("Of the identities spiffe://<trust domain>/agency/<id>"));
  init->add_option("--log-origin", layout.log_origin,
                   Say("Name of the audit log, for good"));
  return init;
}

CLI::App* AddCertify(CLI::App& app, CertifyOptions& options) {
  CLI::App* const certify = AddCommand(
      app, "certify",
      Say("Sign the first operator's, or an auditor's, certificate request"));
  certify->add_option("DIR", options.folder, Say("Folder that init has made"))
      ->required();
  certify
      ->add_option("--identity", options.identity,
                   Say("Such as operator/li or auditor/chen"))
      ->required();
  certify
      ->add_option("--request", options.request_file,
                   Say("PKCS #10, PEM (wayctl cert request)"))
      ->required();
  certify->add_option("--out", options.certificate_file, Say("New file, PEM"))
      ->required();
  certify->add_option("--days", options.days, Say("1 to 825; 90 if not given"));
  return certify;
}

CLI::App* AddRenew(CLI::App& app, HubRenewal& renewal) {
  CLI::App* const renew = AddCommand(
      app, "renew",
      Say("Give the hub a new certificate and key; a hub that runs takes them "
          "up"));
  renew
      ->add_option("--config", renewal.config_file,
                   Say("The hub's file (YAML)"))
      ->required();
  renew->add_option(
      "--host", renewal.hosts,
      Say("Names and addresses of the hub; those it has if not given"));
  renew->add_option("--days", renewal.days, Say("1 to 825; 825 if not given"));
  return renew;
}

struct BackupOptions {
  std::string config;
  std::string name;
};

CLI::App* AddBackupVerb(CLI::App& backup, const char* verb,
                        const std::string& says, BackupOptions& options,
                        bool named) {
  CLI::App* const added = AddCommand(backup, verb, says);
  added->add_option("--config", options.config, Say("The hub's file (YAML)"))
      ->required();
  if (named) {
    added->add_option("NAME", options.name, Say("As `backup list` shows it"))
        ->required();
  }
  return added;
}

CLI::App* AddMigrate(CLI::App& app, Migration& migration) {
  CLI::App* const migrate = AddCommand(
      app, "migrate",
      Say("Move the hub's store to another place, such as a database, where no "
          "hub runs"));
  migrate
      ->add_option("--config", migration.config_file,
                   Say("The hub's file (YAML)"))
      ->required();
  migrate->add_option(
      "--from", migration.from,
      Say("Where it is; what the hub's file says if not given"));
  migrate
      ->add_option("--to", migration.to,
                   Say("Where it goes, to what is empty: sqlite:<folder>, or "
                       "postgresql://user@host/database"))
      ->required();
  return migrate;
}

int Main(int argc, char** argv) {
  // Debian's Abseil, which gRPC locks with, is built to look for deadlocks at
  // every lock, and to end the process where it sees one coming.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  language::Use(language::Choose(argc, argv), language::LocaleFolder());
  runtime::Signals signals;  // Before any thread starts.
  CLI::App app(
      Say("The Waystation hub: agencies' claims in, what each may know out"),
      "waystationd");
  language::SpeakIn(app, Say("COMMAND"));
  language::AddLanguage(app);
  app.set_version_flag("--version", "waystationd " WAYSTATION_VERSION,
                       Say("Show the version"));
  app.require_subcommand(0, 1);
  std::string config;
  CLI::Option* const serve = app.add_option(
      "--config", config, Say("Serve a hub from this file (YAML)"));

  DevOptions dev_options;
  Layout layout;
  CertifyOptions certify_options;
  const CLI::App* const dev = AddDev(app, dev_options);
  const CLI::App* const init = AddInit(app, layout);
  const CLI::App* const certify = AddCertify(app, certify_options);
  HubRenewal renewal;
  const CLI::App* const renew = AddRenew(app, renewal);
  BackupOptions backup_options;
  CLI::App* const backup = AddCommand(
      app, "backup",
      Say("Backups where no hub runs (`wayctl backup` where one does)"));
  backup->require_subcommand(1);
  const CLI::App* const backup_list = AddBackupVerb(
      *backup, "list", Say("Show which there are"), backup_options, false);
  const CLI::App* const backup_verify = AddBackupVerb(
      *backup, "verify", Say("Read one from end to end and check it"),
      backup_options, true);
  const CLI::App* const backup_restore =
      AddBackupVerb(*backup, "restore", Say("Make the hub's store of one"),
                    backup_options, true);
  Migration migration;
  const CLI::App* const migrate = AddMigrate(app, migration);
  std::string checked_config;
  CLI::App* const check = AddCommand(
      app, "check",
      Say("Read and check all that is stored where no hub runs (`wayctl hub "
          "check` where one does); exit code 3 if something was found"));
  check->add_option("--config", checked_config, Say("The hub's file (YAML)"))
      ->required();
  for (CLI::App* const other : app.get_subcommands({})) {
    other->excludes(serve);
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return language::ReportUsage(app, error);
  }
  if (*dev) return Report(Dev(dev_options, signals));
  if (*init) return Report(Init(layout));
  if (*check) return Report(CheckOffline(checked_config));
  if (*migrate) return Report(MigrateStore(migration));
  if (*renew) return Report(Renew(renewal));
  if (*certify) return Report(Certify(certify_options));
  if (*backup_list) return Report(ListBackups(backup_options.config));
  if (*backup_verify) {
    return Report(VerifyBackup(backup_options.config, backup_options.name));
  }
  if (*backup_restore) {
    return Report(RestoreBackup(backup_options.config, backup_options.name));
  }
  if (config.empty()) {
    std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(errors::Exit::kUsage);
  }
  return Report(Serve({.config_file = config}, signals));
}

}  // namespace
}  // namespace waystation::waystationd

int main(int argc, char** argv) {
  return waystation::waystationd::Main(argc, argv);
}
