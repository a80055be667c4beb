// SPDX-License-Identifier: Apache-2.0
// Certificates made for one test, in a folder of its own that goes with it.
#ifndef TESTS_UNIT_CLIENT_SUPPORT_CERTIFICATES_H_
#define TESTS_UNIT_CLIENT_SUPPORT_CERTIFICATES_H_

#include <memory>
#include <string>

#include "absl/time/time.h"

struct evp_pkey_st;
struct x509_st;

namespace waystation::testing {

// A folder below the system's temporary one; removed in the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

void WriteFile(const std::string& path, const std::string& text,
               unsigned mode = 0600);
std::string ReadFile(const std::string& path);

// An authority that issues on the spot.
class TestAuthority {
 public:
  struct Wanted {
    std::string spiffe_id;  // URI name; none if empty.
    std::string dns_name;   // With 127.0.0.1 beside it; none if empty.
    absl::Duration lasts = absl::Hours(1);
  };
  struct Issued {
    std::string certificate_pem;
    std::string key_pem;
  };

  TestAuthority();
  ~TestAuthority();

  const std::string& certificate_pem() const { return certificate_pem_; }
  Issued Issue(const Wanted& wanted) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string certificate_pem_;
};

}  // namespace waystation::testing

#endif  // TESTS_UNIT_CLIENT_SUPPORT_CERTIFICATES_H_
