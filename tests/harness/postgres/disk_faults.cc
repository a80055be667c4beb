// SPDX-License-Identifier: Apache-2.0
// Preloaded into a PostgreSQL server under test: a disk that is full, or that
// does not sync. The folder of $WAYSTATION_DISK says which:
//
//     full     is there: nothing that makes a file longer is written
//     syncs    a digit n: the n-th sync from now fails, once
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

struct Path {
  explicit Path(const char* name) {
    const char* const folder = std::getenv("WAYSTATION_DISK");
    if (folder != nullptr) {
      std::snprintf(text, sizeof(text), "%s/%s", folder, name);
    }
  }
  char text[512] = "";
};

bool IsRefused(int file, off64_t end) {
  const Path full("full");
  if (full.text[0] == '\0' || access(full.text, F_OK) != 0) return false;
  struct stat held;
  if (fstat(file, &held) != 0 || !S_ISREG(held.st_mode) ||
      end <= held.st_size) {
    return false;
  }
  errno = ENOSPC;
  return true;
}

// Counts one sync; whether it is the one that fails.
bool SyncFails() {
  const Path syncs("syncs");
  const int file = open(syncs.text, O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  char left = '0';
  const bool counts = pread(file, &left, 1, 0) == 1 && left > '0';
  if (counts) {
    --left;
    if (pwrite(file, &left, 1, 0) != 1) std::abort();
  }
  close(file);
  if (!counts || left != '0') return false;
  errno = EIO;
  return true;
}

// What stands behind it in the system's library.
template <typename Function>
Function* Next(Function* /*this_one*/, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  if (IsRefused(file, at + static_cast<off64_t>(size))) return -1;
  return Next(pwrite64, "pwrite64")(file, bytes, size, at);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return pwrite64(file, bytes, size, at);
}

ssize_t pwritev64(int file, const iovec* pieces, int count, off64_t at) {
  off64_t end = at;
  for (int i = 0; i < count; ++i) {
    end += static_cast<off64_t>(pieces[i].iov_len);
  }
  if (IsRefused(file, end)) return -1;
  return Next(pwritev64, "pwritev64")(file, pieces, count, at);
}
ssize_t pwritev(int file, const iovec* pieces, int count, off_t at) {
  return pwritev64(file, pieces, count, at);
}

int fsync(int file) { return SyncFails() ? -1 : Next(fsync, "fsync")(file); }
int fdatasync(int file) {
  return SyncFails() ? -1 : Next(fdatasync, "fdatasync")(file);
}

}  // extern "C"
