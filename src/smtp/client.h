// Sending one mail after the other to an SMTP server, by libcurl.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "belfry/result.h"

namespace belfry::smtp {

using std::chrono::milliseconds;

enum class Starttls {
  when_offered,  ///< and plain text where it is not
  required,
  off,
};

struct ClientOptions {
  std::string url;                       ///< `smtp[s]://[user:password@]host[:port]`
  milliseconds connect_timeout{10'000};  ///< until the server has greeted and the user is signed in
  milliseconds timeout{60'000};          ///< for a whole mail
  Starttls starttls = Starttls::when_offered;
  bool verify = true;        ///< whether the server's certificate must be valid for its host
  std::string ca_file = {};  ///< PEM: who may have signed it; empty: the system's
};

/// Fails where a mail server's URL is none. No error of it holds the URL.
Result<void> check_url(const std::string& url);
/// `host:port` of one: what may be shown.
std::string host_of(const std::string& url);
/// Whether its host is this very machine, by its name or address.
bool is_loopback(const std::string& url);

struct Letter {
  std::string from;  ///< address
  std::string to;    ///< address
  std::string text;  ///< of `compose`
};

struct Outcome {
  enum class Kind {
    sent,      ///< the server has taken it
    deferred,  ///< not now: nobody there, too slow, 4xx, or the server does not want us (sign-in, TLS)
    refused,   ///< never: 5xx to this mail
    aborted,   ///< because `stop` said so
  };
  Kind kind = Kind::deferred;
  std::string reason = {};  ///< unless sent; fit to be shown: one line, at most 300 bytes
};

/// Keeps its connection from mail to mail. One thread at a time, and not a shard's: `send` waits, for
/// `ClientOptions::timeout` and little more.
class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `stop` is asked about once a second, and ends the attempt.
  Outcome send(const Letter& letter, const std::function<bool()>& stop);

 private:
  struct Transfer;
  Outcome attempt(Transfer& transfer);

  const ClientOptions options_;
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace belfry::smtp
