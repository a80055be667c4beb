// SPDX-License-Identifier: Apache-2.0
#include "adapters/framework/snapshot/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cassert>
#include <cstdlib>
#include <cstring>

namespace waystation::adapters {
namespace {

const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

void KeyedHash::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

KeyedHash::KeyedHash(std::string_view key) {
  assert(key.size() == 16);
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  context_.reset(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  unsigned size = sizeof(std::uint64_t);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_SIZE, &size),
      OSSL_PARAM_construct_end()};
  // Only a broken installation of OpenSSL lacks it.
  if (EVP_MAC_init(context_.get(), Bytes(key), key.size(), parameters) != 1) {
    std::abort();
  }
}

KeyedHash::~KeyedHash() = default;

std::uint64_t KeyedHash::operator()(std::string_view bytes) {
  std::uint64_t hash = 0;
  std::size_t size = 0;
  unsigned char out[sizeof hash];
  // Begins again under the key that it has.
  if (EVP_MAC_init(context_.get(), nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(context_.get(), Bytes(bytes), bytes.size()) != 1 ||
      EVP_MAC_final(context_.get(), out, &size, sizeof out) != 1 ||
      size != sizeof out) {
    std::abort();
  }
  std::memcpy(&hash, out, sizeof hash);
  return hash;
}

}  // namespace waystation::adapters
