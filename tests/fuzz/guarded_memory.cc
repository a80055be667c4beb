// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/guarded_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// A block's pages:
//
//     fill* ~size[8] size[8] block  |  a page that cannot be touched
//
// It has no alignment, since its end is the page's; the processor reads what is
// not aligned as well.
namespace {

constexpr char kFill = '\xA5';
constexpr std::size_t kMost = std::size_t{1} << 30;

struct Head {
  std::size_t not_size = 0;
  std::size_t size = 0;
};

std::size_t PageSize() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// Bytes of the pages that a block of `size` stands in, without the last.
std::size_t PagesFor(std::size_t size) {
  return (sizeof(Head) + size + PageSize() - 1) / PageSize() * PageSize();
}

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "guarded memory: %s\n", what);
  std::abort();
}

Head HeadOf(const char* block) {
  Head head;
  std::memcpy(&head, block - sizeof(head), sizeof(head));
  if (head.not_size != ~head.size) Fail("written before a block, or no block");
  return head;
}

}  // namespace

void* GuardedMalloc(std::size_t size) {
  if (size > kMost) return nullptr;
  const std::size_t pages = PagesFor(size);
  void* const mapped = mmap(nullptr, pages + PageSize(), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const begin = static_cast<char*>(mapped);
  if (mprotect(begin + pages, PageSize(), PROT_NONE) != 0) Fail("mprotect");
  std::memset(begin, kFill, pages);
  char* const block = begin + pages - size;
  const Head head{.not_size = ~size, .size = size};
  std::memcpy(block - sizeof(head), &head, sizeof(head));
  return block;
}

void* GuardedCalloc(std::size_t count, std::size_t size) {
  if (size != 0 && count > kMost / size) return nullptr;
  void* const block = GuardedMalloc(count * size);
  if (block != nullptr) std::memset(block, 0, count * size);
  return block;
}

void* GuardedRealloc(void* block, std::size_t size) {
  if (block == nullptr) return GuardedMalloc(size);
  void* const moved = GuardedMalloc(size);
  if (moved == nullptr) return nullptr;
  const Head head = HeadOf(static_cast<const char*>(block));
  std::memcpy(moved, block, std::min(size, head.size));
  GuardedFree(block);
  return moved;
}

void GuardedFree(void* block) {
  if (block == nullptr) return;
  char* const end = static_cast<char*>(block);
  const Head head = HeadOf(end);
  const std::size_t pages = PagesFor(head.size);
  char* const begin = end + head.size - pages;
  if (std::any_of(begin, end - sizeof(head),
                  [](char c) { return c != kFill; })) {
    Fail("written before a block");
  }
  if (munmap(begin, pages + PageSize()) != 0) Fail("munmap");
}
