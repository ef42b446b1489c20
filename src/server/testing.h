// The test kit in C++: Belfry in the process of a test, and a client that talks to it as stock clients do.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/testing.h"
#include "server/keys.h"
#include "server/stores.h"
#include "server/tokens.h"
#include "server/wiring.h"
#include "store/testing.h"

namespace belfry::testing {

/// What REST answered.
struct Answer {
  int status = 0;
  Value json;  ///< null where the body is no JSON
};

/// Belfry on a free port of 127.0.0.1, with a store in a folder of its own, until its end. Its functions
/// block, and throw `std::runtime_error` where something is wrong.
class TestServer {
 public:
  /// `adjust` may change the configuration before the start.
  explicit TestServer(std::vector<server::ExtraApp> apps = {},
                      const std::function<void(server::Config&)>& adjust = {})
      : apps_(std::move(apps)) {
    config_.server.host = "127.0.0.1";
    config_.server.port = 0;
    config_.server.threads = 2;
    config_.server.data_dir = folder_.file("data");
    config_.server.connections_per_minute = 0;
    config_.log.level = "off";
    if (adjust) adjust(config_);
    log_ = std::make_unique<Log>(config_.log_options());
    const auto keys = must(server::load_keys(config_, kSecret));
    store_ = must(server::open_store(
        config_.database(), config_, apps_, [this](const SharedEvent& event) { bus_.publish(event); },
        *log_));
    wiring_ = std::make_unique<server::Wiring>(config_, kSecret, keys, *store_, bus_, *log_, apps_);
    if (const auto listening = wiring_->listen(); !listening)
      throw std::runtime_error(listening.error().text());
  }

  int port() const { return wiring_->port(); }
  /// Credentials of a user.
  std::string token(const std::string& user_id, const std::string& role = "user") const {
    server::TokenRequest request;
    request.sub = user_id;
    request.role = role;
    return must(server::make_token(config_, kSecret, request));
  }
  /// A REST call with a user's credentials.
  Answer call(std::string_view method, std::string_view path, const std::string& token,
              const Value& body = nullptr) const {
    RawClient client(port());
    const std::string text = body.is_null() ? "" : body.dump();
    client.write(std::string(method) + " " + std::string(path) +
                 " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + token +
                 "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(text.size()) +
                 "\r\n\r\n" + text);
    const std::string answer = client.answer();
    if (answer.size() < 12) throw std::runtime_error("no answer to " + std::string(path));
    Value json = Value::parse(body_of(answer), nullptr, false);
    return {std::stoi(answer.substr(9, 3)), json.is_discarded() ? Value() : std::move(json)};
  }

 private:
  static constexpr const char* kSecret = "the secret of a test, which is long enough";

  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return std::move(*result);
  }

  store::testing::TempFolder folder_;
  server::Config config_;
  const std::vector<server::ExtraApp> apps_;
  std::unique_ptr<Log> log_;
  runtime::EventBus bus_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<server::Wiring> wiring_;  // goes first
};

/// A client of one namespace, over polling. Every wait ends after ten seconds, with a `std::runtime_error`
/// that names what was awaited. One thread.
class TestClient {
 public:
  /// Connects; throws the text of the `connect_error` where it is refused.
  TestClient(const TestServer& server, std::string nsp, const std::string& token)
      : port_(server.port()), nsp_(std::move(nsp)) {
    const std::string open = get();
    target_ += "&sid=" + Value::parse(open.substr(1)).at("sid").get<std::string>();
    post("40" + nsp_ + "," + Value{{"token", token}}.dump());
    const Packet answer =
        take("a connection", [](const Packet& one) { return one.type == '0' || one.type == '4'; });
    if (answer.type == '4') throw std::runtime_error(answer.data.value("message", ""));
  }
  ~TestClient() { post("41" + nsp_ + ","); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// The answer to an event.
  Value emit_with_ack(const std::string& event, const Value& payload) {
    const std::string id = std::to_string(++acks_);
    post("42" + nsp_ + "," + id + Value::array({event, payload}).dump());
    return take("an answer to " + event, [&](const Packet& one) { return one.type == '3' && one.id == id; })
        .data.at(0);
  }
  /// The payload of the next event of that name.
  Value wait_for(const std::string& event) {
    return take("event " + event,
                [&](const Packet& one) {
                  return one.type == '2' && one.data.is_array() && one.data.at(0) == event;
                })
        .data.at(1);
  }

 private:
  struct Packet {
    char type = 0;
    std::string id;
    Value data;
  };

  std::string get() {
    RawClient client(port_);
    const std::string body = body_of(client.request("GET", target_));
    if (body.empty()) throw std::runtime_error("the server does not answer a poll");
    return body;
  }
  void post(const std::string& packet) {
    RawClient client(port_);
    client.request("POST", target_, packet);
  }

  Packet take(const std::string& what, const std::function<bool(const Packet&)>& matches) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (std::size_t seen = 0;;) {
      for (; seen < packets_.size(); ++seen) {
        if (!matches(packets_[seen])) continue;
        Packet found = std::move(packets_[seen]);
        packets_.erase(packets_.begin() + static_cast<std::ptrdiff_t>(seen));
        return found;
      }
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited ten seconds for " + what);
      poll();
    }
  }
  void poll() {
    const std::string payload = get();
    for (std::size_t begin = 0; begin < payload.size();) {
      const std::size_t size = std::min(payload.find('\x1e', begin), payload.size()) - begin;
      read(std::string_view(payload).substr(begin, size));
      begin += size + 1;
    }
  }
  void read(std::string_view packet) {
    if (packet == "2") return post("3");
    if (packet.size() < 2 || packet[0] != '4') return;
    Packet read{.type = packet[1], .id = {}, .data = {}};
    packet.remove_prefix(2);
    if (packet.starts_with('/')) packet.remove_prefix(std::min(packet.find(','), packet.size() - 1) + 1);
    while (!packet.empty() && packet[0] >= '0' && packet[0] <= '9') {
      read.id += packet[0];
      packet.remove_prefix(1);
    }
    read.data = Value::parse(packet, nullptr, false);
    packets_.push_back(std::move(read));
  }

  const int port_;
  const std::string nsp_;
  std::string target_ = "/socket.io/?EIO=4&transport=polling";
  int acks_ = 0;
  std::deque<Packet> packets_;
};

}  // namespace belfry::testing
