// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace waystation::fuzz {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void CannotRun(const char* what) {
  std::perror(what);
  std::abort();
}

}  // namespace

void Broken(const char* promise, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, promise);
  std::abort();
}

MemoryFile::MemoryFile(std::string_view bytes)
    : file_(memfd_create("fuzz", MFD_CLOEXEC)),
      path_("/proc/self/fd/" + std::to_string(file_)) {
  if (file_ < 0) CannotRun("memfd_create");
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0) CannotRun("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

MemoryFile::~MemoryFile() { close(file_); }

ScratchFolder::ScratchFolder()
    : made_((fs::is_directory("/dev/shm") ? fs::path("/dev/shm")
                                          : fs::temp_directory_path()) /
            "waystation-fuzz-XXXXXX") {
  if (mkdtemp(made_.data()) == nullptr) CannotRun("mkdtemp");
  folder_ = open(made_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) CannotRun("open");
  path_ = "/proc/self/fd/" + std::to_string(folder_);
}

ScratchFolder::~ScratchFolder() {
  close(folder_);
  std::error_code error;
  fs::remove_all(made_, error);
}

void ScratchFolder::Clear() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    fs::remove_all(entry.path(), error);
  }
}

}  // namespace waystation::fuzz
