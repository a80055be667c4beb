// SPDX-License-Identifier: Apache-2.0
// What the targets of this folder share. A target is one file that defines
// LLVMFuzzerTestOneInput. Built by the preset `fuzz` it is libFuzzer's, which
// makes up inputs; built by any other, replay.cc gives it the corpus.
#ifndef TESTS_FUZZ_FUZZ_H_
#define TESTS_FUZZ_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Ends the process where what the readers promise does not hold of the input.
#define WAYSTATION_HOLDS(...)           \
  ((__VA_ARGS__) ? static_cast<void>(0) \
                 : waystation::fuzz::Broken(#__VA_ARGS__, __FILE__, __LINE__))

namespace waystation::fuzz {

[[noreturn]] void Broken(const char* promise, const char* file, int line);

// An input whose last byte chooses how the rest is read, so that files of a
// corpus look like the files that they stand for.
struct Chosen {
  std::string_view bytes;
  std::uint8_t choice = 0;
};
inline Chosen TakeChoice(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return {};
  return {input.substr(0, size - 1), data[size - 1]};
}

// A file that is on no disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  int file_;
  std::string path_;
};

// An empty folder in memory, where there is such a place; gone when it goes.
// Its path is the same in each run: libFuzzer makes inputs of what is compared.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  // Removes what is in it.
  void Clear();

 private:
  std::string made_;
  int folder_ = -1;
  std::string path_;
};

}  // namespace waystation::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

#endif  // TESTS_FUZZ_FUZZ_H_
