// SPDX-License-Identifier: Apache-2.0
#include "server/hub/names.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

namespace waystation::hub {
namespace {

using storage::OpenItem;

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kTextSize = 26;
constexpr std::string_view kHandle = "p-";
constexpr std::string_view kConflict = "c-";
constexpr std::string_view kCandidate = "k-";
constexpr std::string_view kDrawn = "s-";
constexpr std::string_view kHandleMark = "waystatn";
constexpr std::string_view kConflictMark = "conflict";
constexpr std::string_view kOwnConflictMark = "ownconfl";
constexpr std::string_view kCandidateMark = "pair";
constexpr std::string_view kOwnCandidateMark = "own2";
constexpr std::string_view kDrawnMark = "draw";
// Six bytes of uid: a hub would need 9 million years at its full speed.
constexpr int kUidBytes = 6;

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

Context NewContext(int encrypt) {
  Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (context == nullptr ||
      EVP_CipherInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, nullptr,
                        nullptr, encrypt) != 1) {
    std::abort();  // Out of memory, or an OpenSSL without AES.
  }
  return context;
}

Block OneBlock(EVP_CIPHER_CTX* context, const std::array<uint8_t, 16>& key,
               const Block& in) {
  Block out;
  int length = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, key.data(), nullptr, -1) !=
          1 ||
      EVP_CIPHER_CTX_set_padding(context, 0) != 1 ||
      EVP_CipherUpdate(context, out.data(), &length, in.data(),
                       static_cast<int>(in.size())) != 1 ||
      length != static_cast<int>(out.size())) {
    std::abort();  // Cannot fail on one whole block.
  }
  return out;
}

void Put(Block& block, size_t at, int bytes, uint64_t number) {
  for (int i = 0; i < bytes; ++i) {
    block[at + static_cast<size_t>(i)] =
        static_cast<uint8_t>(number >> (8 * (bytes - 1 - i)));
  }
}

uint64_t Get(const Block& block, size_t at, int bytes) {
  uint64_t number = 0;
  for (int i = 0; i < bytes; ++i) {
    number = number << 8 | block[at + static_cast<size_t>(i)];
  }
  return number;
}

void PutMark(Block& block, std::string_view mark) {
  std::copy(mark.begin(), mark.end(),
            block.end() - static_cast<ptrdiff_t>(mark.size()));
}

bool HasMark(const Block& block, std::string_view mark) {
  return std::equal(mark.begin(), mark.end(),
                    block.end() - static_cast<ptrdiff_t>(mark.size()));
}

Block Xor(Block a, const Block& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] ^= b[i];
  return a;
}

int ValueOfCharacter(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

}  // namespace

std::string ToBase32(const Block& block) {
  std::string text;
  text.reserve(kTextSize);
  uint32_t bits = 0;
  int held = 0;
  for (const uint8_t byte : block) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 5; held -= 5) {
      text.push_back(kAlphabet[bits >> (held - 5) & 31]);
    }
  }
  text.push_back(kAlphabet[bits << (5 - held) & 31]);
  return text;
}

std::optional<Block> FromBase32(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Block block{};
  uint32_t bits = 0;
  int held = 0;
  size_t at = 0;
  for (const char c : text) {
    const int value = ValueOfCharacter(c);
    if (value < 0) return std::nullopt;
    bits = bits << 5 | static_cast<uint32_t>(value);
    held += 5;
    if (held >= 8 && at < block.size()) {
      held -= 8;
      block[at++] = static_cast<uint8_t>(bits >> held);
    }
  }
  if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;
  return block;
}

BlockCipher::BlockCipher(const SecretKey& key) {
  std::copy_n(key.begin(), key_.size(), key_.begin());
}

Block BlockCipher::Encrypt(const Block& block) const {
  thread_local const Context context = NewContext(1);
  return OneBlock(context.get(), key_, block);
}

Block BlockCipher::Decrypt(const Block& block) const {
  thread_local const Context context = NewContext(0);
  return OneBlock(context.get(), key_, block);
}

HandleCodec::HandleCodec(const SecretKey& handle_key, std::string_view agency)
    : cipher_(
          DeriveKey(handle_key, "waystation handle " + std::string(agency))) {}

std::string HandleCodec::Encode(storage::Uid uid) const {
  Block block{};
  Put(block, 0, 8, uid);
  PutMark(block, kHandleMark);
  return std::string(kHandle) + ToBase32(cipher_.Encrypt(block));
}

std::optional<storage::Uid> HandleCodec::Decode(std::string_view handle) const {
  if (!handle.starts_with(kHandle)) return std::nullopt;
  const std::optional<Block> sealed = FromBase32(handle.substr(kHandle.size()));
  if (!sealed.has_value()) return std::nullopt;
  const Block block = cipher_.Decrypt(*sealed);
  if (!HasMark(block, kHandleMark)) return std::nullopt;
  return Get(block, 0, 8);
}

SubjectCodec::SubjectCodec(const SecretKey& handle_key)
    : cipher_(DeriveKey(handle_key, "waystation subject")) {}

std::string SubjectCodec::Encode(const Conflict& conflict) const {
  Block block{};
  Put(block, 0, kUidBytes, conflict.uid);
  Put(block, kUidBytes, 2, conflict.attribute);
  PutMark(block, conflict.own ? kOwnConflictMark : kConflictMark);
  const Block first = cipher_.Encrypt(block);
  std::string id = std::string(kConflict) + ToBase32(first);
  if (conflict.entry != storage::KeyHash{}) {
    id.append(ToBase32(cipher_.Encrypt(Xor(conflict.entry, first))));
  }
  return id;
}

std::string SubjectCodec::Encode(const Candidate& candidate) const {
  const storage::OpenItemKey key = candidate.key();
  return EncodePair(key.kind, key.a, key.b);
}

std::string SubjectCodec::EncodePair(OpenItem::Kind kind, storage::Uid a,
                                     storage::Uid b) const {
  Block block{};
  Put(block, 0, kUidBytes, a);
  Put(block, kUidBytes, kUidBytes, b);
  PutMark(block, kind == OpenItem::Kind::kSample         ? kDrawnMark
                 : kind == OpenItem::Kind::kOwnCandidate ? kOwnCandidateMark
                                                         : kCandidateMark);
  return std::string(kind == OpenItem::Kind::kSample ? kDrawn : kCandidate) +
         ToBase32(cipher_.Encrypt(block));
}

std::string SubjectCodec::Encode(const storage::OpenItemKey& key) const {
  const bool own = key.kind == OpenItem::Kind::kOwnConflict;
  if (key.kind != OpenItem::Kind::kConflict && !own) {
    return EncodePair(key.kind, key.a, key.b);
  }
  return Encode(Conflict{.uid = key.a,
                         .attribute = key.attribute,
                         .entry = key.entry,
                         .own = own});
}

std::optional<SubjectCodec::Conflict> SubjectCodec::DecodeConflict(
    std::string_view id) const {
  if (!id.starts_with(kConflict)) return std::nullopt;
  id.remove_prefix(kConflict.size());
  const std::optional<Block> first = FromBase32(id.substr(0, kTextSize));
  if (!first.has_value()) return std::nullopt;
  const Block block = cipher_.Decrypt(*first);
  const bool own = HasMark(block, kOwnConflictMark);
  if (!own && !HasMark(block, kConflictMark)) return std::nullopt;
  Conflict conflict{
      .uid = Get(block, 0, kUidBytes),
      .attribute = static_cast<uint32_t>(Get(block, kUidBytes, 2)),
      .own = own};
  if (id.size() == kTextSize) return conflict;
  const std::optional<Block> second = FromBase32(id.substr(kTextSize));
  if (!second.has_value()) return std::nullopt;
  conflict.entry = Xor(cipher_.Decrypt(*second), *first);
  if (conflict.entry == storage::KeyHash{}) return std::nullopt;
  return conflict;
}

std::optional<SubjectCodec::Candidate> SubjectCodec::DecodeCandidate(
    std::string_view id) const {
  const auto key = DecodePair(id);
  if (!key.has_value() || key->kind == OpenItem::Kind::kSample) {
    return std::nullopt;
  }
  return Candidate{.a = key->a,
                   .b = key->b,
                   .own = key->kind == OpenItem::Kind::kOwnCandidate};
}

std::optional<storage::OpenItemKey> SubjectCodec::DecodePair(
    std::string_view id) const {
  const bool is_drawn = id.starts_with(kDrawn);
  if (!is_drawn && !id.starts_with(kCandidate)) return std::nullopt;
  const std::optional<Block> sealed = FromBase32(id.substr(kDrawn.size()));
  if (!sealed.has_value()) return std::nullopt;
  const Block block = cipher_.Decrypt(*sealed);
  OpenItem::Kind kind = OpenItem::Kind::kCandidate;
  if (is_drawn) {
    kind = OpenItem::Kind::kSample;
    if (!HasMark(block, kDrawnMark)) return std::nullopt;
  } else if (HasMark(block, kOwnCandidateMark)) {
    kind = OpenItem::Kind::kOwnCandidate;
  } else if (!HasMark(block, kCandidateMark)) {
    return std::nullopt;
  }
  return storage::OpenItemKey{.kind = kind,
                              .a = Get(block, 0, kUidBytes),
                              .b = Get(block, kUidBytes, kUidBytes)};
}

}  // namespace waystation::hub
