// SPDX-License-Identifier: Apache-2.0
// The memory that SQLite asks for, of which a test lets a piece be missing.
// Included by one file of a program, which has not used SQLite before main.
#ifndef WAYSTATION_TESTS_HARNESS_SQLITE_MEMORY_H_
#define WAYSTATION_TESTS_HARNESS_SQLITE_MEMORY_H_

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace waystation::harness {

class SqliteMemory {
 public:
  // How long it is missing.
  enum class Want { kOnce, kLasting };

  // From now on the nth piece is not given; of those that `thread` asks for, or
  // of all.
  static void FailNth(int64_t n, Want want, std::thread::id thread = {}) {
    want_ = want;
    thread_ = thread;
    failed_ = false;
    asked_ = 0;
    nth_ = n;
  }
  static bool has_failed() { return failed_; }
  // How many have been asked for since FailNth.
  static int64_t asked() { return asked_; }
  // From now on there is enough.
  static void Rest() { nth_ = kNever; }

 private:
  static constexpr int64_t kNever = 0;

  static bool IsThere() {
    if (nth_ == kNever) return true;
    const std::thread::id thread = thread_;
    if (thread != std::thread::id() && thread != std::this_thread::get_id()) {
      return true;
    }
    const int64_t asked = ++asked_;
    const int64_t nth = nth_;
    if (nth == kNever || asked < nth) return true;
    if (asked > nth && want_ == Want::kOnce) return true;
    failed_ = true;
    return false;
  }
  static void* Malloc(int size) {
    return IsThere() ? real_.xMalloc(size) : nullptr;
  }
  static void* Realloc(void* held, int size) {
    return IsThere() ? real_.xRealloc(held, size) : nullptr;
  }
  static bool Take() {
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_) != SQLITE_OK) {
      return false;
    }
    sqlite3_mem_methods own = real_;
    own.xMalloc = Malloc;
    own.xRealloc = Realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &own) == SQLITE_OK;
  }

  static inline sqlite3_mem_methods real_{};
  static inline std::atomic<int64_t> nth_ = kNever;
  static inline std::atomic<int64_t> asked_ = 0;
  static inline std::atomic<Want> want_ = Want::kOnce;
  static inline std::atomic<std::thread::id> thread_{};
  static inline std::atomic<bool> failed_ = false;

 public:
  static inline const bool is_taken = Take();
};

}  // namespace waystation::harness

#endif  // WAYSTATION_TESTS_HARNESS_SQLITE_MEMORY_H_
