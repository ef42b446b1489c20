// Engine.IO sessions of either version, driven by a script: polls, posts, WebSockets, upgrades, holds, losses
// and time in any order.
#include <array>
#include <deque>

#include "engineio/payload_v3.h"
#include "engineio/session.h"
#include "engineio/testing.h"
#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using namespace engineio;
using engineio::testing::World;
using fuzz::check;

/// What a client has of one request or WebSocket.
struct Poll : PollPort {
  void answer(Answer given) override {
    check(!answered && !lost, "a request is answered once, and only while it waits");
    answered = true;
    on_answer(std::move(given));
  }
  std::function<void(Answer)> on_answer = [](const Answer&) {};
  bool answered = false;
  bool lost = false;
};

struct Socket : engineio::testing::FakeWebSocket {
  void close(CloseReason reason) override {
    check(!over(), "a WebSocket is closed once, and only while it lives");
    FakeWebSocket::close(reason);
  }
  void pause(bool on) override {
    check(!over(), "only a WebSocket that lives is paused");
    FakeWebSocket::pause(on);
  }
  void send(const MessageRef& message) override {
    check(!over(), "nothing is sent over a WebSocket that has ended");
    FakeWebSocket::send(message);
  }
  bool over() const { return closed > 0 || lost; }
  bool lost = false;
};

/// One client, and what must be true of its session.
class Client {
 public:
  Client(World& world, FuzzedDataProvider& input) : world_(world), input_(input) {
    const int dialect = input_.ConsumeIntegralInRange(0, 3);
    dialect_ = {.v3 = dialect > 1, .base64 = dialect > 2};
    if (input_.ConsumeBool()) {
      Poll& poll = new_poll();
      sid_ = world_.engine.open_polling(nullptr, poll, dialect_).sid();
      check(poll.answered, "a handshake is answered at once");
    } else {
      sockets_.push_back(std::make_unique<Socket>());
      sid_ = world_.engine.open_websocket(nullptr, *sockets_.back(), dialect_).sid();
    }
    auto& ear = world_.ear(*session());
    ear.on_message = [this](Session& own, std::string_view text) { on_message(own, text); };
    ear.on_close = [this](Session& own) {
      ++ends_;
      send(own);  // leads nowhere
      if (other != nullptr && other->session() != nullptr) other->send(*other->session());
    };
  }

  Session* session() { return world_.engine.find(sid_); }

  void step() {
    switch (input_.ConsumeIntegralInRange(0, 16)) {
      case 0:
        return poll();
      case 1:
        return begin_post();
      case 2:
        return end_post();
      case 3:
        return lose_request();
      case 4:
        return probe();
      case 5:
        return frame("2probe");
      case 6:
        return frame("5");
      case 7:
        return frame(text());
      case 8:
        return frame("#" + text());
      case 9:
        return lose_socket();
      case 10:
        if (Session* own = session()) send(*own);
        return;
      case 11:
        if (Session* own = session()) own->close(CloseReason::forced_close);
        return;
      case 12:
        if (!sockets_.empty()) sockets_.back()->queued = 0;
        return;
      case 13:
        if (Session* own = session()) own->hold(input_.ConsumeBool());
        return;
      case 14:
        if (Session* own = session()) own->on_control();
        return;
      case 15:
        if (Session* own = session()) own->on_drained();
        return;
      default:
        polls_again_ = !polls_again_;
    }
  }

  void send(Session& own) {
    const int what = input_.ConsumeIntegralInRange(0, 2);
    const std::string text = std::to_string(++number_);
    if (what == 2) {
      if (own.open()) newest_sent_ = number_;
      return own.send(keyed_message(text));
    }
    if (own.open()) ++sent_;
    own.send(what == 1 ? testing::text_message(text) : testing::binary_message(text, "\x01"));
  }

  /// Takes what waits for it; what was sent to a session that lives has come then.
  void drain() {
    for (Session* own = session(); own != nullptr && own->open(); own = session()) {
      collect();
      if (own->transport() == Transport::websocket || all_received()) break;
      if (waiting_ == nullptr) poll();
      world_.engine.flush();
    }
    collect();
    if (Session* own = session(); own != nullptr && own->open()) check(all_received(), "nothing is lost");
  }

  /// When everything has ended.
  void look_back() {
    collect();
    check(session() == nullptr, "the session has gone");
    check(ends_ == 1, "it ended once");
    for (const auto& poll : polls_) check(poll->answered != poll->lost, "every request has its answer");
    for (const auto& socket : sockets_) check(socket->over(), "every WebSocket has been closed");
  }

  /// Counts what came over WebSockets and polls, which must be in order.
  void collect() {
    for (const auto& socket : sockets_) {
      for (const auto& packet : socket->sent) take(packet);
      socket->sent.clear();
    }
  }

  Client* other = nullptr;

 private:
  // One that a newer one of its key makes needless; its text is told from others.
  static MessageRef keyed_message(const std::string& number) {
    Encoded encoded = *testing::text_message("k" + number);
    encoded.key = "k";
    return MessageRef(std::move(encoded));
  }

  bool all_received() const { return received_ == sent_ && newest_received_ == newest_sent_; }

  std::string text() {
    static constexpr std::array<const char*, 8> kPackets = {"4a",
                                                            "3",
                                                            "2",
                                                            "1",
                                                            "6",
                                                            "bAQ==",
                                                            "4b\x1e"
                                                            "4c",
                                                            "5"};
    if (input_.ConsumeBool()) return input_.PickValueInArray(kPackets);
    return input_.ConsumeRandomLengthString(16);
  }

  Poll& new_poll() {
    polls_.push_back(std::make_unique<Poll>());
    return *polls_.back();
  }

  void on_message(Session& own, std::string_view what) {
    check(ends_ == 0, "it hears nothing after its end");
    if (what == "a") send(own);
    if (what == "b") own.close(CloseReason::forced_close);
    if (what == "c") own.fail(CloseReason::parse_error);
  }

  void poll() {
    Session* own = session();
    if (own == nullptr || own->transport() != Transport::polling) return;
    Poll& port = new_poll();
    waiting_ = &port;
    port.on_answer = [this, &port](const Answer& answer) {
      if (waiting_ == &port) waiting_ = nullptr;
      if (answer.kind == Answer::Kind::payload) read(answer);
      if (polls_again_) poll();  // as a connection does that has the next request already
    };
    own->on_poll(port);
  }

  void read(const Answer& answer) {
    check(!answer.binary || (dialect_.v3 && !dialect_.base64), "binary answers are for who takes them");
    dialect_.v3 ? read(PayloadReaderV3(answer.body, answer.binary)) : read(PayloadReader(answer.body));
  }

  template <class Reader>
  void read(Reader reader) {
    PayloadReader::Packet packet;
    auto step = PayloadReader::Step::packet;
    while ((step = reader.next(packet)) == PayloadReader::Step::packet) {
      if (!packet.binary) take(static_cast<char>(packet.type) + std::string(packet.data));
    }
    check(step == PayloadReader::Step::end, "answers are payloads");
  }

  void take(const std::string& packet) {
    if (!packet.starts_with("4")) return;
    const bool keyed = packet.starts_with("4k");
    const int number = std::stoi(packet.substr(keyed ? 2 : 1));
    check(number > last_, "messages come once and in order");
    last_ = number;
    keyed ? newest_received_ = number : ++received_;
  }

  void begin_post() {
    Session* own = session();
    if (own == nullptr || own->transport() != Transport::polling) return;
    Poll& port = new_poll();
    Poll* before = post_;
    if (own->on_post_begin(port)) {
      check(before == nullptr || before->answered, "one POST at a time");
      post_ = &port;
      post_has_come_ = false;
    } else {
      port.lost = true;  // its connection refuses it
    }
  }

  void end_post() {
    if (post_ == nullptr || post_->answered || post_has_come_) return;
    Poll* port = post_;
    Session* own = session();
    check(own != nullptr, "a session that ends answers its POST");
    if (own->transport() == Transport::polling && input_.ConsumeBool()) {
      post_has_come_ = true;  // and is answered at once, unless the session is held
      const bool binary = input_.ConsumeBool();
      own->on_post_body(*port, dialect_.v3 ? payload_v3(text(), binary) : text(), binary);
    } else {
      post_ = nullptr;
      port->lost = true;
      own->on_post_dropped();
    }
  }

  // The packet as a payload of version 3; what is too long for that goes as it is.
  static std::string payload_v3(const std::string& packet, bool binary) {
    if (packet.size() > 9) return packet;
    const char size = static_cast<char>(packet.size());
    if (binary) return std::string({'\0', size, '\xff'}) + packet;
    return std::to_string(packet.size()) + ":" + packet;
  }

  void lose_request() {
    Poll*& which = input_.ConsumeBool() ? waiting_ : post_;
    Poll* port = std::exchange(which, nullptr);
    if (port == nullptr || port->answered) return;
    port->lost = true;
    check(session() != nullptr, "a session that ends answers its requests");
    session()->on_request_lost(*port);
  }

  void probe() {
    Session* own = session();
    if (own == nullptr) return;
    auto socket = std::make_unique<Socket>();
    if (own->on_probe(*socket)) sockets_.push_back(std::move(socket));
  }

  Socket* live_socket() {
    for (auto it = sockets_.rbegin(); it != sockets_.rend(); ++it) {
      if (!(*it)->over()) return it->get();
    }
    return nullptr;
  }

  void frame(const std::string& what) {
    Socket* socket = live_socket();
    if (socket == nullptr) return;
    check(session() != nullptr, "a session that ends closes its WebSockets");
    const bool binary = what.starts_with('#');
    session()->on_frame(*socket, binary, std::string_view(what).substr(binary ? 1 : 0));
  }

  void lose_socket() {
    Socket* socket = live_socket();
    if (socket == nullptr) return;
    collect();
    socket->lost = true;
    check(session() != nullptr, "a session that ends closes its WebSockets");
    session()->on_websocket_closed(*socket, CloseReason::transport_close);
  }

  World& world_;
  FuzzedDataProvider& input_;
  std::string sid_;
  Dialect dialect_;
  std::vector<std::unique_ptr<Poll>> polls_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Poll* waiting_ = nullptr;  // the GET that is not answered
  Poll* post_ = nullptr;     // the POST whose body is still to come
  bool post_has_come_ = false;
  int ends_ = 0;
  int number_ = 0, last_ = 0, sent_ = 0, received_ = 0;
  int newest_sent_ = 0, newest_received_ = 0;  // of messages with a key
  bool polls_again_ = false;
};

Options options() {
  Options options = testing::quick(milliseconds(300), milliseconds(200));
  options.max_buffered_bytes = 64;
  options.drain_mark_bytes = 16;
  return options;
}

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  World world(options());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 2; ++i) clients.push_back(std::make_unique<Client>(world, input));
  clients[0]->other = clients[1].get();
  while (input.remaining_bytes() > 0) {
    const int what = input.ConsumeIntegralInRange(0, 9);
    if (what == 0) {
      world.pass(milliseconds(input.ConsumeIntegralInRange(0, 400)));
    } else if (what == 1) {
      world.engine.flush();
    } else {
      clients[what % 2]->step();
    }
    const auto due = world.engine.next_deadline();
    fuzz::check(!due || *due > world.now, "what is due is done");
  }
  for (const auto& client : clients) client->drain();
  world.engine.close_all(CloseReason::server_shutdown);
  world.pass(std::chrono::seconds(10));
  for (const auto& client : clients) client->look_back();
  const auto& metrics = world.engine.metrics();
  fuzz::check(world.engine.size() == 0 && !world.engine.next_deadline(), "nothing is left");
  fuzz::check(metrics.polling.get() == 0 && metrics.websocket.get() == 0, "the gauges agree");
  return 0;
}
