// SPDX-License-Identifier: Apache-2.0
// The keyed checksum that every row carries: SipHash-2-4 (Aumasson, Bernstein
// 2012) over the table's number and all columns of the row, its key included,
// so that a row that rotted, was exchanged with another or was put back from
// yesterday is noticed by whoever reads it.
//
//     message := word*             words are 8 bytes, least significant first
//     row     := table column*
//     column  := word | length bytes padding       padding of zeros to a word
#ifndef WAYSTATION_SERVER_STORAGE_ROWS_CHECKSUM_H_
#define WAYSTATION_SERVER_STORAGE_ROWS_CHECKSUM_H_

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace waystation::storage {

// Written into checksums: never renumbered.
enum class Table : uint64_t {
  kStore = 1,
  kRecord = 2,
  kMembership = 3,
  kIdentifier = 4,
  kOpenItem = 5,
  kDecision = 6,
  kObject = 7,
  kMailbox = 8,
  kMailboxReader = 9,
  kLeafEvent = 10,
  kLeafDetails = 11,
  kTile = 12,
  kCheckpoint = 13,
  kCommitGroup = 14,
  kAgency = 15,
  kCosignature = 16,
  kEdge = 17,
  kNewestMark = 18,  // The file of newest_mark.h.
  kNotice = 19,
  kHolderCode = 20,
};

class ChecksumKey {
 public:
  explicit ChecksumKey(const std::array<uint8_t, 16>& bytes) {
    std::memcpy(halves_.data(), bytes.data(), bytes.size());
  }
  uint64_t low() const { return halves_[0]; }
  uint64_t high() const { return halves_[1]; }

 private:
  static_assert(std::endian::native == std::endian::little);
  std::array<uint64_t, 2> halves_{};
};

// That of a store, out of the secret that it is opened with.
ChecksumKey DeriveChecksumKey(const std::array<uint8_t, 32>& secret);

class Checksum {
 public:
  Checksum(const ChecksumKey& key, Table table)
      : v0_(key.low() ^ 0x736f6d6570736575),
        v1_(key.high() ^ 0x646f72616e646f6d),
        v2_(key.low() ^ 0x6c7967656e657261),
        v3_(key.high() ^ 0x7465646279746573) {
    Word(static_cast<uint64_t>(table));
  }

  template <std::integral Number>
  Checksum& Add(Number number) {
    Word(static_cast<uint64_t>(number));
    return *this;
  }
  Checksum& Add(std::string_view bytes);
  template <size_t size>
  Checksum& Add(const std::array<uint8_t, size>& bytes) {
    return Add({reinterpret_cast<const char*>(bytes.data()), size});
  }

  // As databases keep it.
  int64_t Finish();

 private:
  void Round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }
  void Word(uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
    size_ += 8;
  }

  uint64_t v0_;
  uint64_t v1_;
  uint64_t v2_;
  uint64_t v3_;
  uint64_t size_ = 0;
};

}  // namespace waystation::storage

#endif  // WAYSTATION_SERVER_STORAGE_ROWS_CHECKSUM_H_
