// SPDX-License-Identifier: Apache-2.0
// Randomness in small pieces: the generator is asked for a few kilobytes at a
// time, since each call to it costs more than a seal.
#ifndef WAYSTATION_SERVER_HUB_RANDOM_POOL_H_
#define WAYSTATION_SERVER_HUB_RANDOM_POOL_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <utility>

namespace waystation::hub {

// Thread-safe. A byte is given out once and wiped from the pool.
class RandomPool {
 public:
  // `fill` fills a buffer with random bytes.
  explicit RandomPool(std::function<void(void*, size_t)> fill)
      : fill_(std::move(fill)) {}

  void Fill(std::span<uint8_t> out) {
    const std::lock_guard lock(mutex_);
    if (out.size() > pool_.size()) {
      fill_(out.data(), out.size());
      return;
    }
    if (out.size() > pool_.size() - used_) {
      fill_(pool_.data(), pool_.size());
      used_ = 0;
    }
    const auto piece = std::span(pool_).subspan(used_, out.size());
    std::ranges::copy(piece, out.begin());
    std::ranges::fill(piece, uint8_t{0});
    used_ += out.size();
  }

  template <size_t kSize>
  std::array<uint8_t, kSize> Draw() {
    std::array<uint8_t, kSize> bytes;
    Fill(bytes);
    return bytes;
  }

 private:
  const std::function<void(void*, size_t)> fill_;
  std::mutex mutex_;
  std::array<uint8_t, 4096> pool_{};
  size_t used_ = pool_.size();
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_RANDOM_POOL_H_
