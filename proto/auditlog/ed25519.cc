// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/ed25519.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace waystation::auditlog {
namespace {

constexpr std::size_t kMaxPemFile = 65'536;

using Key = std::shared_ptr<EVP_PKEY>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Key Own(EVP_PKEY* key) { return Key(key, EVP_PKEY_free); }

const std::uint8_t* Bytes(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

Bio MemoryBio() {
  Bio bio(BIO_new(BIO_s_mem()), BIO_free_all);
  if (bio == nullptr) std::abort();  // Out of memory.
  return bio;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

bool IsEd25519(const Key& key) {
  return key != nullptr && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519;
}

// The default callback would ask the terminal for a pass phrase.
int NoPassPhrase(char*, int, int, void*) { return -1; }

std::string RawPublic(const Key& key) {
  std::string raw(kEd25519KeySize, '\0');
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(
      key.get(), reinterpret_cast<std::uint8_t*>(raw.data()), &size);
  return raw;
}

absl::Status FileError(const char* what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

// Closes on leaving.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::FromRaw(
    std::string_view raw) {
  Key key;
  if (raw.size() == kEd25519KeySize) {
    key = Own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(raw),
                                          raw.size()));
  }
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("not an Ed25519 public key of 32 bytes");
  }
  return Ed25519PublicKey(std::move(key), std::string(raw));
}

absl::StatusOr<Ed25519PublicKey> Ed25519PublicKey::FromPem(
    std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                BIO_free_all);
  const Key key =
      Own(PEM_read_bio_PUBKEY(bio.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  if (!IsEd25519(key)) {
    return absl::InvalidArgumentError("not an Ed25519 public key in PEM");
  }
  return FromRaw(RawPublic(key));
}

std::string Ed25519PublicKey::ToPem() const {
  const Bio bio = MemoryBio();
  if (PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) std::abort();
  return Contents(bio.get());
}

absl::Status Ed25519PublicKey::Verify(std::string_view message,
                                      std::string_view signature) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good =
      signature.size() == kEd25519SignatureSize && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                           key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                       Bytes(message), message.size()) == 1;
  if (good) return absl::OkStatus();
  ERR_clear_error();
  return absl::UnauthenticatedError("the signature is not by this key");
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromKey(Key key) {
  std::string raw = RawPublic(key);
  return Ed25519PrivateKey(Ed25519PublicKey(std::move(key), std::move(raw)));
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::Generate() {
  Key key = Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InternalError("no Ed25519 key could be generated");
  }
  return FromKey(std::move(key));
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromSeed(
    std::string_view seed) {
  Key key;
  if (seed.size() == kEd25519KeySize) {
    key = Own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                           Bytes(seed), seed.size()));
  }
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("an Ed25519 seed is 32 bytes long");
  }
  return FromKey(std::move(key));
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::FromPem(
    std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                BIO_free_all);
  Key key =
      Own(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  if (!IsEd25519(key)) {
    return absl::InvalidArgumentError(
        "not an unencrypted Ed25519 private key in PEM");
  }
  return FromKey(std::move(key));
}

absl::StatusOr<Ed25519PrivateKey> Ed25519PrivateKey::Load(
    const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info = {};
  if (file.fd() < 0 || fstat(file.fd(), &info) != 0) {
    return FileError("cannot open the key file", path);
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the key file ", path,
                     " is open to group or others; only its owner may have "
                     "access (chmod 600)"));
  }
  std::string pem(kMaxPemFile, '\0');
  std::size_t size = 0;
  while (size < pem.size()) {
    const ssize_t got = read(file.fd(), pem.data() + size, pem.size() - size);
    if (got < 0) return FileError("cannot read the key file", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  pem.resize(size);
  absl::StatusOr<Ed25519PrivateKey> key = FromPem(pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key file ", path, " is ", key.status().message()));
  }
  return key;
}

absl::Status Ed25519PrivateKey::Store(const std::string& path) const {
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                       S_IRUSR | S_IWUSR));
  if (file.fd() < 0) return FileError("cannot create the key file", path);
  std::string pem = ToPem();
  std::string_view rest = pem;
  absl::Status status;
  while (!rest.empty() && status.ok()) {
    const ssize_t put = write(file.fd(), rest.data(), rest.size());
    if (put < 0) {
      status = FileError("cannot write the key file", path);
    } else {
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  if (status.ok() && fsync(file.fd()) != 0) {
    status = FileError("cannot write the key file", path);
  }
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!status.ok()) unlink(path.c_str());
  return status;
}

std::string Ed25519PrivateKey::ToPem() const {
  const Bio bio = MemoryBio();
  if (PEM_write_bio_PrivateKey(bio.get(), public_key_.key_.get(), nullptr,
                               nullptr, 0, nullptr, nullptr) != 1) {
    std::abort();  // Out of memory: a key held by us can always be written.
  }
  return Contents(bio.get());
}

std::string Ed25519PrivateKey::Sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kEd25519SignatureSize, '\0');
  std::size_t size = signature.size();
  const bool good =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                         public_key_.key_.get()) == 1 &&
      EVP_DigestSign(context.get(),
                     reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                     Bytes(message), message.size()) == 1;
  if (!good) std::abort();  // Out of memory: nothing else can fail here.
  return signature;
}

}  // namespace waystation::auditlog
