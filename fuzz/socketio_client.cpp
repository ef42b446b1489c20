// Socket.IO over two shards, driven by a script: packets, emits, rooms, middlewares that wait, losses,
// clients that come back to their sessions, in any order. The loops of the shards turn when the script says
// so, all on one thread.
#include <list>

#include "core/base64.h"
#include "engineio/testing.h"
#include "fuzz/fuzz.h"
#include "fuzz/socketio_site.h"

namespace belfry {
namespace {

using namespace fuzz;
using engineio::testing::FakePoll;
using engineio::testing::FakeWebSocket;

std::shared_ptr<const engineio::Handshake> handshake() {
  static const auto first = std::make_shared<const engineio::Handshake>(
      "/?a=b", "127.0.0.1", false, 0, engineio::Handshake::Pairs{{"host", "a"}});
  return first;
}

/// A connection, over either transport.
class Peer {
 public:
  Peer(Site& site, FuzzedDataProvider& input)
      : site_(site), input_(input), shard_(input.ConsumeIntegralInRange(0, kShards - 1)) {
    dialect_.v3 = input_.ConsumeIntegralInRange(0, 7) == 0;
    over_socket_ = input_.ConsumeBool();
    Site::on_shard(shard_, [this] { open(); });
  }

  /// In the next turn of its shard, one step.
  void step() {
    Site::on_shard(shard_, [this] { act(); });
  }

  /// Reads what it has been sent.
  void listen() {
    for (const auto& packet : std::exchange(socket_.sent, {})) site_.tell(packet);
    if (poll_ != nullptr && poll_->answered()) site_.tell(poll_->body());
  }

 private:
  void open() {
    if (over_socket_) {
      sid_ = site_.engine(shard_).open_websocket(handshake(), socket_, dialect_).sid();
    } else {
      FakePoll poll;
      sid_ = site_.engine(shard_).open_polling(handshake(), poll, dialect_).sid();
    }
  }

  void act() {
    engineio::Session* session = site_.engine(shard_).find(sid_);
    if (session == nullptr) return;
    switch (input_.ConsumeIntegralInRange(0, 7)) {
      case 0:
        return lose(*session);
      case 1:
        return poll(*session);
      case 2:
        return send(*session, false, input_.ConsumeRandomLengthString(32));
      case 3:
        return send(*session, true, input_.ConsumeRandomLengthString(4));
      default:
        return send(*session, false, packet());
    }
  }

  std::string packet() {
    static constexpr std::string_view kEvents[] = {"join",     "leave",   "echo", "ask",  "tell", "leave-me",
                                                   "close-me", "drop-me", "own",  "fail", "none"};
    const std::string_view nsp = input_.PickValueInArray(kNames);
    const std::string name = nsp == "/" ? "" : std::string(nsp) + ",";
    const std::string id = input_.ConsumeBool() ? std::to_string(input_.ConsumeIntegralInRange(0, 9)) : "";
    switch (input_.ConsumeIntegralInRange(0, 6)) {
      case 6:
        return "0" + name + site_.session();
      case 0:
        return "0" + name;
      case 1:
        return "1" + name;
      case 2:
        return "3" + name + std::to_string(input_.ConsumeIntegralInRange(0, 9)) + "[]";
      case 3:
        return "51-" + name + id + R"(["echo",{"_placeholder":true,"num":0}])";
      default:
        return "2" + name + id + "[\"" + std::string(input_.PickValueInArray(kEvents)) + "\",1]";
    }
  }

  void send(engineio::Session& session, bool binary, const std::string& data) {
    if (over_socket_) return session.on_frame(socket_, binary, message(binary, data));
    posts_.emplace_back();
    if (!session.on_post_begin(posts_.back())) return posts_.pop_back();
    std::string body = binary ? dialect_.v3 ? "b4" : "b" : "4" + data;
    if (binary) append_base64(body, data);
    if (dialect_.v3) body = std::to_string(body.size()) + ":" + body;
    session.on_post_body(posts_.back(), body);
    if (!posts_.back().answered()) return;  // the session is held
    posts_.pop_back();
  }

  std::string message(bool binary, const std::string& data) const {
    if (!binary) return "4" + data;
    return dialect_.v3 ? "\x04" + data : data;
  }

  void poll(engineio::Session& session) {
    if (over_socket_) return;
    if (!poll_ || poll_->answered()) {
      polls_.push_back(std::make_unique<FakePoll>());
      poll_ = polls_.back().get();
      session.on_poll(*poll_);
    }
  }

  void lose(engineio::Session& session) {
    if (over_socket_) {
      session.on_websocket_closed(socket_, engineio::CloseReason::transport_close);
    } else if (poll_ && !poll_->answered()) {
      session.on_request_lost(*poll_);
    }
  }

  Site& site_;
  FuzzedDataProvider& input_;
  const int shard_;
  engineio::Dialect dialect_;
  std::string sid_;
  FakeWebSocket socket_;
  std::list<FakePoll> posts_;  // that are not answered yet
  std::vector<std::unique_ptr<FakePoll>> polls_;
  FakePoll* poll_ = nullptr;  // the last of them
  bool over_socket_ = false;
};

void play(Site& site, FuzzedDataProvider& input) {
  constexpr std::size_t kMaxPeers = 5;
  std::vector<std::unique_ptr<Peer>> peers;
  while (input.remaining_bytes() > 0) {
    const int what = input.ConsumeIntegralInRange(0, 15);
    if (what < kShards) {
      site.turn(what);
      for (auto& peer : peers) peer->listen();
    } else if (what == 2) {
      site.operate();
    } else if (what == 3) {
      site.release();
    } else if (peers.size() < kMaxPeers && (what == 4 || peers.empty())) {
      peers.push_back(std::make_unique<Peer>(site, input));
    } else {
      peers[static_cast<std::size_t>(what) % peers.size()]->step();
    }
  }
  site.finish();
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  {
    Site site(input);
    play(site, input);
  }
  fuzz::check(!Site::discard_rest(), "no task and no timer outlives its server");
  return 0;
}
