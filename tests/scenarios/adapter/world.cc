// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/adapter/world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "adapters/framework/decoding/charset.h"
#include "waystation/connection.h"
#include "waystation/services.h"
#include "waystation/v1/registry_service.pb.h"

extern char** environ;

namespace waystation::scenarios {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& PoliceColumns() {
  static const auto* const kColumns = new std::vector<std::string>{
      "RYBH",      "XM",      "BM",      "SFZH",   "XB",      "MZ",
      "CSRQ",      "XL",      "HYZK",    "JZSY",   "DDBDRQ",  "NJZQX",
      "CZHKSZDZZ", "HJDXZQH", "XZDXZQH", "XJZDZZ", "LXFS_SJ", "JZZBH",
      "JZZYXQ",    "SFSY",    "ZHXGSJ",  "ZXSJ"};
  return *kColumns;
}

// What an adapter reads, and why it reads its mailbox.
struct AgencySetup {
  std::string_view agency;  // or its sector
  std::string_view source;
  std::string_view files;
  std::string_view purpose;
  std::string_view mapping = "mapping.yaml";
};
constexpr AgencySetup kAgencies[] = {
    {"public_security", "ldrk", "*.csv", "residence_registration"},
    {"labor", "ac01", "*.txt", "social_insurance_transfer"},
    // The older system of the place of origin writes tables.
    {"health.341200", "jmjkda", "*.csv", "public_health_service",
     "mapping_csv.yaml"},
    {"health", "patient", "*json", "public_health_service"},
    {"commerce", "jyz", "*.dbf", "business_service"},
};

const AgencySetup& SetupOf(std::string_view id) {
  return *std::find_if(
      std::begin(kAgencies), std::end(kAgencies),
      [&](const AgencySetup& setup) { return id.starts_with(setup.agency); });
}

// A port that nobody uses now; the hub keeps it from one start to the next.
int FreePort() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(socket_fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket_fd);
  return ntohs(address.sin_port);
}

}  // namespace

Ran RunCommand(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> part;
  for (std::size_t got;
       (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    ran.out.append(part.data(), got);
  }
  const int status = pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ran;
}

Measured RunMeasured(const std::string& command) {
  const std::string line = "exec " + command + " >/dev/null 2>&1";
  const char* const argv[] = {"sh", "-c", line.c_str(), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(posix_spawn(&pid, "/bin/sh", nullptr, nullptr,
                        const_cast<char* const*>(argv), environ),
            0);
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
          usage.ru_maxrss};
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteAll(const std::string& path, std::string_view bytes) {
  // As exporters should: written aside, then moved into place.
  std::ofstream(path + ".part", std::ios::binary) << bytes;
  fs::rename(path + ".part", path);
}

std::string ToGb(std::string_view utf8) {
  std::string bytes;
  EXPECT_EQ(adapters::Encode(adapters::Charset::kGb18030, utf8, bytes),
            std::nullopt);
  return bytes;
}

std::string FromGb(std::string_view bytes) {
  std::string text;
  EXPECT_EQ(adapters::Decode(adapters::Charset::kGb18030, bytes, text),
            std::nullopt);
  return text;
}

void WaitUntil(const std::string& what, bool (*done)(void*), void* context) {
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  while (!done(context)) {
    if (absl::Now() > deadline) {
      FAIL() << "waited a minute for: " << what;
    }
    absl::SleepFor(absl::Milliseconds(20));
  }
}

std::string PoliceHeader() {
  return absl::StrJoin(PoliceColumns(), ",") + "\n";
}

std::string PoliceRow(const Row& row) {
  const std::map<std::string, std::string> values = {{"RYBH", row.key},
                                                     {"XM", row.name},
                                                     {"SFZH", row.number},
                                                     {"CSRQ", row.birth},
                                                     {"XB", "1"},
                                                     {"MZ", "01"},
                                                     {"HYZK", "20"},
                                                     {"SFSY", "1"},
                                                     {"XZDXZQH", row.division},
                                                     {"XJZDZZ", row.address},
                                                     {"DDBDRQ", row.arrived},
                                                     {"LXFS_SJ", row.phone},
                                                     {"ZHXGSJ", row.modified}};
  std::vector<std::string> fields;
  for (const std::string& column : PoliceColumns()) {
    const auto found = values.find(column);
    fields.push_back(found == values.end() ? "" : found->second);
  }
  return absl::StrJoin(fields, ",") + "\n";
}

std::string PoliceFile(const std::vector<Row>& rows) {
  std::string text = PoliceHeader();
  for (const Row& row : rows) text += PoliceRow(row);
  return ToGb(text);
}

Process::Process(const std::vector<std::string>& arguments,
                 const std::string& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  EXPECT_EQ(
      posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
}

Process::~Process() {
  if (pid_ <= 0) return;
  Signal(SIGKILL);
  Wait();
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

void Process::Signal(int signal) const { kill(pid_, signal); }

int Process::Wait() {
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

World::World()
    : folder_(absl::StrCat(testing::TempDir(), "adapter_scenario_", getpid())),
      port_(FreePort()) {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
}

World::~World() {
  StopHub();
  if (testing::Test::HasFailure()) {
    std::fprintf(stderr, "hub: %s\n", ReadAll(folder_ + "/hub.log").c_str());
  }
  fs::remove_all(folder_);
}

void World::StartHub() {
  const std::string log = folder_ + "/hub.log";
  fs::remove(log);
  hub_ =
      Process({std::string(WAYSTATION_BIN_DIR) + "/waystationd", "dev", "--dir",
               folder_ + "/hub", "--listen", absl::StrCat("127.0.0.1:", port_)},
              log);
  WaitFor("the hub",
          [&] { return ReadAll(log).find("\nready") != std::string::npos; });
}

void World::StopHub() {
  if (!hub_.running()) return;
  hub_.Signal(SIGTERM);
  EXPECT_EQ(hub_.Wait(), 0);
}

void World::KillHub() {
  hub_.Signal(SIGKILL);
  hub_.Wait();
}

std::string World::Agency(const std::string& id) {
  const std::string folder = folder_ + "/" + id;
  if (fs::exists(folder)) return folder;
  fs::create_directories(folder + "/in");
  const std::string sector = id.substr(0, id.find('.'));
  const AgencySetup& setup = SetupOf(id);
  const std::string mapping =
      absl::StrCat(WAYSTATION_SOURCE_DIR, "/adapters/", sector, "/",
                   std::string(setup.mapping));
  WriteAll(folder + "/adapter.yaml",
           absl::StrCat(
               "agency: ", id, "\nstate: state\npoll: 200ms\n",
               "demo_numbers: true\n", "hub:\n  hubs: [\"127.0.0.1:", port_,
               "\"]\n  ca: ../hub/tls/ca.pem\n  cert: ../hub/clients/", id,
               ".pem\n  key: ../hub/clients/", id,
               ".key\nsubmission_key: {key_id: dev, key: ../hub/clients/", id,
               ".signing}\nsources:\n  - {name: ", std::string(setup.source),
               ", files: \"in/", std::string(setup.files), "\", mapping: ",
               mapping, "}\nmailbox: {folder: out, mapping: ", mapping,
               ", purpose: ", std::string(setup.purpose), "}\n"));
  return folder;
}

void World::Configure(const std::string& id, std::string_view yaml) {
  std::ofstream(Agency(id) + "/adapter.yaml", std::ios::app) << yaml << "\n";
}

std::string World::AdapterCommand(const std::string& id,
                                  const std::string& arguments) const {
  return absl::StrCat(WAYSTATION_BIN_DIR, "/waystation-adapter ",
                      id.substr(0, id.find('.')), " --lang en --config ",
                      folder_, "/", id, "/adapter.yaml ", arguments);
}

Ran World::Adapter(const std::string& id, const std::string& arguments) const {
  return RunCommand(AdapterCommand(id, arguments));
}

Process World::StartAdapter(const std::string& id,
                            const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {
      std::string(WAYSTATION_BIN_DIR) + "/waystation-adapter",
      id.substr(0, id.find('.')), "--config",
      folder_ + "/" + id + "/adapter.yaml"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Process(all, folder_ + "/" + id + "/adapter.log");
}

std::unique_ptr<client::Connection> World::Connect(
    const std::string& id) const {
  client::ConnectionOptions options;
  options.hubs = {absl::StrCat("127.0.0.1:", port_)};
  options.ca_file = folder_ + "/hub/tls/ca.pem";
  options.certificate_file = folder_ + "/hub/clients/" + id + ".pem";
  options.key_file = folder_ + "/hub/clients/" + id + ".key";
  auto connection = client::Connection::Open(options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

std::vector<std::string> World::RecordKeys(const std::string& id) const {
  const auto connection = Connect(id);
  const client::Registry registry(*connection);
  std::vector<std::string> keys;
  v1::ListRecordsRequest request;
  for (;;) {
    const auto response = registry.ListRecords(request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return keys;
    for (const auto& record : response->records()) {
      keys.push_back(record.record_key());
    }
    if (response->next_page_token().empty()) break;
    request.set_page_token(response->next_page_token());
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::string World::Delivered(const std::string& id) const {
  const fs::path folder = folder_ + "/" + id + "/out";
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".new") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) text += ReadAll(file);
  // Care providers write UTF-8.
  return id.starts_with("health.") ? text : FromGb(text);
}

}  // namespace waystation::scenarios
