// SPDX-License-Identifier: Apache-2.0
#include "server/storage/rows/checksum.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace waystation::storage {
namespace {

std::array<uint8_t, 16> CountingKey() {
  std::array<uint8_t, 16> key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

// SipHash-2-4 with 8 bytes of output by OpenSSL.
int64_t SipHashOf(const std::array<uint8_t, 16>& key,
                  const std::string& message) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  size_t size = 8;
  OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t("size", &size),
                         OSSL_PARAM_construct_end()};
  EVP_MAC_CTX_set_params(context, params);
  int64_t hash = 0;
  size_t written = 0;
  EXPECT_EQ(EVP_MAC_init(context, key.data(), key.size(), nullptr), 1);
  EVP_MAC_update(context,
                 reinterpret_cast<const unsigned char*>(message.data()),
                 message.size());
  EXPECT_EQ(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(&hash),
                          &written, sizeof(hash)),
            1);
  EXPECT_EQ(written, sizeof(hash));
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  return hash;
}

void AppendWord(uint64_t word, std::string& message) {
  message.append(reinterpret_cast<const char*>(&word), sizeof(word));
}

RC_GTEST_PROP(Checksum, IsSipHashOfItsWords,
              (const std::vector<std::string>& columns, uint64_t number)) {
  const ChecksumKey key(CountingKey());
  Checksum sum(key, Table::kRecord);
  std::string message;
  AppendWord(2, message);
  sum.Add(number);
  AppendWord(number, message);
  for (const std::string& column : columns) {
    sum.Add(column);
    AppendWord(column.size(), message);
    message += column;
    message.resize((message.size() + 7) / 8 * 8, '\0');
  }
  RC_ASSERT(sum.Finish() == SipHashOf(CountingKey(), message));
}

TEST(Checksum, TellsRowsApart) {
  const ChecksumKey key(CountingKey());
  std::array<uint8_t, 16> other_bytes = CountingKey();
  other_bytes[15] ^= 1;
  const ChecksumKey other(other_bytes);
  const std::set<int64_t> sums = {
      Checksum(key, Table::kRecord).Finish(),
      Checksum(key, Table::kMembership).Finish(),
      Checksum(other, Table::kRecord).Finish(),
      Checksum(key, Table::kRecord).Add(1).Finish(),
      Checksum(key, Table::kRecord).Add(-1).Finish(),
      Checksum(key, Table::kRecord).Add(1).Add(2).Finish(),
      Checksum(key, Table::kRecord).Add(2).Add(1).Finish(),
      Checksum(key, Table::kRecord).Add("ab").Add("c").Finish(),
      Checksum(key, Table::kRecord).Add("a").Add("bc").Finish(),
      Checksum(key, Table::kRecord).Add("abc").Finish(),
      Checksum(key, Table::kRecord).Add(std::string("abc\0", 4)).Finish(),
      Checksum(key, Table::kRecord).Add("").Finish(),
      Checksum(key, Table::kRecord).Add(std::string(8, 'x')).Finish(),
      Checksum(key, Table::kRecord).Add(std::string(9, 'x')).Finish(),
  };
  EXPECT_EQ(sums.size(), 14);
}

}  // namespace
}  // namespace waystation::storage
