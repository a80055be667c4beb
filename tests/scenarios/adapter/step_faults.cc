// SPDX-License-Identifier: Apache-2.0
// Loaded into a program before its libraries (LD_PRELOAD): counts what it does
// to files below a folder and to its sockets, and lets one step be its last, or
// the disk be full from one step on.
//
//     WAYSTATION_FAULT_FOLDER  files below it count
//     WAYSTATION_KILL_AT       the step at which the program dies; of a write
//                              half is done
//     WAYSTATION_FULL_FROM     the step from which on nothing can be written
//     WAYSTATION_COUNT_FILE    gets the number of steps when the program ends
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> steps = 0;

long Number(const char* name) {
  const char* text = getenv(name);
  return text == nullptr ? LONG_MAX : atol(text);
}

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool IsBelow(const char* path) {
  static const char* const folder = getenv("WAYSTATION_FAULT_FOLDER");
  return folder != nullptr && strncmp(path, folder, strlen(folder)) == 0;
}

bool IsBelow(int file) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return IsBelow(path);
}

enum class Step { kGoesOn, kIsLast, kFindsDiskFull };

Step Take() {
  static const long kill_at = Number("WAYSTATION_KILL_AT");
  static const long full_from = Number("WAYSTATION_FULL_FROM");
  const long step = ++steps;
  if (step == kill_at) return Step::kIsLast;
  return step >= full_from ? Step::kFindsDiskFull : Step::kGoesOn;
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// One call on a file below the folder; `half` does half of it.
template <typename Whole, typename Half>
auto Act(bool below, Whole whole, Half half) -> decltype(whole()) {
  if (!below) return whole();
  switch (Take()) {
    case Step::kIsLast:
      half();
      Die();
    case Step::kFindsDiskFull:
      errno = ENOSPC;
      return -1;
    case Step::kGoesOn:
      break;
  }
  return whole();
}

const struct AtExit {
  ~AtExit() {
    const char* path = getenv("WAYSTATION_COUNT_FILE");
    if (path == nullptr) return;
    std::FILE* file = std::fopen(path, "w");
    if (file == nullptr) return;
    std::fprintf(file, "%ld\n", steps.load());
    std::fclose(file);
  }
} at_exit;

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static auto* const next = Next<decltype(write)>("write");
  return Act(
      IsBelow(file), [&] { return next(file, bytes, size); },
      [&] { return next(file, bytes, size / 2); });
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static auto* const next = Next<decltype(pwrite64)>("pwrite64");
  return Act(
      IsBelow(file), [&] { return next(file, bytes, size, at); },
      [&] { return next(file, bytes, size / 2, at); });
}

// What could be written can be made durable, on a full disk too.
int fsync(int file) {
  static auto* const next = Next<decltype(fsync)>("fsync");
  if (IsBelow(file) && Take() == Step::kIsLast) Die();
  return next(file);
}

int fdatasync(int file) {
  static auto* const next = Next<decltype(fdatasync)>("fdatasync");
  if (IsBelow(file) && Take() == Step::kIsLast) Die();
  return next(file);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const next = Next<int(const char*, const char*)>("rename");
  return Act(
      IsBelow(to), [&] { return next(from, to); }, [] {});
}

int link(const char* from, const char* to) noexcept {
  static auto* const next = Next<int(const char*, const char*)>("link");
  return Act(
      IsBelow(to), [&] { return next(from, to); }, [] {});
}

// Also on a full disk: it frees space.
int unlink(const char* path) noexcept {
  static auto* const next = Next<int(const char*)>("unlink");
  if (IsBelow(path) && Take() == Step::kIsLast) Die();
  return next(path);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static auto* const next = Next<decltype(sendmsg)>("sendmsg");
  if (Take() == Step::kIsLast) Die();
  return next(socket, message, flags);
}

}  // extern "C"
