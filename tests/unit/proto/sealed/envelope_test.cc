// SPDX-License-Identifier: Apache-2.0
// What is sealed is opened by whom it was sealed for, as it was signed, and by
// nobody else.
#include "proto/sealed/envelope.h"

#include <gtest/gtest.h>
#include <openssl/cms.h>

#include "proto/errors/error.h"
#include "proto/sealed/sealing_key.h"

namespace waystation::sealed {
namespace {

using errors::ReasonOf;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);
const std::string kPayload = R"({"resourceType":"Bundle"})";

class Envelope : public testing::Test {
 protected:
  Statement To(const NewSealingKey& recipient) const {
    Statement statement{.from = "health.320500",
                        .to = "health.341200",
                        .type = v1::SealedAttachment::TYPE_VACCINATION_HISTORY,
                        .sealed_for = FingerprintOf(recipient.certificate_pem),
                        .consent = {}};
    statement.consent.set_giver(v1::HandOverConsent::GIVER_GUARDIAN);
    statement.consent.set_form(v1::HandOverConsent::FORM_SIGNED_PAPER);
    statement.consent.set_reference("C-1");
    statement.consent.set_recipient("health.341200");
    return statement;
  }
  std::string Sealed() const {
    const auto sealed = Seal(kPayload, To(recipient_), sender_.key_file,
                             recipient_.certificate_pem);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    return sealed.value_or("");
  }

  const NewSealingKey sender_ = MakeSealingKey("health.320500", kNow);
  const NewSealingKey recipient_ = MakeSealingKey("health.341200", kNow);
  const NewSealingKey other_ = MakeSealingKey("health.340100", kNow);
  const std::string senders_[1] = {sender_.certificate_pem};
  const std::string recipients_[1] = {recipient_.certificate_pem};
  const std::string others_[1] = {other_.certificate_pem};
};

TEST_F(Envelope, OpensForItsRecipientAndItsSender) {
  const std::string sealed = Sealed();
  EXPECT_EQ(sealed.find("Bundle"), std::string::npos);
  EXPECT_EQ(sealed.find("C-1"), std::string::npos);
  for (const NewSealingKey* key : {&recipient_, &sender_}) {
    const auto opened = Open(sealed, key->key_file, senders_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->payload, kPayload);
    EXPECT_EQ(opened->statement, TextOf(To(recipient_)));
  }
  EXPECT_EQ(ReasonOf(Open(sealed, other_.key_file, senders_).status()),
            "PAYLOAD_NOT_OPENED");
}

TEST_F(Envelope, IsOfItsSenderAlone) {
  EXPECT_EQ(ReasonOf(Open(Sealed(), recipient_.key_file, others_).status()),
            "PAYLOAD_NOT_OPENED");
  EXPECT_EQ(ReasonOf(Open(Sealed(), recipient_.key_file, {}).status()),
            "PAYLOAD_NOT_OPENED");
}

// One who can have it sealed for a key of its own opens it, and can seal it
// anew; what the sender signed still names that key.
TEST_F(Envelope, SaysForWhichKeyItWasSealed) {
  const auto between =
      Seal(kPayload, To(other_), sender_.key_file, other_.certificate_pem);
  ASSERT_TRUE(between.ok());
  const auto opened = Open(*between, other_.key_file, senders_);
  ASSERT_TRUE(opened.ok());
  EXPECT_NE(opened->statement, TextOf(To(recipient_)));
}

TEST_F(Envelope, IsNotOpenedOnceABitOfItChanged) {
  const std::string sealed = Sealed();
  for (std::size_t i = 0; i < sealed.size(); i += 7) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    const auto opened = Open(altered, recipient_.key_file, senders_);
    // Lengths and names of what the sender has for itself are not what the
    // recipient reads; what it reads is what was signed.
    if (!opened.ok()) continue;
    EXPECT_EQ(opened->payload, kPayload) << i;
    EXPECT_EQ(opened->statement, TextOf(To(recipient_))) << i;
  }
  for (const std::size_t size : {std::size_t{0}, sealed.size() - 1}) {
    EXPECT_FALSE(
        Open(sealed.substr(0, size), recipient_.key_file, senders_).ok());
  }
  EXPECT_FALSE(Open(sealed + "x", recipient_.key_file, senders_).ok());
}

TEST_F(Envelope, StatementsOfAnyLengthComeBack) {
  // Over both places at which a length takes a byte more.
  for (std::size_t size = 1; size < 200; ++size) {
    Statement statement = To(recipient_);
    statement.consent.set_reference(std::string(size, 'r'));
    const auto sealed =
        Seal(kPayload, statement, sender_.key_file, recipient_.certificate_pem);
    ASSERT_TRUE(sealed.ok());
    const auto opened = Open(*sealed, recipient_.key_file, senders_);
    ASSERT_TRUE(opened.ok()) << size;
    EXPECT_EQ(opened->statement, TextOf(statement));
  }
}

TEST_F(Envelope, IsRecognisedWithoutBeingOpened) {
  EXPECT_EQ(CheckSealed(Sealed(), recipients_, senders_), absl::OkStatus());
  // For somebody else too, or for nobody that counts.
  EXPECT_EQ(ReasonOf(CheckSealed(Sealed(), recipients_, {})),
            "PAYLOAD_NOT_SEALED");
  EXPECT_EQ(ReasonOf(CheckSealed(Sealed(), others_, senders_)),
            "PAYLOAD_NOT_SEALED");
  EXPECT_EQ(ReasonOf(CheckSealed(Sealed(), {}, senders_)),
            "PAYLOAD_NOT_SEALED");
  for (const std::string& plain :
       {kPayload, std::string(), Sealed() + "x", Sealed().substr(9)}) {
    EXPECT_EQ(ReasonOf(CheckSealed(plain, recipients_, senders_)),
              "PAYLOAD_NOT_SEALED");
  }
}

// Signed only, which everybody reads.
TEST_F(Envelope, IsNoneWithoutBeingSealed) {
  BIO* const text =
      BIO_new_mem_buf(kPayload.data(), static_cast<int>(kPayload.size()));
  CMS_ContentInfo* const message = CMS_data_create(text, CMS_BINARY);
  unsigned char* bytes = nullptr;
  const int size = i2d_CMS_ContentInfo(message, &bytes);
  ASSERT_GT(size, 0);
  const std::string plain(reinterpret_cast<const char*>(bytes),
                          static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  CMS_ContentInfo_free(message);
  BIO_free(text);
  EXPECT_EQ(ReasonOf(CheckSealed(plain, recipients_, senders_)),
            "PAYLOAD_NOT_SEALED");
}

TEST_F(Envelope, KeysAreWhatTheySay) {
  EXPECT_EQ(WrongWithCertificate(sender_.certificate_pem), std::nullopt);
  EXPECT_TRUE(WrongWithCertificate(sender_.key_file).has_value());
  EXPECT_TRUE(WrongWithCertificate("").has_value());
  EXPECT_TRUE(WrongWithCertificate(std::string(5000, 'x')).has_value());
  EXPECT_EQ(FingerprintOf(sender_.certificate_pem).size(), 64U);
  EXPECT_EQ(CertificateOf(sender_.key_file).value(), sender_.certificate_pem);
  EXPECT_EQ(ReasonOf(CertificateOf(sender_.certificate_pem).status()),
            "KEY_FILE_INVALID");
  // Another's key beside it.
  EXPECT_EQ(
      ReasonOf(
          CertificateOf(other_.certificate_pem + sender_.key_file).status()),
      "KEY_FILE_INVALID");
}

}  // namespace
}  // namespace waystation::sealed
