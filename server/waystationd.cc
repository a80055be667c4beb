// SPDX-License-Identifier: Apache-2.0
// The hub.
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "proto/errors/error.h"
#include "proto/errors/reason.h"
#include "proto/runtime/file.h"
#include "proto/runtime/signals.h"
#include "server/waystationd/dev.h"
#include "server/waystationd/layout.h"
#include "server/waystationd/serve.h"

namespace waystation::waystationd {
namespace {

// One line, with the place and the rule; the exit code of design 13.
int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  const errors::Reason& reason = errors::ReasonRowOf(status);
  std::string line(reason.name);
  line += ": ";
  line.append(status.message().data(), status.message().size());
  for (const auto& [key, value] : errors::MetadataOf(status)) {
    line += " [" + key + ": " + value + "]";
  }
  std::fprintf(stderr, "waystationd: %s\n", line.c_str());
  for (const errors::FieldViolation& violation : errors::ViolationsOf(status)) {
    std::fprintf(stderr, "  %s: %s\n", violation.field.c_str(),
                 violation.rule.c_str());
  }
  return static_cast<int>(reason.exit);
}

struct InitOptions {
  Layout layout;
  std::string operator_name;
  std::string request_file;
};

absl::Status Init(const InitOptions& options) {
  std::string request;
  if (!options.request_file.empty()) {
    auto read = runtime::ReadFile(options.request_file);
    if (!read.ok()) return read.status();
    request = *std::move(read);
  }
  const Layout& layout = options.layout;
  if (auto made = MakeLayout(layout, absl::Now()); !made.ok()) return made;
  if (!request.empty()) {
    if (auto certified =
            CertifyRequest(layout, "operator/" + options.operator_name, request,
                           layout.In("operator.pem"), 0, absl::Now());
        !certified.ok()) {
      return certified;
    }
  }
  std::printf(
      "Made %s:\n"
      "  hub.yaml     the configuration, with comments\n"
      "  keys/        back these up apart from the store; nobody can replace "
      "them\n"
      "  log.key      hand this to everybody who is to check the audit log\n"
      "%s\n"
      "Next:\n"
      "  waystationd --config %s\n",
      layout.folder.c_str(),
      request.empty()
          ? "  no operator yet: start again with --operator and --request\n"
          : "  operator.pem the first operator's certificate, for 90 days\n",
      layout.In("hub.yaml").c_str());
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  runtime::Signals signals;  // Before any thread starts.
  CLI::App app(
      "The Waystation hub: agencies' claims in, what each may know out");
  app.set_version_flag("--version", "waystationd " WAYSTATION_VERSION);
  app.require_subcommand(0, 1);
  std::string config;
  app.add_option("--config", config, "Serve a hub from this file (YAML)");

  DevOptions dev_options;
  CLI::App* dev = app.add_subcommand(
      "dev", "Serve a throw-away hub with certificates for every role");
  dev->add_option("--dir", dev_options.folder,
                  "Keep everything here, and serve it again if it is there");
  dev->add_option("--listen", dev_options.listen, "host:port for gRPC");
  dev->add_option("--http-listen", dev_options.http_listen,
                  "host:port for health and metrics");

  InitOptions init_options;
  CLI::App* init =
      app.add_subcommand("init", "Lay out the folder of a new hub");
  init->add_option("DIR", init_options.layout.folder, "New or empty folder")
      ->required();
  init->add_option("--listen", init_options.layout.listen,
                   "host:port for gRPC");
  init->add_option("--host", init_options.layout.hosts,
                   "Names and addresses by which clients reach the hub");
  init->add_option("--trust-domain", init_options.layout.trust_domain,
                   "Of the identities spiffe://<trust domain>/agency/<id>");
  init->add_option("--log-origin", init_options.layout.log_origin,
                   "Name of the audit log, for good");
  CLI::Option* name =
      init->add_option("--operator", init_options.operator_name,
                       "Name of the first operator, whose key stays with them");
  init->add_option("--request", init_options.request_file,
                   "Their certificate request (wayctl cert request)")
      ->needs(name);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(errors::Exit::kUsage);
  }
  if (*dev) return Report(Dev(dev_options, signals));
  if (*init) return Report(Init(init_options));
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
