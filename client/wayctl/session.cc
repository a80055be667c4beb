// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/session.h"

#include <istream>
#include <iterator>
#include <ostream>

#include "client/wayctl/language.h"
#include "proto/codes/text.h"
#include "proto/errors/error.h"
#include "proto/runtime/file.h"

namespace waystation::wayctl {
namespace {

// Agreements, updates and lists of them; not exports.
constexpr std::size_t kMaxInput = std::size_t{256} << 20;

bool IsYes(std::string_view answer) {
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "是";
}

}  // namespace

Session::Session(Surroundings& surroundings, const GlobalOptions& options)
    : surroundings_(surroundings),
      options_(options),
      out_(surroundings, FormatByName(options.output),
           WantsColor(surroundings)),
      began_(surroundings.now()),
      last_progress_(began_) {}

absl::StatusOr<const Contexts*> Session::contexts() {
  if (!contexts_) {
    auto loaded = LoadContexts(options_.config, surroundings_);
    if (!loaded.ok()) return loaded.status();
    contexts_ = *std::move(loaded);
  }
  return &*contexts_;
}

absl::StatusOr<config::v1::ClientContext> Session::Context() {
  const auto file = contexts();
  if (!file.ok()) return file.status();
  config::v1::ClientContext context;
  const std::string named = !options_.context.empty()
                                ? options_.context
                                : surroundings_.env("WAYSTATION_CONTEXT");
  if (const auto* found = (*file)->Find(named)) {
    context = *found;
  } else if (!named.empty() || !(*file)->config.current_context().empty()) {
    return errors::Error(
        "CONTEXT_UNKNOWN",
        {.rule = named.empty() ? (*file)->config.current_context() : named});
  }
  config::v1::HubConnection& connection = *context.mutable_connection();
  const auto resolve = [&](std::string& path) {
    path = runtime::ResolvePath((*file)->path, path);
  };
  resolve(*connection.mutable_ca());
  resolve(*connection.mutable_cert());
  resolve(*connection.mutable_key());
  if (context.has_submission_key()) {
    resolve(*context.mutable_submission_key()->mutable_key());
  }
  // Flags are relative to where the command is run.
  if (!options_.hubs.empty()) {
    connection.mutable_hubs()->Assign(options_.hubs.begin(),
                                      options_.hubs.end());
  }
  if (!options_.ca.empty()) connection.set_ca(options_.ca);
  if (!options_.cert.empty()) connection.set_cert(options_.cert);
  if (!options_.key.empty()) connection.set_key(options_.key);
  if (!options_.server_name.empty()) {
    connection.set_server_name(options_.server_name);
  }
  return context;
}

absl::Status Session::Connect(absl::Duration patience) {
  const auto context = Context();
  if (!context.ok()) return context.status();
  if (context->connection().hubs().empty()) {
    return errors::Error("NO_HUB", {.rule = (*contexts())->path});
  }
  client::ConnectionOptions options =
      client::ToOptions(context->connection(), "");
  options.deadline =
      options_.timeout > 0 ? absl::Seconds(options_.timeout) : patience;
  auto connection = client::Connection::Open(std::move(options));
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  calls_ = std::make_unique<Calls>(*connection_);
  return absl::OkStatus();
}

absl::Status Session::Confirm(std::string_view question) {
  if (options_.yes) return absl::OkStatus();
  const auto answer = Ask(std::string(question) + " [y/N] ");
  if (!answer.ok()) return answer.status();
  return IsYes(*answer) ? absl::OkStatus() : errors::Error("DECLINED");
}

absl::StatusOr<std::string> Session::Ask(std::string_view question, bool secret,
                                         bool from_pipe) {
  const bool terminal = surroundings_.in_is_terminal;
  if (!terminal && !from_pipe) return errors::Error("NO_TERMINAL");
  if (terminal) {
    // Before the question: an answer may follow it at once.
    if (secret) surroundings_.set_echo(false);
    surroundings_.err << codes::DisplaySafe(question) << std::flush;
  }
  std::string line;
  const bool read = static_cast<bool>(std::getline(surroundings_.in, line));
  if (terminal && secret) {
    surroundings_.set_echo(true);
    surroundings_.err << "\n";
  }
  if (!read) return errors::Error(terminal ? "DECLINED" : "NO_TERMINAL");
  return std::string(codes::Trim(line));
}

absl::StatusOr<std::string> Session::GivenOrAsk(const std::string& given,
                                                std::string_view question) {
  if (!given.empty()) return given;
  return Ask(question);
}

absl::StatusOr<std::string> Session::ReadInput(const std::string& path) {
  if (path != "-") return runtime::ReadFile(path, kMaxInput);
  return std::string(std::istreambuf_iterator<char>(surroundings_.in), {});
}

void Session::Progress(const std::function<std::string()>& text) {
  const absl::Time now = surroundings_.now();
  if (!surroundings_.err_is_terminal ||
      now - last_progress_ < absl::Seconds(1)) {
    return;
  }
  last_progress_ = now;
  progress_shown_ = true;
  surroundings_.err << "\r\x1b[K" << text() << std::flush;
}

void Session::EndProgress() {
  if (progress_shown_) surroundings_.err << "\r\x1b[K" << std::flush;
  progress_shown_ = false;
}

}  // namespace waystation::wayctl
