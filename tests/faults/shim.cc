// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library (LD_PRELOAD), it gives one program a clock that
// jumps and a disk that is full, and counts what it syncs. The file that
// WAYSTATION_SHIM names is
//
//     control := clock full syncs folder
//     clock   := seconds that the wall clock is ahead, 8 bytes, may be negative
//     full    := 8 bytes, not 0 while nothing fits below `folder` any more
//     syncs   := 8 bytes, how often a file below `folder` was synced
//     folder  := 232 bytes, padded with zeros
//
// numbers least significant byte first, and may be changed while it runs.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

struct Control {
  std::atomic<std::int64_t> clock;
  std::atomic<std::int64_t> full;
  std::atomic<std::int64_t> syncs;
  char folder[232];
};
static_assert(sizeof(Control) == 256);

Control& TheControl() {
  static Control* const control = [] {
    const char* const path = std::getenv("WAYSTATION_SHIM");
    const int file = open(path == nullptr ? "" : path, O_RDWR | O_CLOEXEC);
    void* const mapped = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE,
                              MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) std::abort();
    close(file);
    return static_cast<Control*>(mapped);
  }();
  return *control;
}

// The function of this name that the program would have called.
template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// A time of the clock that jumps, by the kernel's.
timespec KernelsTime(timespec time) {
  time.tv_sec -= TheControl().clock;
  return time;
}

// Whether the file lies below the folder that the control names. Allocates
// nothing: it is called from anywhere.
bool IsBelowFolder(int file) {
  const Control& control = TheControl();
  char link[32] = "/proc/self/fd/";
  char* digit = link + sizeof link - 1;
  *digit = '\0';
  for (int rest = file;; rest /= 10) {
    *--digit = static_cast<char>('0' + rest % 10);
    if (rest < 10) break;
  }
  std::memmove(link + std::strlen("/proc/self/fd/"), digit,
               std::strlen(digit) + 1);
  char path[512];
  const ssize_t length = readlink(link, path, sizeof path);
  const std::size_t prefix = strnlen(control.folder, sizeof control.folder);
  return prefix > 0 && length >= static_cast<ssize_t>(prefix) &&
         std::memcmp(path, control.folder, prefix) == 0;
}

// What is there may be written over; what is new finds no room.
bool Fits(int file, std::int64_t end) {
  if (TheControl().full == 0 || !IsBelowFolder(file)) return true;
  struct stat status {};
  return fstat(file, &status) == 0 && end <= status.st_size;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static auto* const next = Next<int(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, time);
  if (clock == CLOCK_REALTIME && result == 0) {
    time->tv_sec += TheControl().clock;
  }
  return result;
}

time_t time(time_t* to) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to != nullptr) *to = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

// Whoever waits until a time of that clock waits by the kernel's, which has not
// jumped.

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  static auto* const next =
      Next<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>(
          "pthread_cond_timedwait");
  const timespec kernels = KernelsTime(*until);
  return next(condition, mutex, &kernels);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           clockid_t clock, const timespec* until) {
  static auto* const next =
      Next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>(
          "pthread_cond_clockwait");
  const timespec kernels =
      clock == CLOCK_REALTIME ? KernelsTime(*until) : *until;
  return next(condition, mutex, clock, &kernels);
}

// Abseil, and with it gRPC, waits by the system call itself.
long syscall(long number, ...) noexcept {
  static auto* const next =
      Next<long(long, long, long, long, long, long, long)>("syscall");
  long arguments[6];
  va_list list;
  va_start(list, number);
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  timespec kernels{};
  if (number == SYS_futex && (arguments[1] & FUTEX_CLOCK_REALTIME) != 0 &&
      arguments[3] != 0) {
    kernels = KernelsTime(*reinterpret_cast<const timespec*>(arguments[3]));
    arguments[3] = reinterpret_cast<long>(&kernels);
  }
  return next(number, arguments[0], arguments[1], arguments[2], arguments[3],
              arguments[4], arguments[5]);
}

ssize_t write(int file, const void* bytes, size_t size) {
  static auto* const next = Next<ssize_t(int, const void*, size_t)>("write");
  const off_t at = lseek(file, 0, SEEK_CUR);
  if (at >= 0 && !Fits(file, at + static_cast<off_t>(size))) {
    errno = ENOSPC;
    return -1;
  }
  return next(file, bytes, size);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static auto* const next =
      Next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (!Fits(file, at + static_cast<off64_t>(size))) {
    errno = ENOSPC;
    return -1;
  }
  return next(file, bytes, size, at);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return pwrite64(file, bytes, size, at);
}

int posix_fallocate64(int file, off64_t at, off64_t size) {
  static auto* const next =
      Next<int(int, off64_t, off64_t)>("posix_fallocate64");
  return Fits(file, at + size) ? next(file, at, size) : ENOSPC;
}

int posix_fallocate(int file, off_t at, off_t size) {
  return posix_fallocate64(file, at, size);
}

int fdatasync(int file) {
  static auto* const next = Next<int(int)>("fdatasync");
  const int result = next(file);
  if (result == 0 && IsBelowFolder(file)) ++TheControl().syncs;
  return result;
}

int fsync(int file) {
  static auto* const next = Next<int(int)>("fsync");
  const int result = next(file);
  if (result == 0 && IsBelowFolder(file)) ++TheControl().syncs;
  return result;
}

}  // extern "C"
