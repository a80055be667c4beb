// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/wayctl/harness.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>

#include "client/wayctl/run.h"
#include "client/wayctl/surroundings.h"
#include "tests/unit/client/support/certificates.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/mailbox_service.pb.h"
#include "waystation/v1/notice_service.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

namespace pb = google::protobuf;

// 2026-11-24 11:07:12 in China.
constexpr std::int64_t kNow = 1'795'489'632;

// The text of an answer as a message of the type that its first line names.
std::unique_ptr<pb::Message> ReadAnswer(const std::filesystem::path& path) {
  const std::string text = testing::ReadFile(path);
  const std::size_t begin = 2;  // "# "
  const std::string type = text.substr(begin, text.find('\n') - begin);
  const pb::Descriptor* descriptor =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) std::abort();
  std::unique_ptr<pb::Message> message(
      pb::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!pb::TextFormat::ParseFromString(text, message.get())) std::abort();
  return message;
}

}  // namespace

std::string Testdata(const std::string& name) {
  return std::string(WAYSTATION_SOURCE_DIR) +
         "/tests/unit/client/wayctl/testdata/" + name;
}

Wayctl::Wayctl() {
  for (const auto& entry :
       std::filesystem::directory_iterator(Testdata("answers"))) {
    // "AuditService.ListEvents.txtpb"
    std::string method = entry.path().stem();
    method.replace(method.find('.'), 1, "/");
    hub_.Answer(method, *ReadAnswer(entry.path()));
  }
  hub_.Start();
  testing::WriteFile(File("config.yaml"),
                     "current_context: office\n"
                     "contexts:\n"
                     "  - name: office\n"
                     "    connection:\n"
                     "      hubs: [\"" +
                         hub_.address() +
                         "\"]\n"
                         "      ca: ca.pem\n"
                         "      cert: client.pem\n"
                         "      key: client.key\n");
}

std::string Wayctl::File(const std::string& name) const {
  return hub_.folder() / name;
}

Outcome Wayctl::Run(const std::vector<std::string>& arguments,
                    const Typed& typed) {
  Outcome outcome;
  std::istringstream in(typed.input);
  std::ostringstream out, err;
  Surroundings surroundings{
      .in = in,
      .out = out,
      .err = err,
      .in_is_terminal = typed.in_is_terminal,
      .out_is_terminal = typed.out_is_terminal,
      .err_is_terminal = typed.out_is_terminal,
      .width = typed.width,
      .env = [&](const char* name) -> std::string {
        const std::string variable = name;
        if (variable == "WAYSTATION_CONFIG") return File("config.yaml");
        if (variable == "HOME") return hub_.folder().path();
        if (variable == "NO_COLOR") return typed.no_color ? "1" : "";
        if (variable == "LANG") {
          return typed.language == "zh" ? "zh_CN.UTF-8" : "C.UTF-8";
        }
        return "";
      },
      .set_echo =
          [&](bool shown) {
            if (!shown) {
              outcome.hid_typing = true;
              outcome.hid_too_late = !err.str().empty();
            }
            outcome.shows_typing = shown;
          },
      .locale_folder = WAYSTATION_BIN_DIR "/../share/locale",
      .zone = absl::FixedTimeZone(8 * 60 * 60),
      .now = [] { return absl::FromUnixSeconds(kNow); }};
  outcome.code = wayctl::Run(arguments, surroundings);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

}  // namespace waystation::wayctl
