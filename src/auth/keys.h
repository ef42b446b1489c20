// The keys that check the signatures of tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::auth {

/// The signature algorithms of RFC 7518 and RFC 8037 that are understood. There is no `none`.
enum class Algorithm : std::uint8_t { hs256, hs384, hs512, rs256, es256, eddsa };

std::string_view name_of(Algorithm algorithm);
/// The algorithm of that name, exactly as in the RFC, or nothing.
std::optional<Algorithm> algorithm_named(std::string_view name);

/// A key that checks signatures, of one kind only: so a token cannot choose how a key is used (an HMAC under
/// a public key, say). Immutable, usable on any thread.
class VerifyKey {
 public:
  explicit VerifyKey(std::string id) : id_(std::move(id)) {}
  virtual ~VerifyKey() = default;

  /// The `kid` that names it; empty: it answers to every `kid`.
  const std::string& id() const { return id_; }
  virtual bool is_for(Algorithm algorithm) const = 0;
  virtual bool verify(Algorithm algorithm, std::string_view message, std::string_view signature) const = 0;

 private:
  std::string id_;
};

/// A secret shared by those who sign and those who check. Must not be empty: an empty secret verifies
/// nothing.
class HmacKey final : public VerifyKey {
 public:
  explicit HmacKey(std::string secret, std::string id = {})
      : VerifyKey(std::move(id)), secret_(std::move(secret)) {}

  bool is_for(Algorithm algorithm) const override;
  bool verify(Algorithm algorithm, std::string_view message, std::string_view signature) const override;
  std::string sign(Algorithm algorithm, std::string_view message) const;

 private:
  std::string secret_;
};

/// The keys that are believed, and the algorithms. Immutable once in use, then usable on any thread; bounded
/// by whoever fills it.
class KeySet {
 public:
  explicit KeySet(std::vector<Algorithm> algorithms) : algorithms_(std::move(algorithms)) {}
  void add(std::shared_ptr<const VerifyKey> key) { keys_.push_back(std::move(key)); }

  /// Whether tokens may be signed so.
  bool allows(Algorithm algorithm) const;
  /// Whether there is a key for it that answers to `id` (empty: any key).
  bool has(Algorithm algorithm, std::string_view id) const;
  /// Whether a key that answers to `id` (empty: any key) made `signature`.
  bool verify(Algorithm algorithm, std::string_view id, std::string_view message,
              std::string_view signature) const;

 private:
  std::vector<Algorithm> algorithms_;
  std::vector<std::shared_ptr<const VerifyKey>> keys_;
};

}  // namespace belfry::auth
