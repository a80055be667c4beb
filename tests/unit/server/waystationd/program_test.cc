// SPDX-License-Identifier: Apache-2.0
// The program itself: what it prints, how it ends, and a hub that serves.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/errors/error.h"
#include "proto/runtime/file.h"
#include "server/service/ca.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/submit_stream.h"
#include "waystation/v1/admin_service.pb.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/registry_service.grpc.pb.h"

namespace waystation::waystationd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// One run of waystationd; both outputs go to files.
class Process {
 public:
  Process(const std::vector<std::string>& arguments, const fs::path& output)
      : out_(output.string() + ".out"), err_(output.string() + ".err") {
    std::vector<std::string> all = {WAYSTATION_BIN_DIR "/waystationd"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& argument : all) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), flags, 0600);
    posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    Wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Exit code; minus the signal that ended it.
  int Wait() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int Stop(int signal = SIGTERM) {
    kill(pid_, signal);
    return Wait();
  }
  void Signal(int signal) const { kill(pid_, signal); }
  std::string out() const { return Contents(out_); }
  std::string err() const { return Contents(err_); }

  // Waits until `text` stands in what was printed; false if the program ends
  // before or a minute goes by.
  bool Says(const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < end) {
      if ((out() + err()).find(text) != std::string::npos) return true;
      siginfo_t info{};
      if (waitid(P_PID, static_cast<id_t>(pid_), &info,
                 WEXITED | WNOHANG | WNOWAIT) != 0 ||
          info.si_pid != 0) {
        return (out() + err()).find(text) != std::string::npos;
      }
      poll(nullptr, 0, 20);
    }
    return false;
  }

 private:
  static std::string Contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string out_;
  std::string err_;
  pid_t pid_ = -1;
};

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "waystation-program-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Process Start(const std::vector<std::string>& arguments) {
    return Process(arguments, folder_ / ("run" + std::to_string(runs_++)));
  }
  // A new hub's folder on free ports.
  std::string Init() {
    const std::string folder = folder_ / "hub";
    EXPECT_EQ(Start({"init", folder, "--listen", "127.0.0.1:0", "--http-listen",
                     "127.0.0.1:0"})
                  .Wait(),
              0);
    return folder;
  }
  // Exit code, and the error without the test's own folder in it.
  std::string Refused(const std::vector<std::string>& arguments) {
    Process run = Start(arguments);
    const int code = run.Wait();
    std::string text = run.err();
    for (std::size_t at = 0;
         (at = text.find(folder_.string())) != std::string::npos;) {
      text.erase(at, folder_.string().size() + 1);
    }
    return std::to_string(code) + " " + text.substr(0, text.find('\n'));
  }
  std::unique_ptr<client::Connection> Connect(const std::string& hub,
                                              const std::string& folder,
                                              const std::string& role) {
    client::ConnectionOptions options;
    options.hubs = {hub};
    options.ca_file = folder + "/tls/ca.pem";
    options.certificate_file = folder + "/clients/" + role + ".pem";
    options.key_file = folder + "/clients/" + role + ".key";
    auto connection = client::Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  fs::path folder_;
  int runs_ = 0;
};

// A page of the hub's own HTTP endpoint, its head included.
std::string Get(const std::string& address, const std::string& path) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(
      std::stoi("0" + address.substr(address.rfind(':') + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  std::string answer;
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n";
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  close(fd);
  return answer;
}

constexpr char kName[] = "张小花";
constexpr char kAddress[] = "金桥路66号集体宿舍";

std::string MadeUpUpdate(const std::string& key, std::uint64_t revision) {
  v1::Update update;
  update.set_record_key(key);
  update.set_revision(revision);
  update.mutable_claims()->mutable_name()->set_full(kName);
  update.mutable_claims()->mutable_residence()->set_address(kAddress);
  update.mutable_mask()->add_paths("name");
  update.mutable_mask()->add_paths("residence");
  return update.SerializeAsString();
}

// "127.0.0.1:4711" behind `before` in `text`.
std::string AddressAfter(const std::string& before, const std::string& text) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + before.size();
  const std::size_t colon = text.find(':', begin);
  return text.substr(begin,
                     text.find_first_not_of("0123456789", colon + 1) - begin);
}

TEST_F(ProgramTest, SaysWhatItIs) {
  Process version = Start({"--version"});
  EXPECT_EQ(version.Wait(), 0);
  EXPECT_THAT(version.out(), testing::MatchesRegex("waystationd [0-9.]+\n"));
  Process help = Start({"--help"});
  EXPECT_EQ(help.Wait(), 0);
  for (const std::string_view word : {"--config", "dev", "init", "certify"}) {
    EXPECT_THAT(help.out(), HasSubstr(std::string(word)));
  }
  EXPECT_EQ(Start({}).Wait(), 2);
  EXPECT_EQ(Start({"frobnicate"}).Wait(), 2);
  EXPECT_EQ(Start({"dev", "--people", "real"}).Wait(), 2);
  EXPECT_EQ(Start({"--config", "hub.yaml", "dev"}).Wait(), 2);
}

// Each is one line that names the place and the rule, and ends with the exit
// code of its reason.
TEST_F(ProgramTest, SaysWhatIsWrong) {
  const std::string hub = Init();
  const std::vector<std::string> serve = {"--config", hub + "/hub.yaml"};
  const std::string yaml = *runtime::ReadFile(hub + "/hub.yaml");

  EXPECT_EQ(Refused({"--config", folder_ / "no.yaml"}),
            "6 waystationd: The file cannot be read (no.yaml: No such file or "
            "directory) [FILE_MISSING]");
  EXPECT_EQ(Refused({"init", hub}),
            "1 waystationd: The folder is not empty; nothing is overwritten "
            "(hub) [FOLDER_NOT_EMPTY]");
  EXPECT_THAT(Refused({"init", folder_ / "x", "--trust-domain", "A B"}),
              testing::StartsWith("2 waystationd: The command line"));
  EXPECT_THAT(Refused({"init", folder_ / "x", "--listen", "7443"}),
              testing::StartsWith("2 waystationd: The command line"));

  EXPECT_THAT(
      Refused({"dev", "--http-listen", "0.0.0.0:0"}),
      testing::AllOf(testing::StartsWith("2 "), HasSubstr("[NOT_LOOPBACK]")));

  runtime::ReplaceFile(hub + "/hub.yaml", "lisen: x\n" + yaml).IgnoreError();
  EXPECT_EQ(Refused(serve),
            "2 waystationd: hub/hub.yaml:1:1: there is no key \"lisen\" here; "
            "did you mean \"listen\"? [CONFIG_INVALID]");
  runtime::ReplaceFile(hub + "/hub.yaml", yaml).IgnoreError();

  fs::permissions(hub + "/keys/hub.keys", fs::perms(0640));
  EXPECT_THAT(Refused(serve), testing::AllOf(testing::StartsWith("1 "),
                                             HasSubstr("hub/keys/hub.keys"),
                                             HasSubstr("[KEY_FILE_MODE]")));
  fs::permissions(hub + "/keys/hub.keys", fs::perms(0600));
  for (const std::string file :
       {"keys/hub.keys", "keys/log.pem", "tls/hub.key", "tls/ca.key"}) {
    fs::rename(hub + "/" + file, hub + "/away");
    EXPECT_EQ(Refused(serve), "1 waystationd: The key file is missing (hub/" +
                                  file +
                                  ": No such file or directory) "
                                  "[KEY_FILE_MISSING]");
    fs::rename(hub + "/away", hub + "/" + file);
  }
  fs::rename(hub + "/keys/log.pem", hub + "/away");
  fs::copy(hub + "/tls/hub.key", hub + "/keys/log.pem");
  EXPECT_THAT(Refused(serve), testing::AllOf(HasSubstr("hub/keys/log.pem"),
                                             HasSubstr("[KEY_FILE_INVALID]")));
  fs::remove(hub + "/keys/log.pem");
  fs::rename(hub + "/away", hub + "/keys/log.pem");
  EXPECT_THAT(Refused({"certify", hub, "--identity", "operator/li", "--request",
                       hub + "/hub.yaml", "--out", folder_ / "li.pem"}),
              testing::AllOf(testing::StartsWith("2 "),
                             HasSubstr("[CERTIFICATE_REQUEST_UNREADABLE]")));
}

TEST_F(ProgramTest, SaysThatThereIsNoBackup) {
  EXPECT_EQ(Refused({"backup", "list", "--config", Init() + "/hub.yaml"}),
            "0 There is nothing to list.");
}

TEST_F(ProgramTest, OneStoreHasOneHub) {
  const std::string hub = Init();
  Process first = Start({"--config", hub + "/hub.yaml"});
  ASSERT_TRUE(first.Says("serving on")) << first.err();
  EXPECT_THAT(
      Refused({"--config", hub + "/hub.yaml"}),
      testing::AllOf(testing::StartsWith("1 "), HasSubstr("[STORE_IN_USE]")));
  const std::string address = AddressAfter("serving on ", first.err());

  // Another hub on the same port.
  const std::string other = folder_ / "other";
  EXPECT_EQ(Start({"init", other, "--listen", address, "--http-listen",
                   "127.0.0.1:0"})
                .Wait(),
            0);
  EXPECT_EQ(Refused({"--config", other + "/hub.yaml"}).substr(0, 13),
            "1 waystationd");
  EXPECT_THAT(Refused({"--config", other + "/hub.yaml"}),
              testing::AllOf(HasSubstr(address), HasSubstr("[PORT_TAKEN]")));
  EXPECT_EQ(first.Stop(), 0);
  EXPECT_THAT(first.err(), HasSubstr("stopped"));
}

TEST_F(ProgramTest, ServesAFirstOperatorAndAnAuditor) {
  const std::string hub = Init();
  fs::create_directory(hub + "/clients");
  for (const std::string who : {"operator/li", "auditor/chen"}) {
    const std::string prefix =
        hub + "/clients/" + who.substr(who.find('/') + 1);
    const std::string key = service::NewKeyPem();
    ASSERT_TRUE(runtime::WriteNewFile(prefix + ".key", key, 0600).ok());
    ASSERT_TRUE(runtime::WriteNewFile(prefix + ".csr",
                                      *service::NewRequestPem(key, who))
                    .ok());
    ASSERT_EQ(Start({"certify", hub, "--identity", who, "--request",
                     prefix + ".csr", "--out", prefix + ".pem"})
                  .Wait(),
              0);
  }
  // Once more into the same file: nothing is overwritten, nor recorded.
  EXPECT_EQ(
      Refused({"certify", hub, "--identity", "operator/li", "--request",
               hub + "/clients/li.csr", "--out", hub + "/clients/li.pem"}),
      "5 waystationd: This exists already (hub/clients/li.pem) "
      "[EXISTS_ALREADY]");
  Process run = Start({"--config", hub + "/hub.yaml"});
  ASSERT_TRUE(run.Says("serving on")) << run.err();
  const std::string address = AddressAfter("serving on ", run.err());
  {
    const auto operator_li = Connect(address, hub, "li");
    v1::ListCertificatesResponse certificates;
    const auto listed = client::Admin(*operator_li).ListCertificates({});
    ASSERT_TRUE(listed.ok()) << listed.status();
    EXPECT_EQ(listed->certificates_size(), 3)
        << "both have their audit entry, and the hub's own";
    const auto auditor = Connect(address, hub, "chen");
    const auto events = client::Audit(*auditor).ListEvents({});
    ASSERT_TRUE(events.ok()) << events.status();
    int signed_ones = 0;
    for (const auto& event : events->events()) {
      if (event.event().act() == "certificate.sign") ++signed_ones;
    }
    EXPECT_EQ(signed_ones, 3);
    EXPECT_EQ(errors::ReasonOf(client::Admin(*auditor).PutAgency({}).status()),
              "WRONG_ROLE");
  }
  EXPECT_EQ(run.Stop(SIGINT), 0);
}

TEST_F(ProgramTest, DevServesAHubForEveryRole) {
  const std::string folder = folder_ / "dev";
  Process run = Start({"dev", "--dir", folder, "--people", "none"});
  ASSERT_TRUE(run.Says("\nready\n")) << run.err();
  const std::string address = AddressAfter("serves on ", run.out());
  for (const std::string role :
       {"operator", "office", "auditor", "clerk", "labor.320500",
        "labor.341200", "public_security.320500", "public_security.341200"}) {
    EXPECT_TRUE(fs::exists(folder + "/clients/" + role + ".pem")) << role;
    EXPECT_THAT(run.out(), HasSubstr(role));
  }
  {
    const auto agency = Connect(address, folder, "labor.320500");
    const auto records = client::Registry(*agency).ListRecords({});
    ASSERT_TRUE(records.ok()) << records.status();
    EXPECT_EQ(records->records_size(), 0);
    const auto admin = Connect(address, folder, "operator");
    const auto agreements = client::Admin(*admin).ListAgreements({});
    ASSERT_TRUE(agreements.ok()) << agreements.status();
    EXPECT_GE(agreements->agreements_size(), 3);
    const auto agencies = client::Admin(*admin).ListAgencies({});
    ASSERT_TRUE(agencies.ok());
    EXPECT_EQ(agencies->agencies_size(), 8);
  }
  run.Signal(SIGHUP);
  EXPECT_TRUE(run.Says("were read again")) << run.err();
  EXPECT_EQ(run.Stop(), 0);

  // The same folder again, with what it holds.
  Process again = Start({"dev", "--dir", folder});
  ASSERT_TRUE(again.Says("\nready\n")) << again.err();
  {
    const auto admin =
        Connect(AddressAfter("serves on ", again.out()), folder, "operator");
    const auto agencies = client::Admin(*admin).ListAgencies({});
    ASSERT_TRUE(agencies.ok()) << agencies.status();
    EXPECT_EQ(agencies->agencies_size(), 8);
  }
  EXPECT_EQ(again.Stop(), 0);
}

// Sends frames of one update until the hub ends the stream, and counts those
// that it acknowledged, here and in `all`.
int SendUntilStopped(const client::Connection& connection,
                     const std::string& prefix, std::atomic<int>& all) {
  grpc::ClientContext context;
  const auto stub = v1::RegistryService::NewStub(connection.channel(0));
  const auto stream = stub->SubmitRecords(&context);
  std::thread writer([&] {
    v1::SubmitRecordsRequest request;
    for (std::uint64_t number = 1;; ++number) {
      request.set_frame_number(number);
      request.mutable_frame()->clear_updates();
      request.mutable_frame()->add_updates(
          MadeUpUpdate(prefix + std::to_string(number), 1));
      if (!stream->Write(request)) return;
    }
  });
  int acknowledged = 0;
  v1::SubmitRecordsResponse response;
  while (stream->Read(&response)) {
    ++acknowledged;
    ++all;
    all.notify_all();
  }
  writer.join();
  stream->Finish().IgnoreError();
  return acknowledged;
}

// What a hub has taken in it also answers: after a stop under load its store
// holds what was acknowledged, no record less and no record more.
TEST_F(ProgramTest, AnswersWhatItHasTakenBeforeItStops) {
  const std::string folder = folder_ / "dev";
  Process made = Start({"dev", "--dir", folder});
  ASSERT_TRUE(made.Says("\nready\n")) << made.err();
  ASSERT_EQ(made.Stop(), 0);
  std::string yaml = *runtime::ReadFile(folder + "/hub.yaml");
  constexpr std::string_view kInfo = "log_level: info";
  yaml.replace(yaml.find(kInfo), kInfo.size(), "log_level: debug");
  ASSERT_TRUE(runtime::ReplaceFile(folder + "/hub.yaml", yaml).ok());

  Process run = Start({"dev", "--dir", folder});
  ASSERT_TRUE(run.Says("\nready\n")) << run.err();
  const std::string address = AddressAfter("serves on ", run.out());
  std::atomic<int> all = 0;
  std::vector<std::future<int>> senders;
  std::vector<std::unique_ptr<client::Connection>> connections;
  for (const std::string agency :
       {"labor.320500", "labor.341200", "public_security.320500"}) {
    connections.push_back(Connect(address, folder, agency));
    senders.push_back(std::async(std::launch::async, [&, agency] {
      return SendUntilStopped(*connections.back(), agency + "-", all);
    }));
  }
  for (int seen = all; seen < 300; seen = all) all.wait(seen);
  EXPECT_EQ(run.Stop(), 0);
  int acknowledged = 0;
  for (auto& sender : senders) acknowledged += sender.get();
  EXPECT_GE(acknowledged, 300);
  // Whoever reads the log learns nothing about anybody.
  EXPECT_THAT(run.err(), testing::Not(HasSubstr(kName)));
  EXPECT_THAT(run.err(), testing::Not(HasSubstr(kAddress)));

  Process again = Start({"dev", "--dir", folder});
  ASSERT_TRUE(again.Says("\nready\n")) << again.err();
  const auto admin =
      Connect(AddressAfter("serves on ", again.out()), folder, "operator");
  const auto status = client::Admin(*admin).GetHubStatus({});
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->records(), acknowledged);
  EXPECT_EQ(again.Stop(), 0);
}

TEST_F(ProgramTest, TellsTheMachineHowItIs) {
  const std::string hub = Init();
  Process run = Start({"--config", hub + "/hub.yaml"});
  ASSERT_TRUE(run.Says("serving on")) << run.err();
  const std::string address =
      AddressAfter("health and metrics on http://", run.err());
  EXPECT_THAT(Get(address, "/healthz"), testing::EndsWith("\r\n\r\nok\n"));
  EXPECT_THAT(Get(address, "/readyz"), testing::EndsWith("\r\n\r\nready\n"));
  const std::string metrics = Get(address, "/metrics");
  EXPECT_THAT(metrics, HasSubstr("\nwaystation_ready 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nwaystation_commit_seconds_count "));
  EXPECT_THAT(Get(address, "/else"), testing::StartsWith("HTTP/1.1 404"));
  EXPECT_EQ(run.Stop(), 0);
}

// The hub is a process of its own here, so nothing but the client moves the
// client's connections on.
TEST_F(ProgramTest, ClientsComeBackToAHubThatWasKilled) {
  const std::string folder = folder_ / "dev";
  Process first = Start({"dev", "--dir", folder});
  ASSERT_TRUE(first.Says("\nready\n")) << first.err();
  const std::string address = AddressAfter("serves on ", first.out());
  const auto connection = Connect(address, folder, "labor.320500");
  const auto caller = Connect(address, folder, "labor.320500");
  ASSERT_TRUE(client::Registry(*caller).ListRecords({}).ok());

  std::mutex mutex;
  std::condition_variable changed;
  int waits = 0;
  client::SubmitOptions options;
  options.patience = absl::Minutes(1);
  options.on_wait = [&](const absl::Status&, absl::Duration) {
    const std::lock_guard lock(mutex);
    ++waits;
    changed.notify_all();
  };
  client::SubmitStream stream(
      *connection, options,
      [](const client::Acknowledged&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.Add(1, MadeUpUpdate("A-1", 1)).ok());
  ASSERT_TRUE(stream.Finish().ok());

  EXPECT_EQ(first.Stop(SIGKILL), -SIGKILL);
  ASSERT_TRUE(stream.Add(2, MadeUpUpdate("A-1", 2)).ok());
  ASSERT_TRUE(stream.Flush().ok());
  EXPECT_TRUE(
      absl::IsUnavailable(client::Registry(*caller).ListRecords({}).status()));
  {
    // Both have tried in vain.
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waits >= 2; });
  }
  Process second = Start({"dev", "--dir", folder, "--listen", address});
  ASSERT_TRUE(second.Says("\nready\n")) << second.err();
  const absl::Status finished = stream.Finish();
  EXPECT_TRUE(finished.ok()) << finished;
  const auto records = client::Registry(*caller).ListRecords({});
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->records_size(), 1);
  EXPECT_EQ(second.Stop(), 0);
}

}  // namespace
}  // namespace waystation::waystationd
