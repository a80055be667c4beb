// SPDX-License-Identifier: Apache-2.0
// Numbers and byte strings end to end in one column, as protobuf writes them:
// numbers in groups of seven bits, least significant first; strings behind
// their length.
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_PACKING_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_PACKING_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace waystation::storage {

inline void PackNumber(uint64_t number, std::string& to) {
  for (; number >= 0x80; number >>= 7) {
    to.push_back(static_cast<char>(number | 0x80));
  }
  to.push_back(static_cast<char>(number));
}

inline void PackBytes(std::string_view bytes, std::string& to) {
  PackNumber(bytes.size(), to);
  to.append(bytes);
}

// Reads what was packed. Past the end, and for what nobody packed, it answers
// zeros and is no longer ok().
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  // More is to come.
  explicit operator bool() const { return ok_ && !rest_.empty(); }

  uint64_t Number() {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      number |= uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return number;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Bytes() { return Take(Number()); }
  template <size_t size>
  std::array<uint8_t, size> Array() {
    std::array<uint8_t, size> array{};
    const std::string_view bytes = Take(size);
    if (ok_) std::memcpy(array.data(), bytes.data(), size);
    return array;
  }

 private:
  std::string_view Take(uint64_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_PACKING_H_
