#include <bit>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "clock.h"
#include "modes.h"

namespace bench {
namespace {

constexpr std::size_t kVisitSize = 4;  // users of a visit, side by side in the file of users

struct User {
  std::string token;
  std::string visit;
};

std::vector<User> read_users(const std::string& name) {
  std::vector<User> users;
  std::ifstream file(name);
  for (User user; file >> user.token >> user.visit;) users.push_back(user);
  return users;
}

/// Users of app `health` who talk in their visits.
class Chat : public Listener {
 public:
  explicit Chat(const Options& options)
      : options_(options),
        users_(read_users(options.users)),
        swarm_(options.target(), *this),
        sent_by_(options.connections),
        acknowledged_by_(options.connections),
        last_seq_(options.connections) {}

  std::string connect_payload(const Client& client) override {
    return R"({"token":")" + users_[client.index()].token + "\"}";
  }
  bool on_connect(Client&) override { return false; }
  void on_event(Client& client, std::string_view arguments, std::int64_t received_ns) override;
  void on_ack(Client& client, std::uint64_t id, std::string_view arguments,
              std::int64_t received_ns) override;

  Outcome run();

 private:
  // A message on its way: whom it has reached, and whether its sender knows that it is stored.
  struct Message {
    std::int64_t sent_ns = 0;
    std::uint8_t reached = 0;
    bool acknowledged = false;
    bool done() const { return acknowledged && std::popcount(reached) == kVisitSize - 1; }
  };
  using Key = std::pair<std::size_t, std::uint64_t>;

  void say(Client& client, std::int64_t due_ns);
  void on_message(Client& client, const Json& message, std::int64_t received_ns);
  void give_receipts(Client& client, const Json& message);
  void phase(double seconds);
  void talk_paced(std::int64_t end_ns);
  void settle();
  std::int64_t resident_bytes() const;

  const Options& options_;
  const std::vector<User> users_;
  Swarm swarm_;
  std::vector<std::uint64_t> sent_by_;
  std::vector<std::uint64_t> acknowledged_by_;
  std::vector<std::int64_t> last_seq_;  // that each user has seen of their visit
  std::map<Key, Message> under_way_;    // until it is acknowledged and has reached everybody
  std::mt19937 random_{1};
  Tally tally_;
  std::uint64_t sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t receipts_ = 0;  // that their senders were told of
  Histogram acknowledgement_;
  Histogram delivery_;
  std::int64_t last_ns_ = 0;
  std::int64_t end_ns_ = 0;  // nothing is said from then on
};

void Chat::say(Client& client, std::int64_t due_ns) {
  if (client.state() == Client::State::kClosed) return;
  const std::uint64_t number = sent_by_[client.index()]++;
  under_way_[{client.index(), number}].sent_ns = due_ns;
  ++sent_;
  std::string text = std::to_string(client.index()) + " " + std::to_string(number) + " ";
  text.resize(std::max<std::size_t>(text.size(), options_.size_bytes), 'x');
  client.send("42" + std::to_string(number) + R"(["message:send",{"visitId":")" +
              users_[client.index()].visit + R"(","message":")" + text + "\"}]");
}

void Chat::on_ack(Client& client, std::uint64_t id, std::string_view arguments, std::int64_t received_ns) {
  const Json answer = Json::parse(arguments, nullptr, false);
  const auto found = under_way_.find({client.index(), id});
  if (found == under_way_.end() || answer.is_discarded()) {
    ++tally_.corrupt;
    return;
  }
  if (!answer[0].value("success", false)) {
    ++refused_;
    under_way_.erase(found);
    return;
  }
  ++acknowledged_;
  ++acknowledged_by_[client.index()];
  acknowledgement_.add(received_ns - found->second.sent_ns);
  last_ns_ = received_ns;
  found->second.acknowledged = true;
  if (found->second.done()) under_way_.erase(found);
  if (options_.rate == 0 && received_ns < end_ns_) say(client, received_ns);
}

void Chat::on_event(Client& client, std::string_view arguments, std::int64_t received_ns) {
  const Json event = Json::parse(arguments, nullptr, false);
  if (!event.is_array() || event.empty() || !event[0].is_string()) {
    ++tally_.corrupt;
  } else if (event[0] == "connected") {
    swarm_.ready(client);
  } else if (event[0] == "message:new") {
    on_message(client, event[1], received_ns);
  } else if (event[0] == "message:delivered" || event[0] == "message:read") {
    ++receipts_;
  }
}

void Chat::on_message(Client& client, const Json& message, std::int64_t received_ns) {
  std::size_t sender = 0;
  std::uint64_t number = 0;
  std::istringstream(message.value("message", "")) >> sender >> number;
  if (sender / kVisitSize != client.index() / kVisitSize || sender == client.index()) {
    ++tally_.corrupt;
    return;
  }
  const auto found = under_way_.find({sender, number});
  const auto user = static_cast<std::uint8_t>(1U << (client.index() % kVisitSize));
  if (found == under_way_.end() || (found->second.reached & user) != 0) {
    ++tally_.doubled;
    return;
  }
  found->second.reached |= user;
  ++tally_.received;
  delivery_.add(received_ns - found->second.sent_ns);
  const std::int64_t seq = message.value("seq", std::int64_t{0});
  if (seq <= last_seq_[client.index()]) ++tally_.out_of_order;
  last_seq_[client.index()] = seq;
  if (found->second.done()) under_way_.erase(found);
  if (options_.receipts) give_receipts(client, message);
}

void Chat::give_receipts(Client& client, const Json& message) {
  client.send(R"(42["message:received",{"messageId":)" + message.at("id").dump() + "}]");
  client.send(R"(42["message:read",{"visitId":)" + message.at("visitId").dump() + R"(,"upTo":)" +
              message.at("seq").dump() + "}]");
}

// Random users in turn; a message is stamped with when it was due, so that waiting counts.
void Chat::talk_paced(std::int64_t end_ns) {
  const double gap_ns = 1e9 / options_.rate;
  const std::int64_t start_ns = now_ns();
  for (std::uint64_t i = 0;; ++i) {
    const std::int64_t due_ns = start_ns + static_cast<std::int64_t>(static_cast<double>(i) * gap_ns);
    if (due_ns >= end_ns) break;
    while (now_ns() < due_ns) swarm_.turn(due_ns);
    say(swarm_.client(random_() % swarm_.size()), due_ns);
    swarm_.turn(0);
  }
}

void Chat::phase(double seconds) {
  end_ns_ = now_ns() + static_cast<std::int64_t>(seconds * 1e9);
  if (options_.rate > 0) {
    talk_paced(end_ns_);
  } else {
    for (std::size_t i = 0; i < swarm_.size(); ++i) {
      for (std::uint64_t open = 0; open < options_.depth; ++open) say(swarm_.client(i), now_ns());
    }
  }
  settle();
}

// Until every message is acknowledged and everywhere, and no receipt comes any more.
void Chat::settle() {
  const auto done = [&] { return under_way_.empty() && now_ns() >= end_ns_; };
  const auto quiet_ns = static_cast<std::int64_t>(options_.quiet_seconds * 1e9);
  swarm_.run_until(done, [&] { return tally_.received + acknowledged_; }, quiet_ns);
  if (options_.receipts) swarm_.run_until([] { return false; }, [&] { return receipts_; }, quiet_ns);
}

std::int64_t Chat::resident_bytes() const {
  const auto memory = ServerProcesses(options_.pids).memory();
  return memory ? memory->rss_bytes : 0;
}

Outcome Chat::run() {
  if (users_.size() < options_.connections) return not_connected(options_, "--users names too few");
  if (!swarm_.open(options_.connections)) return not_connected(options_, swarm_.last_error());
  if (options_.warmup_seconds > 0) phase(options_.warmup_seconds);
  acknowledgement_.clear();
  delivery_.clear();
  const std::uint64_t acknowledged_before = acknowledged_;
  const std::uint64_t received_before = tally_.received;
  const std::uint64_t receipts_before = receipts_;
  const std::int64_t resident_before = resident_bytes();

  const Stopwatch stopwatch(options_);
  last_ns_ = stopwatch.start_ns();
  phase(options_.seconds);
  Outcome outcome{.json = begin_report(options_), .measured = true};
  Json& json = outcome.json;
  json["rate"] = options_.rate;
  json["depth"] = options_.rate > 0 ? 0 : options_.depth;
  json["size_bytes"] = options_.size_bytes;
  stopwatch.stop(json, acknowledged_ - acknowledged_before, last_ns_);
  add_latency(json, acknowledgement_);
  json["deliveries"] = tally_.received - received_before;
  json["delivery_p99_us"] = delivery_.quantile_ns(0.99) / 1'000;
  json["receipts"] = receipts_ - receipts_before;
  json["refused"] = refused_;
  json["resident_before_bytes"] = resident_before;
  json["resident_after_bytes"] = resident_bytes();
  tally_.lost += under_way_.size();
  outcome.clean = add_tally(json, tally_, swarm_.dropped_count()) && refused_ == 0;
  return outcome;
}

}  // namespace
Outcome run_chat(const Options& options) {
  return Chat(options).run();
}

}  // namespace bench
