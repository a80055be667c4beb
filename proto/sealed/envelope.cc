// SPDX-License-Identifier: Apache-2.0
#include "proto/sealed/envelope.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/errors/error.h"
#include "proto/sealed/openssl.h"
#include "proto/sealed/sealing_key.h"

namespace waystation::sealed {
namespace {

constexpr unsigned int kWhole = CMS_BINARY | CMS_PARTIAL;

absl::Status NotSealed(const char* rule) {
  return errors::Error("PAYLOAD_NOT_SEALED",
                       {.field = "attachments", .rule = rule});
}

absl::Status NotOpened(const char* rule) {
  return errors::Error("PAYLOAD_NOT_OPENED", {.rule = rule});
}

// One message and nothing behind it; nullptr for anything else.
CmsPtr Parse(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  CmsPtr message(
      d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(bytes.size())));
  return at == end ? std::move(message) : nullptr;
}

std::string Serialise(CMS_ContentInfo& message) {
  unsigned char* bytes = nullptr;
  const int size = i2d_CMS_ContentInfo(&message, &bytes);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes),
                   static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

std::vector<CertificatePtr> Read(std::span<const std::string> pems) {
  std::vector<CertificatePtr> certificates;
  for (const std::string& pem : pems) {
    if (CertificatePtr certificate = CertificateIn(pem)) {
      certificates.push_back(std::move(certificate));
    }
  }
  return certificates;
}

// --- the content hint ---

// ContentHints ::= SEQUENCE { contentDescription UTF8String, contentType OID }
constexpr std::string_view kIdData =
    "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07"
    "\x01";
constexpr char kSequence = 0x30;
constexpr char kUtf8String = 0x0C;

// In DER, for lengths below 2^16.
std::string Tagged(char tag, std::string_view content) {
  const std::size_t size = content.size();
  std::string text(1, tag);
  if (size >= 0x100) {
    text += {'\x82', static_cast<char>(size >> 8), static_cast<char>(size)};
  } else if (size >= 0x80) {
    text += {'\x81', static_cast<char>(size)};
  } else {
    text += static_cast<char>(size);
  }
  return text.append(content);
}

std::string HintOf(std::string_view statement) {
  return Tagged(kSequence, Tagged(kUtf8String, statement).append(kIdData));
}

// What HintOf wrote; empty for anything else.
std::string StatementIn(const std::string& hint) {
  // The tag and length of the sequence, then those of the string.
  for (const std::size_t before : {4U, 5U, 6U, 7U, 8U}) {
    if (hint.size() < before + kIdData.size()) continue;
    std::string statement =
        hint.substr(before, hint.size() - before - kIdData.size());
    if (HintOf(statement) == hint) return statement;
  }
  return {};
}

bool AddHint(CMS_SignerInfo& signer, const std::string& statement) {
  const std::string hint = HintOf(statement);
  return CMS_signed_add1_attr_by_NID(&signer, NID_id_smime_aa_contentHint,
                                     V_ASN1_SEQUENCE, hint.data(),
                                     static_cast<int>(hint.size())) == 1;
}

std::string HintIn(CMS_SignerInfo& signer) {
  const auto* const hint =
      static_cast<const ASN1_STRING*>(CMS_signed_get0_data_by_OBJ(
          &signer, OBJ_nid2obj(NID_id_smime_aa_contentHint),
          -3,  // exactly one, of one value
          V_ASN1_SEQUENCE));
  if (hint == nullptr) return {};
  return StatementIn(
      {reinterpret_cast<const char*>(ASN1_STRING_get0_data(hint)),
       static_cast<std::size_t>(ASN1_STRING_length(hint))});
}

// --- who can open it ---

bool IsOneOf(CMS_RecipientEncryptedKey& key,
             const std::vector<CertificatePtr>& certificates) {
  return std::ranges::any_of(certificates, [&](const CertificatePtr& one) {
    return CMS_RecipientEncryptedKey_cert_cmp(&key, one.get()) == 0;
  });
}

bool IsEnvelope(const CMS_ContentInfo& message) {
  return OBJ_obj2nid(CMS_get0_type(&message)) ==
         NID_id_smime_ct_authEnvelopedData;
}

}  // namespace

std::string TextOf(const Statement& statement) {
  const v1::HandOverConsent& consent = statement.consent;
  return absl::StrCat(
      "waystation hand-over 1\nfrom=", statement.from, "\nto=", statement.to,
      "\ntype=", v1::SealedAttachment::Type_Name(statement.type),
      "\nsealed-for=", statement.sealed_for,
      "\nconsent=", v1::HandOverConsent::Giver_Name(consent.giver()), " ",
      v1::HandOverConsent::Form_Name(consent.form()), " ",
      consent.given_time().seconds(), " ", consent.recipient(), " ",
      consent.reference());
}

absl::StatusOr<std::string> Seal(std::string_view payload,
                                 const Statement& statement,
                                 std::string_view key_file,
                                 std::string_view recipient_certificate) {
  const ErrorsCleared cleared;
  const auto own_pem = CertificateOf(key_file);
  if (!own_pem.ok()) return own_pem.status();
  const CertificatePtr own = CertificateIn(*own_pem);
  const KeyPtr key = KeyIn(key_file);
  const CertificatePtr recipient = CertificateIn(recipient_certificate);
  if (recipient == nullptr ||
      WrongWithCertificate(recipient_certificate).has_value()) {
    return errors::Error("SEALING_CERTIFICATE_MISSING");
  }

  const CmsPtr inner(CMS_sign(nullptr, nullptr, nullptr, nullptr, kWhole));
  CMS_SignerInfo* const signer =
      inner == nullptr ? nullptr
                       : CMS_add1_signer(inner.get(), own.get(), key.get(),
                                         EVP_sha256(), kWhole | CMS_NOSMIMECAP);
  const BioPtr plain = ReaderOf(payload);
  if (signer == nullptr || !AddHint(*signer, TextOf(statement)) ||
      CMS_final(inner.get(), plain.get(), nullptr, kWhole) != 1) {
    return errors::Error("KEY_FILE_INVALID");
  }
  const std::string signed_bytes = Serialise(*inner);

  const CmsPtr outer(CMS_encrypt(nullptr, nullptr, EVP_aes_256_gcm(), kWhole));
  const BioPtr content = ReaderOf(signed_bytes);
  if (outer == nullptr ||
      CMS_add1_recipient_cert(outer.get(), recipient.get(), 0) == nullptr ||
      CMS_add1_recipient_cert(outer.get(), own.get(), 0) == nullptr ||
      CMS_final(outer.get(), content.get(), nullptr, kWhole) != 1) {
    return errors::Error("SEALING_CERTIFICATE_MISSING");
  }
  return Serialise(*outer);
}

absl::Status CheckSealed(std::string_view sealed,
                         std::span<const std::string> recipients,
                         std::span<const std::string> senders) {
  const ErrorsCleared cleared;
  const CmsPtr message = Parse(sealed);
  if (message == nullptr || !IsEnvelope(*message)) {
    return NotSealed("CMS AuthEnvelopedData (RFC 5083)");
  }
  const std::vector<CertificatePtr> theirs = Read(recipients);
  const std::vector<CertificatePtr> own = Read(senders);
  STACK_OF(CMS_RecipientInfo)* const infos =
      CMS_get0_RecipientInfos(message.get());
  bool reaches = false;
  for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); ++i) {
    CMS_RecipientInfo* const info = sk_CMS_RecipientInfo_value(infos, i);
    if (CMS_RecipientInfo_type(info) != CMS_RECIPINFO_AGREE) {
      return NotSealed("by ECDH for certificates");
    }
    STACK_OF(CMS_RecipientEncryptedKey)* const keys =
        CMS_RecipientInfo_kari_get0_reks(info);
    for (int k = 0; k < sk_CMS_RecipientEncryptedKey_num(keys); ++k) {
      CMS_RecipientEncryptedKey& key =
          *sk_CMS_RecipientEncryptedKey_value(keys, k);
      const bool is_theirs = IsOneOf(key, theirs);
      reaches = reaches || is_theirs;
      if (!is_theirs && !IsOneOf(key, own)) {
        return NotSealed("for its recipient and its sender alone");
      }
    }
  }
  return reaches ? absl::OkStatus()
                 : NotSealed("for a certificate of its recipient");
}

absl::StatusOr<Opened> Open(std::string_view sealed, std::string_view key_file,
                            std::span<const std::string> senders) {
  const ErrorsCleared cleared;
  const auto own_pem = CertificateOf(key_file);
  if (!own_pem.ok()) return own_pem.status();
  const CertificatePtr own = CertificateIn(*own_pem);
  const KeyPtr key = KeyIn(key_file);
  const CmsPtr outer = Parse(sealed);
  const BioPtr content = NewMemory();
  if (outer == nullptr || !IsEnvelope(*outer) ||
      CMS_decrypt(outer.get(), key.get(), own.get(), nullptr, content.get(),
                  CMS_BINARY) != 1) {
    return NotOpened("sealed for this key, and not altered since");
  }
  const std::string signed_bytes = ContentsOf(*content);
  const CmsPtr inner = Parse(signed_bytes);
  const std::vector<CertificatePtr> known = Read(senders);
  const StackPtr stack(sk_X509_new_null());
  for (const CertificatePtr& certificate : known) {
    sk_X509_push(stack.get(), certificate.get());
  }
  const BioPtr plain = NewMemory();
  // The certificates that came along count for nothing.
  if (inner == nullptr ||
      OBJ_obj2nid(CMS_get0_type(inner.get())) != NID_pkcs7_signed ||
      sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(inner.get())) != 1 ||
      CMS_verify(inner.get(), stack.get(), nullptr, nullptr, plain.get(),
                 CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
    return NotOpened("signed by its sender");
  }
  Opened opened{.payload = ContentsOf(*plain), .statement = {}};
  opened.statement =
      HintIn(*sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(inner.get()), 0));
  if (opened.statement.empty()) return NotOpened("signed with what it is");
  return opened;
}

}  // namespace waystation::sealed
