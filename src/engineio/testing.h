// What Engine.IO's tests stand on: ports that keep what they are given, and an engine whose time is set by
// hand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/engine.h"

namespace belfry::engineio::testing {

/// A polling request. Keeps its answers, of which there should be one.
struct FakePoll : PollPort {
  void answer(Answer given) override {
    answers.push_back(std::move(given));
    if (on_answer) on_answer();
  }
  bool answered() const { return !answers.empty(); }
  /// The payload of its only answer; what is no such thing in angle brackets.
  std::string body() const {
    if (answers.size() != 1) return "<" + std::to_string(answers.size()) + " answers>";
    const Answer& only = answers.front();
    if (only.kind == Answer::Kind::ok) return "<ok>";
    return only.kind == Answer::Kind::refused ? "<refused>" : only.body;
  }

  std::vector<Answer> answers;
  std::function<void()> on_answer;
};

/// A WebSocket. Keeps what is sent: text as it is, binary data behind `#`.
struct FakeWebSocket : WebSocketPort {
  void send(const MessageRef& message) override {
    if (message->text.size > 0) sent.emplace_back(message->view(message->text));
    for (const auto part : message->attachments) sent.push_back("#" + std::string(message->view(part)));
    keys.push_back(message->key);
    queued += message.size();
  }
  void send_packet(PacketType type, std::string_view data) override {
    sent.push_back(std::string(1, static_cast<char>(type)).append(data));
  }
  std::size_t queued_bytes() const override { return queued; }
  bool congested() const override { return is_congested; }
  std::size_t discard() override { return std::exchange(queued, 0); }
  void pause(bool on) override { paused = on; }
  void close(CloseReason reason) override {
    ++closed;
    why = reason;
  }

  std::vector<std::string> sent;
  std::vector<std::string> keys;  // of the messages among these
  std::size_t queued = 0;
  bool is_congested = false;
  bool paused = false;
  int closed = 0;
  CloseReason why = CloseReason::forced_close;  // of the last close
};

/// Short times for all but the heartbeat, which stays out of the way unless it is asked for.
inline Options quick(milliseconds ping_interval = std::chrono::seconds(30),
                     milliseconds ping_timeout = std::chrono::seconds(20)) {
  Options options;
  options.ping_interval = ping_interval;
  options.ping_timeout = ping_timeout;
  options.upgrade_timeout = milliseconds(1000);
  options.close_timeout = milliseconds(2000);
  return options;
}

/// What a session's handler has heard: messages as they came, binary ones behind `#`, its end as `closed:
/// why`.
struct Heard {
  std::vector<std::string> all;
  std::function<void(Session&, std::string_view)> on_message;
  std::function<void(Session&)> on_close;
};

inline MessageRef text_message(std::string_view text) {
  Encoded encoded;
  encoded.frames = "4" + std::string(text);
  encoded.text = {0, static_cast<std::uint32_t>(encoded.frames.size())};
  return MessageRef(std::move(encoded));
}

inline MessageRef binary_message(std::string_view text, std::string_view bytes) {
  Encoded encoded;
  encoded.frames = "4" + std::string(text) + std::string(bytes);
  encoded.text = {0, static_cast<std::uint32_t>(1 + text.size())};
  encoded.attachments.push_back({encoded.text.size, static_cast<std::uint32_t>(bytes.size())});
  return MessageRef(std::move(encoded));
}

/// An engine, its clock and what its sessions have heard, by their sids.
class World {
 public:
  explicit World(const Options& options = {})
      : engine(options, 7, [this] { return now; }, [this](Session& session) { return open(session); }) {}

  /// Lets time pass to `delay` from now, doing what falls due on the way when it is due.
  void pass(milliseconds delay) {
    const TimePoint until = now + delay;
    for (auto due = engine.next_deadline(); due && *due <= until; due = engine.next_deadline()) {
      now = std::max(now, *due);
      engine.tick();
      engine.flush();
    }
    now = until;
    engine.flush();
  }
  /// A polling session, and the sid of its open packet.
  Session& open_polling() {
    FakePoll poll;
    return engine.open_polling(nullptr, poll);
  }
  std::vector<std::string>& heard(const Session& session) { return heard_[session.sid()]->all; }
  Heard& ear(const Session& session) { return *heard_[session.sid()]; }
  /// Sends `body` as a POST; returns its answer.
  std::string post(Session& session, std::string_view body) {
    FakePoll port;
    if (!session.on_post_begin(port)) return "<not welcome>";
    session.on_post_body(port, body);
    return port.body();
  }

  TimePoint now{std::chrono::hours(1)};
  Engine engine;

 private:
  struct Handler : SessionHandler {
    Handler(Session& own, std::shared_ptr<Heard> into) : session(own), heard(std::move(into)) {}
    void on_message(bool binary, std::string_view data) override {
      heard->all.push_back((binary ? "#" : "") + std::string(data));
      if (heard->on_message) heard->on_message(session, data);
    }
    void on_close(CloseReason reason) override {
      heard->all.push_back("closed: " + std::string(text_of(reason)));
      if (heard->on_close) heard->on_close(session);
    }
    Session& session;
    std::shared_ptr<Heard> heard;
  };

  std::unique_ptr<SessionHandler> open(Session& session) {
    auto heard = std::make_shared<Heard>();
    heard_[session.sid()] = heard;
    return std::make_unique<Handler>(session, heard);
  }

  std::map<std::string, std::shared_ptr<Heard>, std::less<>> heard_;
};

}  // namespace belfry::engineio::testing
