#include "hawser/tls/pem_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "hawser/base/unique_fd.h"

namespace hawser::tls {
namespace {

// The certificates of all public CAs are about 250 KiB.
constexpr std::size_t kLargestFile = 4 * 1024 * 1024;

/// Contents of a file; wiped at the end, for it may be a key.
struct Contents {
  Contents() = default;
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;
  ~Contents() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::vector<char> bytes;
};

enum class Secrecy { kPublic, kSecret };

tl::unexpected<Error> file_error(const std::string& path, const std::string& what, std::string why) {
  return usage_error(what + ": " + path + ": " + std::move(why));
}

bool is_readable_by_others(const struct stat& status) {
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) return true;
  return (status.st_mode & S_IRWXG) != 0 && status.st_uid != 0;
}

Result<void> read_file(const std::string& path, const std::string& what, Secrecy secrecy, Contents& into) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) return file_error(path, what, errno_text(errno));
  if (S_ISDIR(status.st_mode)) return file_error(path, what, "it is a folder");
  if (secrecy == Secrecy::kSecret && S_ISREG(status.st_mode) && is_readable_by_others(status)) {
    return file_error(path, what, "others can read or change the key; chmod 600 it, and think of a new one");
  }
  // No growing: what is left behind in freed blocks would not be wiped.
  into.bytes.resize(S_ISREG(status.st_mode) ? std::min<std::size_t>(status.st_size, kLargestFile) + 1
                                            : kLargestFile);
  std::size_t size = 0;
  while (size < into.bytes.size()) {
    const ssize_t got = ::read(fd.get(), into.bytes.data() + size, into.bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(path, what, errno_text(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size >= kLargestFile) return file_error(path, what, "it is too large to be a PEM file");
  OPENSSL_cleanse(into.bytes.data() + size, into.bytes.size() - size);
  into.bytes.resize(size);
  return {};
}

Bio bio_of(const Contents& contents) {
  return Bio(BIO_new_mem_buf(contents.bytes.data(), static_cast<int>(contents.bytes.size())));
}

// Asked for a passphrase: notes that it was, and has none. OpenSSL's own would ask at the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

Result<std::vector<Certificate>> read_certificates(const std::string& path, const std::string& what) {
  Contents contents;
  if (auto read = read_file(path, what, Secrecy::kPublic, contents); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  const Bio bio = bio_of(contents);
  std::vector<Certificate> certificates;
  bool asked = false;
  while (bio != nullptr) {
    Certificate next(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_passphrase, &asked));
    if (next == nullptr) break;
    certificates.push_back(std::move(next));
  }
  // The end of the file is an error to the library, "no start line"; another one is a broken certificate.
  const bool is_broken = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  const std::string error = take_error_text();
  if (is_broken) return file_error(path, what, "a certificate in it is damaged (" + error + ")");
  if (certificates.empty()) {
    return file_error(path, what, "there is no certificate in it (-----BEGIN CERTIFICATE-----)");
  }
  return certificates;
}

Result<PrivateKey> read_private_key(const std::string& path, const std::string& what) {
  Contents contents;
  if (auto read = read_file(path, what, Secrecy::kSecret, contents); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  const Bio bio = bio_of(contents);
  bool asked = false;
  PrivateKey key(bio == nullptr ? nullptr
                                : PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
  ERR_clear_error();  // not told: it may quote the file
  if (asked) {
    return file_error(path, what,
                      "the key is encrypted; write it without a passphrase (openssl pkey) and chmod 600 it");
  }
  if (key == nullptr) return file_error(path, what, "there is no private key in it (PEM)");
  return key;
}

}  // namespace hawser::tls
