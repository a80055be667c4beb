// SPDX-License-Identifier: Apache-2.0
// Keys, seals and names: what must not open does not open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "proto/auditlog/hash.h"
#include "proto/errors/error.h"
#include "server/hub/keyed_hash.h"
#include "server/hub/keys.h"
#include "server/hub/names.h"
#include "server/hub/page_token.h"
#include "server/hub/seal.h"
#include "server/hub/vector.h"

namespace waystation::hub {
namespace {

using errors::ReasonOf;
using testing::HasSubstr;

void Randomness(void* out, size_t size) {
  RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(size));
}

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string name = testing::TempDir() + "waystation-keys-XXXXXX";
    folder_ = mkdtemp(name.data());
    path_ = folder_ / "hub.keys";
  }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }

  std::string Text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(KeyFile, IsCreatedForItsOwnerAlone) {
  ASSERT_TRUE(Keys::Create(path_).ok());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(Keys::Load(path_).ok());
  EXPECT_FALSE(Keys::Create(path_).ok()) << "never overwritten";
}

TEST_F(KeyFile, IsRefusedWhenMissingOrOpenToOthers) {
  EXPECT_EQ(ReasonOf(Keys::Load(path_).status()), "KEY_FILE_MISSING");
  ASSERT_TRUE(Keys::Create(path_).ok());
  chmod(path_.c_str(), 0640);
  EXPECT_EQ(ReasonOf(Keys::Load(path_).status()), "KEY_FILE_MODE");
  chmod(path_.c_str(), 0604);
  EXPECT_EQ(ReasonOf(Keys::Load(path_).status()), "KEY_FILE_MODE");
}

TEST_F(KeyFile, NamesTheLineThatIsWrong) {
  ASSERT_TRUE(Keys::Create(path_).ok());
  const std::string good = Text();
  const struct {
    std::string_view name;
    std::string text;
    std::string rule;
  } cases[] = {
      {"empty", "", "line 1"},
      {"another file", "-----BEGIN PRIVATE KEY-----\n", "line 1"},
      {"a short key", "waystation-keys 1\nchecksum AAAA\n", "line 2: 32 bytes"},
      {"an unknown word", good + "secret AAAA\n", "key-encryption, index"},
      {"a key twice", good + good.substr(good.find("checksum")),
       "one checksum key"},
      {"cut short", good.substr(0, good.find("handle")), "handle stands in it"},
      {"id 0", good + "key-encryption 0" + good.substr(good.rfind(' ')),
       "a number from 1"},
  };
  for (const auto& [name, text, rule] : cases) {
    SCOPED_TRACE(name);
    const auto parsed = Keys::Parse(text, "hub.keys");
    EXPECT_EQ(ReasonOf(parsed.status()), "KEY_FILE_INVALID");
    const auto violations = errors::ViolationsOf(parsed.status());
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations[0].field, "hub.keys");
    EXPECT_THAT(violations[0].rule, HasSubstr(rule));
  }
}

TEST_F(KeyFile, OpensOldSealsAfterRotation) {
  ASSERT_TRUE(Keys::Create(path_).ok());
  RandomPool random(Randomness);
  const Place place{.table = Place::Table::kRecord, .first = 7};
  const Keys old_keys = *Keys::Load(path_);
  Sealer old_sealer(old_keys, random);
  const DataKey data_key = old_sealer.NewDataKey();
  const std::string wrapped = old_sealer.Wrap(data_key, place);

  ASSERT_TRUE(Keys::AddKeyEncryptionKey(path_).ok());
  const Keys new_keys = *Keys::Load(path_);
  Sealer new_sealer(new_keys, random);
  const auto opened = new_sealer.Unwrap(wrapped, place);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->key(), data_key.key());
  EXPECT_EQ(old_keys.Fingerprint(), new_keys.Fingerprint());
  EXPECT_EQ(
      ReasonOf(
          old_sealer.Unwrap(new_sealer.Wrap(data_key, place), place).status()),
      "STORE_FOREIGN");
}

TEST(Seals, OpenOnlyWhereTheyWereMade) {
  RandomPool random(Randomness);
  const Keys keys = Keys::Generate();
  Sealer sealer(keys, random);
  const DataKey key = sealer.NewDataKey();
  const Place place{.table = Place::Table::kRecord, .first = 7, .second = 3};
  const std::string sealed = sealer.Seal(key, place, "王芳");
  EXPECT_EQ(*Sealer::Open(key, place, sealed), "王芳");
  EXPECT_NE(sealer.Seal(key, place, "王芳"), sealed) << "a nonce each time";
  EXPECT_EQ(*Sealer::Open(key, place, sealer.Seal(key, place, "")), "");
}

TEST(Seals, RefuseAnotherPlaceKeyOrBit) {
  RandomPool random(Randomness);
  const Keys keys = Keys::Generate();
  Sealer sealer(keys, random);
  const DataKey key = sealer.NewDataKey();
  const Place place{.table = Place::Table::kRecord, .first = 7, .second = 3};
  const std::string sealed = sealer.Seal(key, place, "王芳");
  const Place others[] = {
      {.table = Place::Table::kDetail, .first = 7, .second = 3},
      {.table = Place::Table::kRecord, .first = 8, .second = 3},
      {.table = Place::Table::kRecord, .first = 7, .second = 2}};
  for (const Place& other : others) {
    EXPECT_EQ(Sealer::Open(key, other, sealed).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(Sealer::Open(sealer.NewDataKey(), place, sealed).ok());
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(Sealer::Open(key, place, changed).ok()) << i;
  }
  EXPECT_FALSE(Sealer::Open(key, place, sealed.substr(0, 20)).ok());
  EXPECT_FALSE(Sealer::Open(key, place, "").ok());
}

TEST(Vectors, ComeBackAsTheyWere) {
  RandomPool random(Randomness);
  const Keys keys = Keys::Generate();
  Sealer sealer(keys, random);
  const auto record = NewRecord(sealer, 7, 1, {}, "labor.320500", "L-1");
  domain::MatchVector whole;
  whole.numbers = {"032050199003070017"};
  whole.doubtful_numbers = {"032050199003070018"};
  whole.birth_date = codes::PartialDate{1990, 3, 7, true, true};
  whole.sex = codes::Sex::kFemale;
  whole.phones = {"13805580001", "13805580002"};
  whole.household = "341202003";
  whole.address = "枫桥街道滨河路7号";
  for (const char* name :
       {"", "欧阳建国", "歐陽建國", "张▀明", "买买提·艾合买提", "Zeng Guofan",
        "O'Brien José", "▀"}) {
    SCOPED_TRACE(name);
    whole.name = codes::ComparableName(name);
    const std::string bytes = SealVector(sealer, *record, whole);
    const auto opened = OpenVector(7, record->data_key, bytes);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, whole);
    // Whatever is derived from the name is there too.
    EXPECT_EQ(domain::Compare(*opened, whole), domain::Compare(whole, whole));
  }
  const auto nothing = OpenVector(
      7, record->data_key, SealVector(sealer, *record, domain::MatchVector()));
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(*nothing, domain::MatchVector());
}

TEST(Vectors, OpenOnlyWhereTheyWereMade) {
  RandomPool random(Randomness);
  const Keys keys = Keys::Generate();
  Sealer sealer(keys, random);
  const auto record = NewRecord(sealer, 7, 1, {}, "labor.320500", "L-1");
  domain::MatchVector vector;
  vector.phones = {"13805580001"};
  const std::string bytes = SealVector(sealer, *record, vector);
  EXPECT_FALSE(OpenVector(8, record->data_key, bytes).ok());
  EXPECT_FALSE(OpenVector(7, sealer.NewDataKey(), bytes).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(OpenVector(7, record->data_key, changed).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
    EXPECT_FALSE(
        OpenVector(7, record->data_key, std::string_view(bytes).substr(0, i))
            .ok());
  }
}

// Computed with Python's hmac: key 32 x 0x0b, 0x0000000000000002 "ab".
TEST(KeyedHashes, AreHmacSha256) {
  SecretKey key;
  key.fill(0x0b);
  EXPECT_EQ(auditlog::ToHex(AsBytes(KeyedHash(key).Of({"ab"}))),
            "b981f9a64d364bb54bfc5bf22e449ede");
}

TEST(KeyedHashes, TellPartsApart) {
  const KeyedHash hash(Keys::Generate().index_key());
  EXPECT_NE(hash.Of({"ab", "c"}), hash.Of({"a", "bc"}));
  EXPECT_NE(hash.Of({"ab"}), hash.Of({"ab", ""}));
  EXPECT_EQ(hash.Of({"ab", "c"}), hash.Of({"ab", "c"}));
}

// Computed with Python's hmac, by RFC 5869: key 32 x 0x0b, no salt.
TEST(DerivedKeys, AreHkdfSha256) {
  SecretKey master;
  master.fill(0x0b);
  const SecretKey derived = DeriveKey(master, "waystation test");
  EXPECT_EQ(auditlog::ToHex({reinterpret_cast<const char*>(derived.data()),
                             derived.size()}),
            "76fe8deeb9b62f18bc233438568f3294ea332a78e9570b845be50543e93a4dfb");
}

TEST(Handles, MeanNothingToAnotherAgency) {
  const Keys keys = Keys::Generate();
  const HandleCodec police(keys.handle_key(), "public_security.341200");
  const HandleCodec labor(keys.handle_key(), "labor.341200");
  std::set<std::string> handles;
  for (storage::Uid uid = 1; uid < 2000; ++uid) {
    const std::string handle = police.Encode(uid);
    EXPECT_EQ(handle.size(), 28U);
    EXPECT_EQ(police.Decode(handle), uid);
    EXPECT_EQ(labor.Decode(handle), std::nullopt);
    handles.insert(handle);
    handles.insert(labor.Encode(uid));
  }
  EXPECT_EQ(handles.size(), 3998U);
}

TEST(Handles, HaveOneSpelling) {
  const HandleCodec codec(Keys::Generate().handle_key(), "labor.341200");
  const std::string handle = codec.Encode(42);
  std::string upper = handle;
  upper[3] = static_cast<char>(toupper(upper[3]));
  for (const std::string& wrong :
       {std::string(), std::string("p-"), handle + "a", handle.substr(1),
        "c" + handle.substr(1), handle.substr(0, 27) + "1",
        handle.substr(0, 27)}) {
    EXPECT_EQ(codec.Decode(wrong), std::nullopt) << wrong;
  }
  int read = 0;
  for (const char c : std::string("abcdefghijklmnopqrstuvwxyz234567")) {
    read += codec.Decode(handle.substr(0, 27) + c).has_value() ? 1 : 0;
  }
  EXPECT_EQ(read, 1) << "stray bits in the last character";
}

TEST(Subjects, ComeBackAsTheyWere) {
  const SubjectCodec codec(Keys::Generate().handle_key());
  const SubjectCodec::Conflict plain{.uid = 77, .attribute = 4};
  SubjectCodec::Conflict entry{.uid = 77, .attribute = 13};
  entry.entry.fill(9);
  const SubjectCodec::Candidate pair{.a = 3, .b = 4000000000};
  SubjectCodec::Conflict own = plain;
  own.own = true;
  EXPECT_EQ(codec.DecodeConflict(codec.Encode(plain)), plain);
  EXPECT_EQ(codec.DecodeConflict(codec.Encode(own)), own);
  EXPECT_EQ(codec.Encode(own),
            codec.Encode({.kind = storage::OpenItem::Kind::kOwnConflict,
                          .a = own.uid,
                          .attribute = own.attribute}));
  EXPECT_EQ(codec.DecodeConflict(codec.Encode(entry)), entry);
  EXPECT_EQ(codec.DecodeCandidate(codec.Encode(pair)), pair);
  EXPECT_EQ(codec.DecodeConflict(codec.Encode(pair)), std::nullopt);
  EXPECT_EQ(codec.DecodeCandidate(codec.Encode(plain)), std::nullopt);
  EXPECT_EQ(codec.DecodeConflict("c-"), std::nullopt);
}

TEST(Tokens, BelongToOneList) {
  const PageTokens tokens(Keys::Generate().handle_key());
  const std::string token = tokens.Encode("mailbox labor.341200", 12);
  EXPECT_EQ(token, tokens.Encode("mailbox labor.341200", 12));
  EXPECT_NE(token, tokens.Encode("mailbox labor.341200", 13));
  EXPECT_EQ(*tokens.DecodeNumber("mailbox labor.341200", token), 12U);
  EXPECT_EQ(*tokens.DecodeNumber("mailbox labor.341200", ""), 0U);
  for (const std::string& wrong :
       {token + "A", token.substr(1), std::string("AAAA"), std::string("?")}) {
    EXPECT_EQ(
        ReasonOf(tokens.DecodeNumber("mailbox labor.341200", wrong).status()),
        "PAGE_TOKEN_INVALID");
  }
  EXPECT_FALSE(tokens.DecodeNumber("mailbox labor.320500", token).ok());
}

TEST(Tokens, AreNeverReadAsAnOption) {
  const PageTokens tokens(Keys::Generate().handle_key());
  // Two of them and more would begin with "-" if chance had its way.
  for (uint64_t position = 0; position < 1000; ++position) {
    const std::string token = tokens.Encode("mailbox labor.341200", position);
    ASSERT_EQ(token.substr(0, 2), "t-");
    ASSERT_EQ(*tokens.DecodeNumber("mailbox labor.341200", token), position);
  }
}

}  // namespace
}  // namespace waystation::hub
