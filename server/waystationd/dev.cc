// SPDX-License-Identifier: Apache-2.0
#include "server/waystationd/dev.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "proto/auditlog/ed25519.h"
#include "proto/errors/error.h"
#include "proto/language/language.h"
#include "proto/runtime/file.h"
#include "proto/runtime/signals.h"
#include "proto/runtime/yaml.h"
#include "server/hub/hub.h"
#include "server/service/metrics.h"
#include "server/waystationd/default_files.h"
#include "server/waystationd/layout.h"
#include "server/waystationd/serve.h"
#include "server/waystationd/wait.h"
#include "waystation/config/v1/client.pb.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/agreement.pb.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;
using language::Say;

constexpr char kKeyId[] = "dev";

struct DevAgency {
  const char* id;
  const char* name_zh;
  const char* name_en;
};

// Four sectors at a place of origin and a place of residence.
constexpr DevAgency kAgencies[] = {
    {"public_security.341200", "阜阳市公安局", "Fuyang public security"},
    {"public_security.320500", "苏州市公安局", "Suzhou public security"},
    {"labor.341200", "阜阳市人力资源和社会保障局", "Fuyang labor"},
    {"labor.320500", "苏州市人力资源和社会保障局", "Suzhou labor"},
    {"health.341200", "阜阳市卫生健康委员会", "Fuyang health"},
    {"health.320500", "苏州市卫生健康委员会", "Suzhou health"},
    {"commerce.341200", "阜阳市市场监督管理局", "Fuyang commerce"},
    {"commerce.320500", "苏州市市场监督管理局", "Suzhou commerce"},
};

// A role's context: its name, and what its certificate says.
struct Role {
  std::string name;
  std::string identity;
  bool agency = false;
};

std::vector<Role> Roles() {
  std::vector<Role> roles = {
      {"operator", "operator/dev"},
      {"office", "office/reconciliation"},
      {"auditor", "auditor/dev"},
      {"clerk", "agency/public_security.320500/clerk/dev"},
  };
  for (const DevAgency& agency : kAgencies) {
    roles.push_back({agency.id, absl::StrCat("agency/", agency.id), true});
  }
  return roles;
}

absl::Status MakeFolder(const Layout& layout) {
  const absl::Time now = absl::Now();
  if (auto made = MakeLayout(layout, now); !made.ok()) return made;
  std::error_code error;
  fs::create_directory(layout.In("clients"), error);
  fs::permissions(layout.In("clients"), fs::perms::owner_all, error);
  if (error) {
    return errors::Error("FILE_NOT_WRITTEN", {.field = layout.In("clients"),
                                              .rule = error.message()});
  }
  for (const Role& role : Roles()) {
    const std::string prefix = layout.In("clients/" + role.name);
    if (auto made = MakeClient(layout, role.identity, prefix, now);
        !made.ok()) {
      return made;
    }
    if (!role.agency) continue;
    for (const char* use : {".signing", ".witness"}) {
      const auto key = auditlog::Ed25519PrivateKey::Generate();
      if (!key.ok()) return key.status();
      if (auto stored = key->Store(prefix + use); !stored.ok()) return stored;
    }
  }
  return absl::OkStatus();
}

// The public half of one of the agency's keys.
absl::Status AddKey(const Layout& layout, const std::string& agency,
                    const char* use, v1::SigningKey& registered) {
  const auto key = auditlog::Ed25519PrivateKey::Load(
      layout.In(absl::StrCat("clients/", agency, use)));
  if (!key.ok()) return key.status();
  registered.set_key_id(kKeyId);
  registered.set_public_key(key->public_key().raw());
  return absl::OkStatus();
}

// Agencies and agreements, the same calls that an operator makes.
absl::Status Register(const Layout& layout, hub::Hub& hub) {
  const hub::Caller itself = service::HubItself();
  for (const DevAgency& known : kAgencies) {
    v1::PutAgencyRequest request;
    v1::Agency& agency = *request.mutable_agency();
    const std::string id = known.id;
    agency.set_id(id);
    agency.set_sector(id.substr(0, id.find('.')));
    agency.set_jurisdiction(id.substr(id.find('.') + 1, 4));
    agency.set_name_zh(known.name_zh);
    agency.set_name_en(known.name_en);
    // A throw-away hub is for first trials with any client.
    agency.set_unsigned_unary(true);
    agency.set_unsigned_frames(true);
    if (auto added = AddKey(layout, id, ".signing", *agency.add_signing_keys());
        !added.ok()) {
      return added;
    }
    if (auto added = AddKey(layout, id, ".witness", *agency.add_witness_keys());
        !added.ok()) {
      return added;
    }
    const auto put = Wait<v1::PutAgencyResponse>([&](auto done) {
      hub.PutAgency(itself, std::move(request), std::move(done));
    });
    if (!put.ok()) return put.status();
  }
  for (const DefaultFile& known : DefaultAgreements()) {
    v1::ApplyAgreementRequest request;
    const auto places = runtime::ReadYaml(known.yaml, known.file_name,
                                          *request.mutable_agreement());
    if (!places.ok()) return places.status();
    // Trials and measurements would soon have used it up.
    request.mutable_agreement()->clear_budget();
    const auto applied = Wait<v1::ApplyAgreementResponse>([&](auto done) {
      hub.ApplyAgreement(itself, std::move(request), std::move(done));
    });
    if (!applied.ok()) return applied.status();
  }
  return absl::OkStatus();
}

// As a shell reads it back.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

absl::Status WriteContexts(const Layout& layout, const std::string& address) {
  auto log_key = runtime::ReadFile(layout.In("log.key"));
  if (!log_key.ok()) return log_key.status();
  log_key->erase(log_key->find_last_not_of('\n') + 1);
  config::v1::ClientConfig config;
  config.set_current_context("operator");
  std::string env;
  const auto add = [&env](const std::string& name, const std::string& value) {
    absl::StrAppend(&env, "export WAYSTATION_", name, "=", Quoted(value), "\n");
  };
  add("CONFIG", layout.In("wayctl.yaml"));
  add("STATE", layout.In("store"));
  add("HUB", address);
  add("CA", layout.In("tls/ca.pem"));
  add("LOG_KEY", layout.In("log.key"));
  for (const Role& role : Roles()) {
    const std::string prefix = layout.In("clients/" + role.name);
    config::v1::ClientContext& context = *config.add_contexts();
    context.set_name(role.name);
    context.set_log_key(*log_key);
    config::v1::HubConnection& connection = *context.mutable_connection();
    connection.add_hubs(address);
    connection.set_ca(layout.In("tls/ca.pem"));
    connection.set_cert(prefix + ".pem");
    connection.set_key(prefix + ".key");
    std::string upper = role.name;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) {
      return c == '.' ? '_' : static_cast<char>(std::toupper(c));
    });
    add(upper + "_CERT", prefix + ".pem");
    add(upper + "_KEY", prefix + ".key");
    if (!role.agency) continue;
    context.mutable_submission_key()->set_key_id(kKeyId);
    context.mutable_submission_key()->set_key(prefix + ".signing");
    add(upper + "_SIGNING_KEY", prefix + ".signing");
    add(upper + "_WITNESS_KEY", prefix + ".witness");
  }
  if (auto written = runtime::ReplaceFile(layout.In("wayctl.yaml"),
                                          runtime::WriteYaml(config), 0600);
      !written.ok()) {
    return written;
  }
  return runtime::ReplaceFile(layout.In("env.sh"), env, 0600);
}

void PrintWelcome(const Layout& layout, const std::string& address,
                  const std::string& http_address) {
  std::string text =
      Say("A throw-away hub for generated people serves on $0.\n"
          "Health and metrics: http://$1/readyz, /metrics\n\n"
          "Certificates and keys, one pair a role: $2/clients/\n",
          address, http_address, layout.folder);
  for (const Role& role : Roles()) {
    std::string name = role.name;
    name.resize(std::max<std::size_t>(name.size(), 24), ' ');
    absl::StrAppend(&text, "  ", name, " ", role.identity, "\n");
  }
  // Scripts wait for the last line, whatever the language.
  text +=
      Say("\nA call that works, in another terminal:\n"
          "  . $0\n"
          "  wayctl agency list\n"
          "  wayctl --context labor.320500 record list\n",
          Quoted(layout.In("env.sh")));
  text += "ready\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

absl::Status Dev(DevOptions options, runtime::Signals& signals) {
  const bool throw_away = options.folder.empty();
  if (throw_away) {
    std::string made =
        (fs::temp_directory_path() / "waystation-dev-XXXXXX").string();
    if (mkdtemp(made.data()) == nullptr) {
      return errors::Error("FILE_NOT_WRITTEN", {.field = made});
    }
    options.folder = made;
  }
  std::error_code error;
  const Layout layout{.folder = fs::absolute(options.folder, error).string(),
                      .listen = options.listen,
                      .http_listen = options.http_listen,
                      .log_origin = "dev.waystation.example/log",
                      .store = options.store,
                      .demo_numbers = true};
  const bool known = fs::exists(layout.In("env.sh"), error);
  absl::Status status = known ? absl::OkStatus() : MakeFolder(layout);
  if (status.ok()) {
    status = Serve(
        {.config_file = layout.In("hub.yaml"),
         .listen = options.listen,
         .http_listen = options.http_listen,
         .prepare =
             [&](hub::Hub& hub) {
               return known ? absl::OkStatus() : Register(layout, hub);
             },
         .ready =
             [&](const std::string& address, const std::string& http_address) {
               auto written = WriteContexts(layout, address);
               if (written.ok()) PrintWelcome(layout, address, http_address);
               return written;
             }},
        signals);
  }
  if (throw_away) fs::remove_all(layout.folder, error);
  return status;
}

}  // namespace waystation::waystationd
