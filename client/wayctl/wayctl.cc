// SPDX-License-Identifier: Apache-2.0
// Connects Run to the process: terminal, environment, signals.
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "client/wayctl/run.h"
#include "client/wayctl/surroundings.h"
#include "proto/language/language.h"

namespace {

using waystation::wayctl::Surroundings;

constexpr int kInterrupted = 130;

// As the terminal was; written before the signal handler is set.
termios terminal_before;
bool is_terminal = false;

// Calls nothing but what is safe in a handler.
extern "C" void Interrupt(int) {
  if (is_terminal) tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
  _exit(kInterrupted);
}

void CatchInterrupt() {
  is_terminal = tcgetattr(STDIN_FILENO, &terminal_before) == 0;
  struct sigaction action = {};
  action.sa_handler = Interrupt;
  sigaction(SIGINT, &action, nullptr);
}

void SetEcho(bool shown) {
  termios terminal = terminal_before;
  if (!shown) terminal.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

int Width() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 80;
  }
  return size.ws_col;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // What went wrong with a call is said once, and by us.
  setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0);
  CatchInterrupt();
  const bool out_is_terminal = isatty(STDOUT_FILENO) != 0;
  Surroundings surroundings{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .in_is_terminal = isatty(STDIN_FILENO) != 0,
      .out_is_terminal = out_is_terminal,
      .err_is_terminal = isatty(STDERR_FILENO) != 0,
      .width = out_is_terminal ? Width() : 0,
      .env =
          [](const char* name) {
            const char* value = std::getenv(name);
            return std::string(value == nullptr ? "" : value);
          },
      .set_echo = SetEcho,
      .locale_folder = waystation::language::LocaleFolder()};
  const int code = waystation::wayctl::Run(
      std::vector<std::string>(argv + 1, argv + argc), surroundings);
  std::cout.flush();
  if (std::cout) return code;
  // What could not be written was not done.
  waystation::wayctl::ReportLostOutput(surroundings);
  return std::max(code, 1);
}
