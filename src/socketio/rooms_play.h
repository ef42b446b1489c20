// Rooms, namespaces and broadcasts over shards beside a model of vectors and sets: who gets what, in which
// order. For rooms_model_test.cpp.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "socketio/rooms_stage.h"

namespace belfry::socketio::testing {

inline constexpr const char* kNames[] = {"/", "/n", "/d1", "/d2"};
inline constexpr const char* kRooms[] = {"a", "b", "c", "d"};
inline constexpr std::size_t kMaxClients = 12;
inline constexpr std::size_t kMaxOperations = 16;  // of a turn

/// Plays turns: each is a few random operations on one shard, whose effects are awaited everywhere and
/// compared with what the model says.
class Play : Stage {
 public:
  explicit Play(unsigned shards) : Stage(shards) {}
  ~Play() {
    for (auto& client : clients_) {
      on(client->shard, [&] {
        if (engineio::Session* own = session(*client)) client->lose(*own);
      });
    }
  }

  /// Plays one turn; what is wrong, or nothing.
  std::string turn(std::uint64_t seed) {
    random_.seed(seed);
    actor_ = static_cast<unsigned>(pick(shards_.size()));
    on(actor_, [this] {
      for (std::size_t left = 1 + pick(kMaxOperations); left > 0 && wrong_.empty(); --left) operate();
    });
    settle();
    compare();
    return wrong_;
  }

  std::size_t operations() const { return operations_; }

  /// Everybody goes; what is wrong then, or nothing.
  std::string finish() {
    while (!clients_.empty()) {
      Client& client = *clients_.front();
      on(client.shard, [&] { lose(client); });
    }
    settle();
    compare();
    if (site_.shared.clients.get() != 0) wrong_ += "clients are still counted\n";
    for (const auto& home : homes_) {
      if (!home.sockets.empty()) wrong_ += "sockets that have gone are still there\n";
    }
    return wrong_;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::string any_room() { return kRooms[pick(std::size(kRooms))]; }

  // ---- operations, on the shard that acts; each does something and says what the model expects of it ----

  void operate() {
    ++operations_;
    Client* client = any_client();
    if (client == nullptr || (chance(4) && clients_.size() < kMaxClients)) return open();
    switch (pick(20)) {
      case 0:
        return chance(30) ? lose(*client) : client->poll(*session(*client));
      case 1:
      case 2:
        return connect(*client);
      case 3:
        return disconnect_packet(*client);
      case 4:
      case 5:
        return echo(*client);
      case 6:
        return client->probe(*session(*client));
      case 7:
        return answer(*client);
      case 8:
      case 9:
        return client->poll(*session(*client));
      case 10:
        return chance(20) ? socket_disconnect(*client) : emit(*client);
      case 11:
      case 12:
        return join_or_leave(*client);
      case 13:
        return sockets_join_or_leave();
      case 14:
        return chance(10) ? disconnect_sockets() : ask();
      case 15:
        return fetch();
      default:
        return broadcast();
    }
  }

  Client* any_client() {
    std::vector<Client*> mine;
    for (auto& client : clients_) {
      if (client->shard == actor_ && !client->closed) mine.push_back(client.get());
    }
    return mine.empty() ? nullptr : mine[pick(mine.size())];
  }

  SocketPtr socket(const Member& member) { return homes_[actor_].sockets.at(member.id); }

  void open() {
    auto client = std::make_unique<Client>();
    client->shard = actor_;
    client->over_socket = chance(60);
    engineio::testing::FakePoll handshake;
    auto& engine = *site_.engines[actor_];
    const auto first =
        std::make_shared<const engineio::Handshake>("/", "", false, 0, engineio::Handshake::Pairs());
    client->sid = client->over_socket ? engine.open_websocket(first, client->socket).sid()
                                      : engine.open_polling(first, handshake).sid();
    client->socket.sent.clear();
    clients_.push_back(std::move(client));
  }

  void send(Client& client, const std::string& packet) { client.send(*session(client), packet); }

  void connect(Client& client) {
    const std::string nsp = kNames[pick(std::size(kNames))];
    if (client.member(nsp) != nullptr) return;
    send(client, "0" + prefix(nsp));
    const std::string id = homes_[actor_].last;
    client.members.push_back({nsp, id, {}});
    client.expect("0" + prefix(nsp) + R"({"sid":")" + id + R"("})");
  }

  Member* any_member(Client& client) {
    return client.members.empty() ? nullptr : &client.members[pick(client.members.size())];
  }

  /// A socket has left its namespace.
  void forget(Client& client, const std::string& nsp) {
    const Member gone = *client.member(nsp);
    std::erase_if(client.members, [&](const Member& member) { return member.nsp == nsp; });
    for (auto& question : questions_) {
      if (question->open.erase(gone.id) > 0) question->expected[gone.id] = "closed";
    }
  }

  void disconnect_packet(Client& client) {
    if (const Member* member = any_member(client); member != nullptr && chance(30)) {
      send(client, "1" + prefix(member->nsp));
      forget(client, std::string(member->nsp));
    }
  }

  void socket_disconnect(Client& client) {
    if (const Member* member = any_member(client)) leave_server(client, member->nsp, chance(20), true);
  }

  /// `socket.disconnect(close)`: in the model, and where `really` also in the server.
  void leave_server(Client& client, const std::string& nsp, bool close, bool really) {
    if (really) socket(*client.member(nsp))->disconnect(close);
    std::vector<std::string> names{nsp};
    if (close) {
      names.clear();
      for (const Member& member : client.members) names.push_back(member.nsp);
    }
    for (const std::string& name : names) {
      client.expect("1" + prefix(name));
      forget(client, name);
    }
    client.closed = close;
  }

  void echo(Client& client) {
    const Member* member = any_member(client);
    if (member == nullptr) return;
    const std::string head = prefix(member->nsp) + std::to_string(++number_);
    const std::string args = "\"" + std::string(pick(40), 'x') + R"(",{"a":[1]}])";
    send(client, "2" + head + R"(["echo",)" + args);
    client.expect("3" + head + "[" + args);
  }

  void emit(Client& client) {
    const Member* member = any_member(client);
    if (member == nullptr) return;
    const bool is_volatile = chance(50);
    const int number = ++number_;
    const bool writable = client.writable();
    socket(*member)->emit(make_payload("one", number), {.is_volatile = is_volatile});
    if (!is_volatile || writable) client.expect(event("2", member->nsp, "one", number));
  }

  void join_or_leave(Client& client) {
    Member* member = any_member(client);
    if (member == nullptr) return;
    const std::string room = any_room();
    if (chance(65)) {
      socket(*member)->join(room);
      member->rooms.insert(room);
    } else {
      socket(*member)->leave(room);
      member->rooms.erase(room);
    }
  }

  Target any_target() {
    Target target;
    const auto any = [this] {
      const Client* client = clients_.empty() ? nullptr : clients_[pick(clients_.size())].get();
      const bool own = client != nullptr && !client->members.empty() && chance(15);
      return own ? client->members[pick(client->members.size())].id : any_room();
    };
    for (std::size_t i = pick(3); i > 0; --i) target.rooms.push_back(any());
    for (std::size_t i = chance(60) ? 0 : 1 + pick(2); i > 0; --i) target.except.push_back(any());
    return target;
  }

  /// Calls `visit(client, member)` for all that the model says are meant.
  template <class Visit>
  void each_meant(const std::string& nsp, const Target& target, Visit visit) {
    for (auto& client : clients_) {
      Member* member = client->member(nsp);
      if (member == nullptr || member->in_any(target.except)) continue;
      if (target.rooms.empty() || member->in_any(target.rooms)) visit(*client, *member);
    }
  }

  std::string any_name() { return kNames[pick(std::size(kNames))]; }
  static std::string event(const char* type, std::string_view nsp, const char* name, int number) {
    return type + prefix(nsp) + "[\"" + name + "\"," + std::to_string(number) + "]";
  }

  void broadcast() {
    const std::string nsp = any_name();
    const Target target = any_target();
    const bool is_volatile = chance(25);
    const int number = ++number_;
    site_.local.broadcast(nsp, make_payload("all", number), target, {.is_volatile = is_volatile});
    each_meant(nsp, target, [&](Client& client, const Member&) {
      if (!is_volatile || client.writable()) client.expect(event("2", nsp, "all", number));
    });
  }

  void sockets_join_or_leave() {
    const std::string nsp = any_name(), room = any_room();
    const Target target = any_target();
    const bool joins = chance(60);
    joins ? site_.local.join(nsp, target, {room}) : site_.local.leave(nsp, target, {room});
    std::vector<Member*> meant;
    each_meant(nsp, target, [&](Client&, Member& member) { meant.push_back(&member); });
    for (Member* member : meant) {
      if (joins) member->rooms.insert(room);
      if (!joins) member->rooms.erase(room);
    }
  }

  void disconnect_sockets() {
    const std::string nsp = any_name();
    const Target target = any_target();
    const bool close = chance(20);
    site_.local.disconnect(nsp, target, close);
    std::vector<Client*> meant;
    each_meant(nsp, target, [&](Client& client, const Member&) { meant.push_back(&client); });
    for (Client* client : meant) leave_server(*client, nsp, close, false);
  }

  void ask() {
    const std::string nsp = any_name();
    const Target target = any_target();
    auto question = std::make_shared<Question>();
    const std::size_t number = questions_.size();
    questions_.push_back(question);
    each_meant(nsp, target, [&](Client& client, const Member& member) {
      client.expect(event("2", nsp, "ask", static_cast<int>(number)));
      question->open.insert(member.id);
    });
    site_.local.broadcast_with_ack(nsp, make_payload("ask", number), target, {}, std::chrono::hours(1),
                                   [question](const std::vector<AckOutcome>& outcomes) {
                                     question->answered = true;
                                     for (const auto& [id, result] : outcomes) {
                                       question->got[id] =
                                           result ? result->at(0).get<std::string>() : "closed";
                                     }
                                   });
  }

  /// What came in earlier turns may be answered.
  void answer(Client& client) {
    if (client.asked.empty()) return;
    const Asked asked = client.asked.front();
    client.asked.erase(client.asked.begin());
    const Member* member = client.member(asked.nsp);
    if (member == nullptr || member->id != asked.member) return;
    send(client, "3" + prefix(asked.nsp) + asked.ack_id + "[\"" + member->id + "!\"]");
    Question& question = *questions_[asked.question];
    if (question.open.erase(member->id) > 0) question.expected[member->id] = member->id + "!";
  }

  void fetch() {
    const std::string nsp = any_name();
    const Target target = any_target();
    auto fetched = std::make_shared<Fetched>();
    each_meant(nsp, target, [&](Client&, const Member& member) {
      fetched->expected[member.id] = member.rooms;
      fetched->expected[member.id].insert(member.id);
    });
    for (auto& client : clients_) {
      if (const Member* member = client->member(nsp))
        fetched->expected_rooms.insert(member->rooms.begin(), member->rooms.end());
    }
    fetches_.push_back(fetched);
    site_.local.fetch_sockets(nsp, target, [fetched](const std::vector<RemoteSocket>& sockets) {
      for (const auto& socket : sockets) fetched->got[socket.id] = {socket.rooms.begin(), socket.rooms.end()};
      ++fetched->answers;
    });
    site_.local.fetch_rooms(nsp, [fetched](const std::vector<std::string>& rooms) {
      fetched->rooms = {rooms.begin(), rooms.end()};
      ++fetched->answers;
    });
  }

  /// Its connection breaks.
  void lose(Client& client) {
    client.lose(*session(client));
    while (!client.members.empty()) forget(client, std::string(client.members.back().nsp));
    std::erase_if(clients_, [&client](const auto& other) { return other.get() == &client; });
  }

  // ---- afterwards ----

  /// Waits until what was posted to other shards has been done there, and its answers are back; then ends the
  /// turn of every engine.
  void settle() {
    for (int hop = 0; hop < 4; ++hop) on_all([](unsigned) {});
    on_all([this](unsigned shard) {
      site_.engines[shard]->flush();
      for (auto& client : clients_) {
        if (client->shard == shard) client->collect(*site_.engines[shard]);
      }
    });
  }

  void compare() {
    for (auto& client : clients_) {
      const auto due = client->expected.begin() +
                       static_cast<std::ptrdiff_t>(client->expected.size() - client->undelivered);
      const std::vector<std::string> expected(client->expected.begin(), due);
      if (client->received != expected) {
        wrong_ += "expected " + text_of(expected) + "\nreceived " + text_of(client->received) + "\n";
      }
      client->expected.erase(client->expected.begin(), due);
      client->received.clear();
    }
    std::erase_if(clients_, [](const auto& client) { return client->closed; });
    for (; first_open_ < questions_.size() && questions_[first_open_]->open.empty(); ++first_open_) {
      check(*questions_[first_open_]);
    }
    for (std::size_t i = first_open_; i < questions_.size(); ++i) check(*questions_[i]);
    for (const auto& fetched : fetches_) {
      if (fetched->answers != 2) wrong_ += "a question is not answered\n";
      if (fetched->got != fetched->expected) wrong_ += "other sockets are fetched than there are\n";
      if (fetched->rooms != fetched->expected_rooms) wrong_ += "other rooms are fetched than there are\n";
    }
    fetches_.clear();
  }

  void check(const Question& question) {
    if (question.answered != question.open.empty())
      wrong_ += "a question is answered too early, or not at all\n";
    if (question.answered && question.got != question.expected)
      wrong_ += "other answers come than were given\n";
  }

  static std::string text_of(const std::vector<std::string>& packets) {
    std::string text;
    for (const auto& packet : packets) text += packet + "  ";
    return text;
  }

  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::shared_ptr<Question>> questions_;
  std::vector<std::shared_ptr<Fetched>> fetches_;
  std::size_t first_open_ = 0;  // of `questions_`: those before have been answered and looked at
  unsigned actor_ = 0;
  std::size_t operations_ = 0;
  int number_ = 0;
  std::string wrong_;
};

}  // namespace belfry::socketio::testing
