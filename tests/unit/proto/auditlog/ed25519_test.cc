// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/ed25519.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "proto/auditlog/hash.h"

namespace waystation::auditlog {
namespace {

using ::testing::HasSubstr;

std::string FromHex(std::string_view hex) {
  return absl::HexStringToBytes({hex.data(), hex.size()});
}

TEST(Ed25519, PublishedVectors) {  // RFC 8032 section 7.1
  const struct {
    std::string_view seed, public_key, message, signature;
  } cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821"
       "590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e"
       "43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
       "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b5"
       "38d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}};
  for (const auto& [seed, public_key, message, signature] : cases) {
    const auto key = Ed25519PrivateKey::FromSeed(FromHex(seed));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(ToHex(key->public_key().raw()), public_key);
    EXPECT_EQ(ToHex(key->Sign(FromHex(message))), signature);
    const auto known = Ed25519PublicKey::FromRaw(FromHex(public_key));
    EXPECT_TRUE(known->Verify(FromHex(message), FromHex(signature)).ok());
  }
}

TEST(Ed25519, RefusesEveryChangedBit) {
  const auto key = Ed25519PrivateKey::FromSeed(std::string(32, 's'));
  const std::string message = "what was said";
  const std::string signature = key->Sign(message);
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(
        absl::IsUnauthenticated(key->public_key().Verify(message, changed)));
  }
  for (const std::string& wrong :
       {std::string(), signature.substr(1), signature + "x"}) {
    EXPECT_TRUE(
        absl::IsUnauthenticated(key->public_key().Verify(message, wrong)));
  }
  EXPECT_TRUE(absl::IsUnauthenticated(
      key->public_key().Verify("what was sail", signature)));
  const auto other = Ed25519PrivateKey::FromSeed(std::string(32, 't'));
  EXPECT_TRUE(
      absl::IsUnauthenticated(other->public_key().Verify(message, signature)));
}

TEST(Ed25519, KeysGoThroughPem) {
  const auto key = Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key.ok());
  const std::string pem = key->ToPem();
  EXPECT_THAT(pem, HasSubstr("-----BEGIN PRIVATE KEY-----"));
  const auto again = Ed25519PrivateKey::FromPem(pem);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->public_key(), key->public_key());
  EXPECT_EQ(again->Sign("x"), key->Sign("x"));
  const auto public_key = Ed25519PublicKey::FromPem(key->public_key().ToPem());
  ASSERT_TRUE(public_key.ok()) << public_key.status();
  EXPECT_EQ(*public_key, key->public_key());
  EXPECT_NE(Ed25519PrivateKey::Generate()->public_key(), key->public_key());
}

// Keys of another algorithm and encrypted ones, as OpenSSL writes them.
std::string Pem(const char* algorithm, const char* curve, bool is_public,
                const char* pass_phrase) {
  EVP_PKEY* key = curve != nullptr
                      ? EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm, curve)
                      : EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm);
  BIO* bio = BIO_new(BIO_s_mem());
  if (is_public) {
    PEM_write_bio_PUBKEY(bio, key);
  } else {
    PEM_write_bio_PKCS8PrivateKey(
        bio, key, pass_phrase != nullptr ? EVP_aes_256_cbc() : nullptr,
        pass_phrase, pass_phrase != nullptr ? 4 : 0, nullptr, nullptr);
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

TEST(Ed25519, RefusesWhatIsNotItsKey) {
  const std::string elliptic = Pem("EC", "P-256", false, nullptr);
  const std::string elliptic_public = Pem("EC", "P-256", true, nullptr);
  const std::string exchange = Pem("X25519", nullptr, false, nullptr);
  const std::string encrypted = Pem("ED25519", nullptr, false, "pass");
  const std::string mine = Pem("ED25519", nullptr, false, nullptr);
  ASSERT_THAT(encrypted, HasSubstr("ENCRYPTED"));
  ASSERT_TRUE(Ed25519PrivateKey::FromPem(mine).ok());
  for (const std::string& pem :
       {std::string(), std::string("PEM"), elliptic, exchange, encrypted,
        elliptic_public, mine.substr(0, mine.size() / 2)}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(Ed25519PrivateKey::FromPem(pem).status()))
        << pem;
  }
  for (const std::string& pem : {std::string(), elliptic_public, mine}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(Ed25519PublicKey::FromPem(pem).status()))
        << pem;
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        Ed25519PublicKey::FromRaw(std::string(size, 'x')).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(
        Ed25519PrivateKey::FromSeed(std::string(size, 'x')).status()));
  }
}

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/key-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }

 private:
  std::string folder_;
};

TEST_F(KeyFile, ComesBackAsStored) {
  const auto key = Ed25519PrivateKey::Generate();
  const std::string path = Path("key.pem");
  ASSERT_TRUE(key->Store(path).ok());
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  const auto again = Ed25519PrivateKey::Load(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->public_key(), key->public_key());
}

TEST_F(KeyFile, IsNeverOverwritten) {
  const auto key = Ed25519PrivateKey::Generate();
  ASSERT_TRUE(key->Store(Path("key.pem")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(
      Ed25519PrivateKey::Generate()->Store(Path("key.pem"))));
  EXPECT_EQ(Ed25519PrivateKey::Load(Path("key.pem"))->public_key(),
            key->public_key());
}

TEST_F(KeyFile, ErrorsNameTheFileAndTheRule) {
  const std::string path = Path("key.pem");
  EXPECT_TRUE(absl::IsNotFound(Ed25519PrivateKey::Load(path).status()));
  EXPECT_THAT(Ed25519PrivateKey::Load(path).status().ToString(),
              HasSubstr(path));

  ASSERT_TRUE(Ed25519PrivateKey::Generate()->Store(path).ok());
  for (const mode_t open_to_others : {0640u, 0604u, 0610u}) {
    ASSERT_EQ(chmod(path.c_str(), open_to_others), 0);
    const auto key = Ed25519PrivateKey::Load(path);
    EXPECT_TRUE(absl::IsFailedPrecondition(key.status()));
    EXPECT_THAT(key.status().ToString(), HasSubstr("chmod 600"));
  }

  std::ofstream(Path("text.pem")) << "not a key";
  ASSERT_EQ(chmod(Path("text.pem").c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(
      Ed25519PrivateKey::Load(Path("text.pem")).status()));
  EXPECT_FALSE(Ed25519PrivateKey::Generate()
                   ->Store(Path("no such folder/key.pem"))
                   .ok());
}

TEST(Ed25519, ServesManyThreadsAtOnce) {
  const auto key = Ed25519PrivateKey::FromSeed(std::string(32, 's'));
  const std::string want = key->Sign("message");
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        EXPECT_EQ(key->Sign("message"), want);
        EXPECT_TRUE(key->public_key().Verify("message", want).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace waystation::auditlog
