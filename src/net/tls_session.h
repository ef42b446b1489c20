// TLS on one connection, without I/O: ciphertext in and out, plain bytes out and in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls_context.h"
#include "net/tls_wire.h"

namespace belfry::net {

/// Why a connection has failed in TLS.
enum class TlsFailure : std::uint8_t {
  http,     ///< plain HTTP on the TLS port
  version,  ///< no common version
  cipher,   ///< no common cipher, curve, signature or application protocol
  alert,    ///< the client refuses, our certificate for one
  broken,   ///< what is no TLS at all, or has been tampered with
  timeout,  ///< the handshake took too long
  closed,   ///< the client went during the handshake
  count
};
/// As metrics name it.
std::string_view text_of(TlsFailure failure);

/// Either side. Belongs to its connection, on whichever shard that is; moves with it. Holds no buffers at
/// rest.
class TlsSession {
 public:
  enum class State : std::uint8_t { handshake, open, ended /* the peer sends no more */, failed };

  /// The server's side.
  explicit TlsSession(std::shared_ptr<const TlsContext> context);
  /// The client's side of a connection to `server`; has something to send at once.
  TlsSession(std::shared_ptr<const TlsContext> context, const std::string& server);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  State state() const { return state_; }
  /// Only with `failed`.
  TlsFailure failure() const { return failure_; }
  /// The same in words: what is wrong with the other side's certificate, where that is why.
  std::string why() const;
  /// Whether the handshake took up an earlier session.
  bool resumed() const;

  /// Ciphertext from the peer, which must stay where it is while it is read. Everything before has been
  /// read.
  void receive(std::string_view bytes) { wire_.in = bytes; }
  /// Keeps what has not been read, because its place goes away.
  void keep_unread();
  /// Decrypts; 0 where the peer has to send more, or will not (`state`).
  std::size_t read(char* to, std::size_t size);

  /// Encrypts all of it, in as few records as it fits. False where there is no session to do so.
  bool write(std::string_view plain);
  /// Tells the peer that nothing follows; once, and only after a handshake.
  void end();

  /// Ciphertext that is to be sent; grows with what is written, and by what the protocol answers itself.
  std::size_t output_size() const { return wire_.out.size(); }
  std::string take_output() { return std::exchange(wire_.out, {}); }

 private:
  struct Free {
    void operator()(SSL* session) const;
  };

  void attach();
  void fail();

  const std::shared_ptr<const TlsContext> context_;
  TlsWire wire_;
  std::string unread_;  // what `keep_unread` has kept
  std::unique_ptr<SSL, Free> session_;
  State state_ = State::handshake;
  TlsFailure failure_ = TlsFailure::broken;
  unsigned long error_ = 0;  // OpenSSL's, with `failed`
};

}  // namespace belfry::net
