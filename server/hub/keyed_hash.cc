// SPDX-License-Identifier: Apache-2.0
// The one-shot SHA256 calls are deprecated in OpenSSL 3, yet EVP_MAC costs
// several times the hash itself on inputs of one block.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "server/hub/keyed_hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace waystation::hub {
namespace {

constexpr size_t kBlock = 64;

std::array<uint32_t, 8> StateAfter(const SecretKey& key, uint8_t pad) {
  std::array<uint8_t, kBlock> block;
  block.fill(pad);
  for (size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  std::array<uint32_t, 8> state;
  std::copy(std::begin(context.h), std::end(context.h), state.begin());
  OPENSSL_cleanse(block.data(), block.size());
  return state;
}

// A context that has taken in one block already.
SHA256_CTX Resume(const std::array<uint32_t, 8>& state) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::copy(state.begin(), state.end(), std::begin(context.h));
  context.Nl = kBlock * 8;
  return context;
}

}  // namespace

KeyedHash::KeyedHash(const SecretKey& key)
    : inner_(StateAfter(key, 0x36)), outer_(StateAfter(key, 0x5c)) {}

storage::KeyHash KeyedHash::Of(
    std::initializer_list<std::string_view> parts) const {
  SHA256_CTX context = Resume(inner_);
  for (const std::string_view part : parts) {
    const NumberPart size(part.size());
    SHA256_Update(&context, size.view().data(), size.view().size());
    SHA256_Update(&context, part.data(), part.size());
  }
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256_Final(digest.data(), &context);
  context = Resume(outer_);
  SHA256_Update(&context, digest.data(), digest.size());
  SHA256_Final(digest.data(), &context);
  storage::KeyHash hash;
  std::copy_n(digest.begin(), hash.size(), hash.begin());
  return hash;
}

}  // namespace waystation::hub
