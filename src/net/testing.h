// What the tests of TLS share.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "net/tls_context.h"

namespace belfry::testing {

/// A key and a certificate that it has signed for itself, in a folder of their own.
class Certificate {
 public:
  /// `names`: whose it is, as `DNS:here,IP:127.0.0.1`; empty: nobody's.
  explicit Certificate(const std::string& names = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "belfry-tls-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3'600);
    X509_set_pubkey(certificate, key);
    if (!names.empty()) {
      X509_set_version(certificate, X509_VERSION_3);
      X509_EXTENSION* const alt = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
      X509_add_ext(certificate, alt, -1);
      X509_EXTENSION_free(alt);
    }
    X509_sign(certificate, key, EVP_sha256());
    std::FILE* const key_file = std::fopen(files().key_file.c_str(), "w");
    PEM_write_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(key_file);
    std::FILE* const cert_file = std::fopen(files().cert_file.c_str(), "w");
    PEM_write_X509(cert_file, certificate);
    std::fclose(cert_file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  net::TlsFiles files() const { return {folder_ + "/cert.pem", folder_ + "/key.pem"}; }
  std::shared_ptr<const net::TlsContext> load() const { return net::TlsContext::load(files()).value(); }

 private:
  std::string folder_;
};

}  // namespace belfry::testing
