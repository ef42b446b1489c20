#include "auth/public_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/jws.h"

namespace belfry::auth {

namespace {

constexpr int kRsaBitsMin = 2'048;
constexpr std::size_t kP256Bytes = 32;

template <class T, void (*kFree)(T*)>
struct Free {
  void operator()(T* pointer) const { kFree(pointer); }
};
template <class T, void (*kFree)(T*)>
using Owned = std::unique_ptr<T, Free<T, kFree>>;

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Number = Owned<BIGNUM, BN_free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Of one algorithm only, the one its kind of key is for.
class PublicKey final : public VerifyKey {
 public:
  PublicKey(Key key, Algorithm algorithm, std::string id)
      : VerifyKey(std::move(id)), key_(std::move(key)), algorithm_(algorithm) {}

  bool is_for(Algorithm algorithm) const override { return algorithm == algorithm_; }

  bool verify(Algorithm algorithm, std::string_view message, std::string_view signature) const override {
    if (!is_for(algorithm)) return false;
    const auto encoded = algorithm_ == Algorithm::es256 ? der_of(signature) : std::string(signature);
    const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    const EVP_MD* digest = algorithm_ == Algorithm::eddsa ? nullptr : EVP_sha256();
    return context != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(encoded), encoded.size(), bytes_of(message),
                            message.size()) == 1;
  }

 private:
  // JOSE has both numbers side by side (RFC 7518, section 3.4), OpenSSL wants them as ASN.1; empty: neither.
  static std::string der_of(std::string_view signature) {
    if (signature.size() != 2 * kP256Bytes) return {};
    const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
    Number r(BN_bin2bn(bytes_of(signature), kP256Bytes, nullptr));
    Number s(BN_bin2bn(bytes_of(signature.substr(kP256Bytes)), kP256Bytes, nullptr));
    if (pair == nullptr || r == nullptr || s == nullptr ||
        ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
      return {};
    }
    // Both belong to the pair now.
    [[maybe_unused]] const BIGNUM* const owned[] = {r.release(), s.release()};
    std::string der(static_cast<std::size_t>(std::max(i2d_ECDSA_SIG(pair.get(), nullptr), 0)), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    if (!der.empty()) i2d_ECDSA_SIG(pair.get(), &out);
    return der;
  }

  Key key_;
  Algorithm algorithm_;
};

// The one algorithm that a key is for, or nothing.
std::optional<Algorithm> algorithm_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= kRsaBitsMin ? std::optional(Algorithm::rs256) : std::nullopt;
    case EVP_PKEY_ED25519:
      return Algorithm::eddsa;
    case EVP_PKEY_EC: {
      char group[64] = {};
      std::size_t size = 0;
      const bool named = EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1;
      return named && std::string_view(group, size) == SN_X9_62_prime256v1 ? std::optional(Algorithm::es256)
                                                                           : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

Key key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

std::string text_of(const Value& jwk, const char* name) {
  const auto found = jwk.find(name);
  return found != jwk.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Key rsa_key(const Value& jwk) {
  const auto n = from_base64url(text_of(jwk, "n"));
  const auto e = from_base64url(text_of(jwk, "e"));
  if (!n || !e || n->empty() || e->empty()) return nullptr;
  const Number modulus(BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr));
  const Number exponent(BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr));
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return key_from("RSA", builder.get());
}

Key ec_key(const Value& jwk) {
  const auto x = from_base64url(text_of(jwk, "x"));
  const auto y = from_base64url(text_of(jwk, "y"));
  if (text_of(jwk, "crv") != "P-256" || !x || !y || x->size() != kP256Bytes || y->size() != kP256Bytes) {
    return nullptr;
  }
  const std::string point = "\x04" + *x + *y;
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1) {
    return nullptr;
  }
  return key_from("EC", builder.get());
}

Key ed25519_key(const Value& jwk) {
  const auto x = from_base64url(text_of(jwk, "x"));
  if (text_of(jwk, "crv") != "Ed25519" || !x) return nullptr;
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()));
}

// Null where it is not understood or not for signatures.
std::shared_ptr<const VerifyKey> read_jwk(const Value& jwk) {
  if (!jwk.is_object()) return nullptr;
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return nullptr;
  const std::string type = text_of(jwk, "kty");
  Key key = type == "RSA"   ? rsa_key(jwk)
            : type == "EC"  ? ec_key(jwk)
            : type == "OKP" ? ed25519_key(jwk)
                            : nullptr;
  const auto algorithm = key == nullptr ? std::nullopt : algorithm_of(key.get());
  if (!algorithm || (jwk.contains("alg") && text_of(jwk, "alg") != name_of(*algorithm))) return nullptr;
  return std::make_shared<PublicKey>(std::move(key), *algorithm, text_of(jwk, "kid"));
}

}  // namespace

Result<std::shared_ptr<const VerifyKey>> read_pem_key(const std::string& pem) {
  const Owned<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(bio == nullptr ? nullptr : PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return fail(ErrorKind::invalid, "holds no public key in PEM");
  const auto algorithm = algorithm_of(key.get());
  if (!algorithm) {
    return fail(ErrorKind::invalid, "holds a key that is not RSA of 2048 bits or more, P-256 or Ed25519");
  }
  return std::make_shared<const PublicKey>(std::move(key), *algorithm, "");
}

Result<std::vector<std::shared_ptr<const VerifyKey>>> read_jwks(std::string_view text) {
  const Value set = Value::parse(text, nullptr, false);
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array()) {
    return fail(ErrorKind::malformed, "is no JSON Web Key Set");
  }
  if (keys->size() > kJwksMaxKeys) {
    return fail(ErrorKind::too_large, "holds more than " + std::to_string(kJwksMaxKeys) + " keys");
  }
  std::vector<std::shared_ptr<const VerifyKey>> read;
  for (const Value& jwk : *keys) {
    if (auto key = read_jwk(jwk)) read.push_back(std::move(key));
  }
  return read;
}

}  // namespace belfry::auth
