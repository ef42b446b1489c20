// Engine.IO sessions, driven by a script: polls, posts, WebSockets, upgrades, losses and time in any order.
#include <array>
#include <deque>

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
  void close() override {
    check(!over(), "a WebSocket is closed once, and only while it lives");
    FakeWebSocket::close();
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
    if (input_.ConsumeBool()) {
      Poll& poll = new_poll();
      sid_ = world_.engine.open_polling(nullptr, poll).sid();
      check(poll.answered, "a handshake is answered at once");
    } else {
      sockets_.push_back(std::make_unique<Socket>());
      sid_ = world_.engine.open_websocket(nullptr, *sockets_.back()).sid();
    }
    auto& ear = world_.ear(*session());
    ear.on_message = [this](Session& own, std::string_view text) { on_message(own, text); };
    ear.on_close = [this](Session& own) {
      send(own);  // leads nowhere
      if (other != nullptr && other->session() != nullptr) other->send(*other->session());
    };
    heard_ = &world_.heard(*session());
  }

  Session* session() { return world_.engine.find(sid_); }

  void step() {
    switch (input_.ConsumeIntegralInRange(0, 13)) {
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
      default:
        polls_again_ = !polls_again_;
    }
  }

  void send(Session& own) {
    if (own.open()) ++sent_;
    own.send(input_.ConsumeBool() ? testing::text_message(std::to_string(++number_))
                                  : testing::binary_message(std::to_string(++number_), "\x01"));
  }

  /// Takes what waits for it; what was sent to a session that lives has come then.
  void drain() {
    for (Session* own = session(); own != nullptr && own->open(); own = session()) {
      collect();
      if (own->transport() == Transport::websocket || received_ == sent_) break;
      if (waiting_ == nullptr) poll();
      world_.engine.flush();
    }
    collect();
    if (Session* own = session(); own != nullptr && own->open()) check(received_ == sent_, "nothing is lost");
  }

  /// When everything has ended.
  void look_back() {
    collect();
    check(session() == nullptr, "the session has gone");
    const auto ends = std::count_if(heard_->begin(), heard_->end(),
                                    [](const std::string& what) { return what.starts_with("closed: "); });
    check(ends == 1 && heard_->back().starts_with("closed: "), "it ended once, and heard nothing after");
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
      if (answer.kind == Answer::Kind::payload) read(answer.body);
      if (polls_again_) poll();  // as a connection does that has the next request already
    };
    own->on_poll(port);
  }

  void read(const std::string& body) {
    PayloadReader reader(body);
    PayloadReader::Packet packet;
    auto step = PayloadReader::Step::packet;
    while ((step = reader.next(packet)) == PayloadReader::Step::packet) {
      if (!packet.binary) take(static_cast<char>(packet.type) + std::string(packet.data));
    }
    check(step == PayloadReader::Step::end, "answers are payloads");
  }

  void take(const std::string& packet) {
    if (!packet.starts_with("4")) return;
    const int number = std::stoi(packet.substr(1));
    check(number > last_, "messages come once and in order");
    last_ = number;
    ++received_;
  }

  void begin_post() {
    Session* own = session();
    if (own == nullptr || own->transport() != Transport::polling) return;
    Poll& port = new_poll();
    Poll* before = post_;
    if (own->on_post_begin(port)) {
      check(before == nullptr || before->answered, "one POST at a time");
      post_ = &port;
    } else {
      port.lost = true;  // its connection refuses it
    }
  }

  void end_post() {
    if (post_ == nullptr || post_->answered) return;
    Poll* port = std::exchange(post_, nullptr);
    Session* own = session();
    check(own != nullptr, "a session that ends answers its POST");
    if (own->transport() == Transport::polling && input_.ConsumeBool()) {
      own->on_post_body(*port, text());
    } else {
      port->lost = true;
      own->on_post_dropped();
    }
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
  std::vector<std::string>* heard_ = nullptr;
  std::vector<std::unique_ptr<Poll>> polls_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Poll* waiting_ = nullptr;  // the GET that is not answered
  Poll* post_ = nullptr;     // the POST whose body is still to come
  int number_ = 0, last_ = 0, sent_ = 0, received_ = 0;
  bool polls_again_ = false;
};

Options options() {
  Options options = testing::quick(milliseconds(300), milliseconds(200));
  options.max_buffered_bytes = 64;
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
