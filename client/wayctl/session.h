// SPDX-License-Identifier: Apache-2.0
// One run of wayctl: where it looks, whom it calls, what it asks.
#ifndef CLIENT_WAYCTL_SESSION_H_
#define CLIENT_WAYCTL_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/wayctl/contexts.h"
#include "client/wayctl/output.h"
#include "client/wayctl/surroundings.h"
#include "waystation/connection.h"
#include "waystation/services.h"

namespace waystation::wayctl {

// What stands before or behind any noun and verb.
struct GlobalOptions {
  std::string config;
  std::string context;
  std::vector<std::string> hubs;
  std::string ca;
  std::string cert;
  std::string key;
  std::string server_name;
  int timeout = 0;  // Seconds; 0 when not given.
  std::string output = "table";
  std::string language;
  bool yes = false;
};

class Session {
 public:
  Session(Surroundings& surroundings, const GlobalOptions& options);

  Surroundings& surroundings() { return surroundings_; }
  const GlobalOptions& options() const { return options_; }
  Output& out() { return out_; }

  // The contexts file, read once.
  absl::StatusOr<const Contexts*> contexts();
  // What stands in it for this run, with the flags over it; paths are resolved.
  absl::StatusOr<config::v1::ClientContext> Context();

  // Makes the calls below possible. Whoever runs a verb that needs the hub
  // calls it first.
  // `patience` is how long one call may take, unless --timeout says otherwise.
  absl::Status Connect(absl::Duration patience = absl::Seconds(30));
  // How long one call may take.
  absl::Duration patience() const { return connection_->options().deadline; }
  client::Connection& connection() { return *connection_; }
  const client::Registry& registry() const { return calls_->registry; }
  const client::Mailbox& mailbox() const { return calls_->mailbox; }
  const client::Notice& notice() const { return calls_->notice; }
  const client::Verify& verify() const { return calls_->verify; }
  const client::Directory& directory() const { return calls_->directory; }
  const client::Reconciliation& reconciliation() const {
    return calls_->reconciliation;
  }
  const client::Audit& audit() const { return calls_->audit; }
  const client::Admin& admin() const { return calls_->admin; }

  // Asks before something that affects a person. OK for yes or with --yes;
  // DECLINED for no; NO_TERMINAL when there is nobody to ask.
  absl::Status Confirm(std::string_view question);

  // Asks for a line; what is typed is not shown if `secret`. Without a terminal
  // it takes the next line of standard input where `from_pipe`, else
  // NO_TERMINAL.
  absl::StatusOr<std::string> Ask(std::string_view question,
                                  bool secret = false, bool from_pipe = false);

  // `given` if it is not empty, else what is asked for.
  absl::StatusOr<std::string> GivenOrAsk(const std::string& given,
                                         std::string_view question);

  // A file's text; standard input for "-".
  absl::StatusOr<std::string> ReadInput(const std::string& path);

  // Tells how far it has come, at most once a second and to a terminal only.
  void Progress(const std::function<std::string()>& text);
  void EndProgress();

  // The run ends with exit code 3 if nothing worse happens.
  void Found() { found_ = true; }
  bool found() const { return found_; }

 private:
  struct Calls {
    explicit Calls(client::Connection& connection)
        : registry(connection),
          mailbox(connection),
          notice(connection),
          verify(connection),
          directory(connection),
          reconciliation(connection),
          audit(connection),
          admin(connection) {}
    client::Registry registry;
    client::Mailbox mailbox;
    client::Notice notice;
    client::Verify verify;
    client::Directory directory;
    client::Reconciliation reconciliation;
    client::Audit audit;
    client::Admin admin;
  };

  Surroundings& surroundings_;
  const GlobalOptions& options_;
  Output out_;
  std::optional<Contexts> contexts_;
  std::unique_ptr<client::Connection> connection_;
  std::unique_ptr<Calls> calls_;
  bool found_ = false;
  absl::Time began_;
  absl::Time last_progress_;
  bool progress_shown_ = false;
};

}  // namespace waystation::wayctl

#endif  // CLIENT_WAYCTL_SESSION_H_
