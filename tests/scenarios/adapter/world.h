// SPDX-License-Identifier: Apache-2.0
// A hub and its agencies as real programs: `waystationd dev` and
// `waystation-adapter`, with files between them.
#ifndef TESTS_SCENARIOS_ADAPTER_WORLD_H_
#define TESTS_SCENARIOS_ADAPTER_WORLD_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace waystation::client {
class Connection;
}

namespace waystation::scenarios {

// What a command printed and how it ended.
struct Ran {
  int exit_code = 0;
  std::string out;  // both streams
};
Ran RunCommand(const std::string& command);

// How it ended and the most memory that it held.
struct Measured {
  int exit_code = 0;
  long peak_kib = 0;
};
Measured RunMeasured(const std::string& command);

std::string ReadAll(const std::string& path);
void WriteAll(const std::string& path, std::string_view bytes);
std::string ToGb(std::string_view utf8);
std::string FromGb(std::string_view bytes);

// Waits until `done` or fails the test after a minute.
void WaitUntil(const std::string& what, bool (*done)(void*), void* context);
template <typename Function>
void WaitFor(const std::string& what, Function done) {
  WaitUntil(
      what, [](void* f) { return (*static_cast<Function*>(f))(); }, &done);
}

// One person's row of public security's page; empty columns are left out.
struct Row {
  std::string key;
  std::string name = "张三";
  std::string number = "041202199003070411";
  std::string birth = "1990-03-07";
  std::string division = "";
  std::string address = "";
  std::string arrived = "";
  std::string phone = "";
  std::string modified = "2026-01-01 08:00:00";
};
std::string PoliceHeader();             // with its line end
std::string PoliceRow(const Row& row);  // UTF-8, with its line end
std::string PoliceFile(const std::vector<Row>& rows);  // GB18030

// One program that runs on its own. Killed when it goes out of scope.
class Process {
 public:
  Process() = default;
  // Output goes to the file `log`.
  Process(const std::vector<std::string>& arguments, const std::string& log);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  void Signal(int signal) const;
  // Its exit code, or minus the signal that ended it.
  int Wait();
  bool running() const { return pid_ > 0; }

 private:
  pid_t pid_ = -1;
};

class World {
 public:
  World();
  ~World();

  const std::string& folder() const { return folder_; }

  // The hub can be stopped and started again on the same port; it is not
  // started yet.
  void StartHub();
  void StopHub();
  void KillHub();

  // The folder of an agency's adapter, configured: state/, in/, out/.
  std::string Agency(const std::string& id);
  // A line more for its configuration.
  void Configure(const std::string& id, std::string_view yaml);
  std::string AdapterCommand(const std::string& id,
                             const std::string& arguments) const;
  Ran Adapter(const std::string& id, const std::string& arguments) const;
  Process StartAdapter(const std::string& id,
                       const std::vector<std::string>& arguments) const;

  // The record keys that the hub holds of the agency, sorted.
  std::vector<std::string> RecordKeys(const std::string& id) const;
  std::unique_ptr<client::Connection> Connect(const std::string& id) const;

  // The files that the agency's mailbox brought, joined, in UTF-8.
  std::string Delivered(const std::string& id) const;

 private:
  std::string folder_;
  int port_ = 0;
  Process hub_;
};

}  // namespace waystation::scenarios

#endif  // TESTS_SCENARIOS_ADAPTER_WORLD_H_
