// Certificates for tests, made when they are needed: EC P-256, valid for a month, written into a scratch
// folder. Nothing of them is kept, so nothing expires in the repository.
#pragma once

#include <memory>
#include <string>

#include "support/sockets.h"

namespace hawser::test {

struct CertificateSpec {
  std::string common_name;
  /// Subject alternative names as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1,URI:spiffe://test/a".
  std::string alternatives;
  int first_day = -1;  ///< Counted from today.
  int last_day = 30;
};

struct PemPair {
  std::string certificate;
  std::string key;
};

/// The key again, encrypted with a passphrase.
std::string encrypted_key(const std::string& key, const std::string& passphrase);

class TestAuthority final {
 public:
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();

  /// Its own certificate.
  const std::string& pem() const { return pem_; }
  PemPair issue(const CertificateSpec& spec) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string pem_;
};

/// Files of certificates and keys.
class CertificateFolder final {
 public:
  /// Gives the path. Keys are written as 0600.
  std::string write(const std::string& name, const std::string& contents, int mode = 0600) const;
  std::string path(const std::string& name) const { return folder_.file(name); }

 private:
  ScratchFolder folder_;
};

}  // namespace hawser::test
