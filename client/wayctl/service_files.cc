// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/service_files.h"

#include <string_view>
#include <utility>
#include <vector>

#include "client/wayctl/input_file.h"
#include "proto/directory/check_services.h"
#include "proto/errors/error.h"
#include "proto/runtime/yaml.h"

namespace waystation::wayctl {
namespace {

constexpr std::string_view kReason = "SERVICES_INVALID";

struct Shipped {
  std::string_view text;
  const char* name;
};

template <typename Message, typename Check>
absl::StatusOr<Message> Read(Session& session, const std::string& file,
                             const Shipped& shipped, Check check) {
  std::string text(shipped.text);
  std::string name = file == "-" ? "stdin" : file;
  if (file.empty()) {
    name = shipped.name;
  } else {
    auto given = session.ReadInput(file);
    if (!given.ok()) return given.status();
    text = *std::move(given);
  }
  return ReadChecked<Message>(text, name, kReason, check);
}

}  // namespace

absl::StatusOr<config::v1::ServiceCatalogue> ReadCatalogue(
    Session& session, const std::string& file) {
  return Read<config::v1::ServiceCatalogue>(
      session, file,
      {.text = directory::kDefaultCatalogue, .name = "catalogue.yaml"},
      [](const auto& read) { return directory::CheckCatalogue(read); });
}

absl::StatusOr<config::v1::ServicePoints> ReadPoints(
    Session& session, const std::string& file,
    const config::v1::ServiceCatalogue& catalogue) {
  return Read<config::v1::ServicePoints>(
      session, file, {.text = directory::kDefaultPoints, .name = "points.yaml"},
      [&](const auto& read) {
        return directory::CheckPoints(read, catalogue);
      });
}

absl::StatusOr<config::v1::Residents> ReadResidents(Session& session,
                                                    const std::string& file) {
  const auto text = session.ReadInput(file);
  if (!text.ok()) return text.status();
  return ReadChecked<config::v1::Residents>(
      *text, file == "-" ? "stdin" : file, kReason,
      [](const auto& read) { return directory::CheckResidents(read); });
}

}  // namespace waystation::wayctl
