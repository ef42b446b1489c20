// Reads a connection as HTTP/1.1 and answers its requests, one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engineio/ports.h"
#include "engineio/session.h"
#include "http/reader.h"
#include "http/response.h"
#include "net/address_gate.h"
#include "net/connection.h"
#include "net/engine_endpoint.h"
#include "net/forward.h"
#include "net/site.h"

namespace belfry::net {

/// Owned by its connection. While a request is being answered, what follows it waits.
class HttpPump : public Pump, public engineio::PollPort, public ListHook<HalfOpenTag> {
 public:
  HttpPump(Connection& connection, Site& site);
  ~HttpPump() override;

  /// Goes on where the pump of another shard has stopped: its reader, what that had said last, and what
  /// follows.
  void resume(http::Reader reader, http::Outcome outcome, std::string_view rest);

  void on_bytes(char* data, std::size_t size) override;
  void on_written() override;
  void on_shutdown() override;
  void on_closed() override;
  void answer(engineio::Answer answer) override;

  // For what forwards the request that is under way to another server.

  Connection& connection() const { return connection_; }
  unsigned version() const { return request_->version; }
  /// Whether the connection serves another request after this answer.
  bool keeps_alive() const;
  /// The answer was sent by somebody else.
  void end_answer();
  /// Nothing was, and nothing will be.
  void on_forward_failed(int status);
  /// The connection is HTTP's no longer; what has come behind the request.
  std::string leave();

  /// Ends the connection: it has waited for too long, and there are others.
  void give_up();

  /// Answers the request that is under way.
  void respond(const http::Response& response);

 private:
  enum class Phase { head /* of a request is being read */, body, answering };

  void process(std::string_view bytes);
  void process_waiting();
  void process_later();
  bool keep_waiting(std::string_view bytes);
  bool client_reads() const;
  bool on_step(http::Outcome outcome, std::string_view rest);
  bool on_head(http::Outcome outcome, std::string_view rest);
  void begin_body();
  void begin_post();
  void take_request(http::Request request);
  void on_request(std::string_view rest);
  void on_engine_request(std::string_view rest);
  void ask_to_admit();
  void on_verdict(const Verdict& verdict);
  void open_session(std::string_view rest);
  std::optional<http::Response> admit_address(AddressGate::Lease& lease);
  void on_session_request(engineio::Session& session);
  bool admit_forwarded(const http::Request& head);
  bool is_elsewhere(const http::Request& head) const;
  void forward();
  void leave_forward();
  void on_error(int status);
  void refuse_upgrade(const http::Request& request);
  void upgrade(engineio::Session* session, AddressGate::Lease lease, std::string_view rest);
  void move_to(Site& site, http::Outcome outcome, std::string_view rest);
  void next_request();
  void wait(std::chrono::milliseconds timeout);
  void on_timeout();
  void on_body_time();

  Connection& connection_;
  Site& site_;
  http::Reader reader_;
  std::string waiting_;                     // bytes behind the request that is being answered
  std::unique_ptr<http::Request> request_;  // being answered
  EngineEndpoint* endpoint_ = nullptr;      // of the request
  engineio::Session* session_ = nullptr;    // waits for this request, or for its body
  std::shared_ptr<HttpPump*> self_;         // what responders hold
  std::shared_ptr<HttpPump*> asking_;       // what admissions hold, while the application is asked for one
  std::shared_ptr<ForwardLink> link_;       // while another server is asked
  runtime::Timer timer_;
  TimePoint body_since_{};  // when the head had come
  Phase phase_ = Phase::head;
  bool close_after_ = false;  // the request cannot be read to its end
  bool client_secure_ =
      false;  // of a request that another server has forwarded: whether its client spoke TLS
  bool processing_ = false;
  bool gone_ = false;  // the connection has ended, has moved, or is a WebSocket now
};

}  // namespace belfry::net
