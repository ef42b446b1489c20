// What the test of rooms has beside the server: its clients, who carry what they get, and what a plain model
// knows of them. For rooms_play.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/testing.h"

namespace belfry::socketio::testing {

/// `/n,`, and nothing for `/`.
inline std::string prefix(std::string_view nsp) {
  return nsp == "/" ? "" : std::string(nsp) + ",";
}

/// A socket as the model has it.
struct Member {
  std::string nsp;
  std::string id;
  std::set<std::string> rooms;

  bool in_any(const std::vector<std::string>& names) const {
    return std::ranges::any_of(names,
                               [this](const auto& name) { return name == id || rooms.contains(name); });
  }
};

/// A broadcast that asks: who has not said anything yet, and the answers.
struct Question {
  std::set<std::string> open;
  std::map<std::string, std::string> expected, got;  // by socket
  bool answered = false;
};

/// A question that a client has got.
struct Asked {
  std::string nsp;
  std::string member;  // the id of the socket that was asked
  std::string ack_id;
  std::size_t question;
};

/// A question to the server, about sockets and rooms.
struct Fetched {
  std::map<std::string, std::set<std::string>> expected, got;  // rooms by socket
  std::set<std::string> expected_rooms, rooms;
  int answers = 0;
};

/// A connection. Used by its shard's thread, or while that does nothing; what the model knows by whoever
/// acts.
struct Client {
  using Session = engineio::Session;

  unsigned shard = 0;
  std::string sid;

  // What carries it.
  engineio::testing::FakeWebSocket socket;
  std::vector<std::unique_ptr<engineio::testing::FakePoll>> polls;  // the last may wait
  std::vector<std::string> received;                                // Socket.IO packets
  std::vector<Asked> asked;

  // What the model knows.
  bool over_socket = false;
  bool pending = false;  // a GET waits
  bool probing = false;
  bool closed = false;          // by the server: what was sent before still comes
  std::vector<Member> members;  // in the order in which it joined the namespaces
  std::vector<std::string> expected;
  std::size_t undelivered = 0;  // of `expected`, from its end

  Member* member(std::string_view nsp) {
    const auto found = std::ranges::find(members, nsp, &Member::nsp);
    return found == members.end() ? nullptr : &*found;
  }
  /// Whether a volatile event would leave.
  bool writable() const { return over_socket || pending; }
  void expect(std::string packet) {
    expected.push_back(std::move(packet));
    if (!over_socket) ++undelivered;
  }

  void send(Session& session, const std::string& packet) {
    if (over_socket) return session.on_frame(socket, false, "4" + packet);
    engineio::testing::FakePoll post;
    if (session.on_post_begin(post)) session.on_post_body(post, "4" + packet);
  }

  void poll(Session& session) {
    if (over_socket || pending) return;
    polls.push_back(std::make_unique<engineio::testing::FakePoll>());
    session.on_poll(*polls.back());
    pending = true;
  }

  /// The first time a WebSocket probes, the second time it takes over.
  void probe(Session& session) {
    if (over_socket) return;
    if (!probing) {
      session.on_probe(socket);
      session.on_frame(socket, false, "2probe");
      if (undelivered == 0) pending = false;
      probing = true;
      return;
    }
    session.on_frame(socket, false, "5");
    over_socket = true;
    probing = pending = false;
    undelivered = 0;
  }

  /// Its connection breaks; over polling that is seen where a GET waits.
  void lose(Session& session) {
    if (over_socket) return session.on_websocket_closed(socket, engineio::CloseReason::transport_close);
    poll(session);
    session.on_request_lost(*polls.back());
  }

  /// At the end of a turn: takes what has come. Who was closed asks for the rest.
  void collect(engineio::Engine& engine) {
    if (closed && !over_socket) ask_for_rest(engine);
    if (over_socket || pending) undelivered = 0;
    bool waits = false;
    for (const auto& poll : polls) {
      if (poll->answered()) read(poll->body());
      waits = waits || !poll->answered();
    }
    std::erase_if(polls, [](const auto& poll) { return poll->answered(); });
    pending = waits;
    for (const std::string& packet : socket.sent) read(packet);
    socket.sent.clear();
    socket.queued = 0;
  }

 private:
  void ask_for_rest(engineio::Engine& engine) {
    while (Session* session = engine.find(sid)) {
      if (polls.empty() || polls.back()->answered()) {
        pending = false;
        poll(*session);
      }
      engine.flush();
    }
    pending = true;  // there was one for all
  }

  void read(std::string_view payload) {
    engineio::PayloadReader reader(payload);
    engineio::PayloadReader::Packet packet;
    while (reader.next(packet) == engineio::PayloadReader::Step::packet) {
      if (packet.type == engineio::PacketType::message) take(std::string(packet.data));
    }
  }

  /// Keeps a packet; the id of a question, which the model cannot know, is taken out of it.
  void take(std::string packet) {
    constexpr std::string_view kAsk = "[\"ask\",";
    if (const auto at = packet.find(kAsk); at != packet.npos && packet.front() == '2') {
      std::size_t id = at;
      while (id > 1 && packet[id - 1] >= '0' && packet[id - 1] <= '9') --id;
      const std::string nsp = id == 1 ? "/" : packet.substr(1, id - 2);
      const auto question = static_cast<std::size_t>(std::stoi(packet.substr(at + kAsk.size())));
      if (const Member* own = member(nsp))
        asked.push_back({nsp, own->id, packet.substr(id, at - id), question});
      packet.erase(id, at - id);
    }
    received.push_back(std::move(packet));
  }
};

}  // namespace belfry::socketio::testing
