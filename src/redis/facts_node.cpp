#include "redis/facts_node.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace belfry::redis {

namespace {

// In a hash, beside the facts, whose fields have a kind before a colon.
constexpr const char* kNumber = "#number";
constexpr const char* kFull = "#full";
// A lease that is over is looked at so much later, as Redis's clock runs on.
constexpr milliseconds kAfterLease{20};

FactsSnapshot snapshot_of(const Reply& lease, const Reply& hash) {
  FactsSnapshot snapshot{.alive = lease.integer > 0};
  for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) {
    const std::string& field = hash.items[i].text;
    const std::string& value = hash.items[i + 1].text;
    if (field == kNumber) {
      std::from_chars(value.data(), value.data() + value.size(), snapshot.number);
    } else if (field == kFull) {
      snapshot.full = true;
    } else {
      snapshot.facts.emplace(field, value);
    }
  }
  return snapshot;
}

}  // namespace

FactsNode::FactsNode(Client& client, std::string node, Run run, Told told, FactsOptions options)
    : client_(client),
      node_(std::move(node)),
      run_(std::move(run)),
      told_(std::move(told)),
      options_(std::move(options)),
      own_(options_.own),
      peers_(node_, told_.peers, options_.peers) {}

std::string FactsNode::hash_of(const Owner& owner) const {
  return options_.prefix + ":facts:" + owner.text();
}

std::string FactsNode::lease_of(const Owner& owner) const {
  return options_.prefix + ":node:" + owner.text();
}

std::string FactsNode::lease_life_ms() const {
  return std::to_string(options_.lease.count() - options_.lease.count() / 10);
}

std::string FactsNode::hash_life_ms() const {
  return std::to_string(options_.lease.count() * 4);
}

OnReply FactsNode::on_reply(std::function<void(const Result<Reply>&, TimePoint)> done) {
  return [run = run_, done = std::move(done)](Result<Reply> reply) {
    run([done, reply = std::move(reply)](TimePoint now) { done(reply, now); });
  };
}

void FactsNode::wake(std::optional<TimePoint>& slot, TimePoint at) const {
  if (!slot || at < *slot) slot = at;
}

void FactsNode::start() {
  const auto heard = [this](const Published& published) {
    run_([this, text = published.payload](TimePoint) { on_message(text); });
  };
  const auto ready = [this] {
    run_([this](TimePoint) {
      peers_.doubt();
      list();
    });
  };
  client_.listen(Listen::channel, channel(), heard, ready);
  client_.on_state([this](bool up) { run_([this, up](TimePoint now) { on_state(up, now); }); });
}

void FactsNode::on_state(bool up, TimePoint now) {
  if (leaving_ || up == up_) return;
  up_ = up;
  if (up) return begin_anew(now);
  own_.pause();
  publish_at_.reset();
  renew_at_.reset();
  look_at_.reset();
}

// Whether the same Redis or another: it may have lost everything, and everybody else is told of in time.
void FactsNode::begin_anew(TimePoint now) {
  const bool first = anew_count_++ == 0;
  if (!first) former_.insert(own_.owner());
  own_.begin({.node = node_, .epoch = std::max<std::int64_t>(own_.owner().epoch + 1, wall_now_ms())});
  complete_ = false;
  doubted_ = false;
  publishing_ = false;
  believed_from_ = later(now, options_.lease);
  renew_at_ = later(now, options_.lease / 3);
  look_at_ = later(now, options_.lease / 3);
  peers_.doubt();
  list();
  publish();
  if (!first) told_.anew();
}

// ---- our own ----

void FactsNode::put(const std::string& field, std::string value, TimePoint now) {
  if (own_.put(field, std::move(value)) && up_) wake(publish_at_, later(now, options_.batch));
}

void FactsNode::remove(const std::string& field, TimePoint now) {
  if (own_.remove(field) && up_) wake(publish_at_, later(now, options_.batch));
}

// One at a time: the next has what has changed meanwhile.
void FactsNode::publish() {
  publish_at_.reset();
  if (!up_ || leaving_ || publishing_ || !own_.pending()) return;
  publishing_ = true;
  const FactsDelta delta = own_.take();
  const std::string hash = hash_of(delta.owner);
  Command set{"HSET", hash, kNumber, std::to_string(delta.number)};
  Command remove{"HDEL", hash};
  if (delta.full) set.insert(set.end(), {kFull, "1"});
  for (const auto& [field, value] : delta.changes) {
    if (value) {
      set.insert(set.end(), {field, *value});
    } else {
      remove.push_back(field);
    }
  }
  std::vector<Command> commands{std::move(set)};
  if (remove.size() > 2) commands.push_back(std::move(remove));
  if (delta.number == 1) {
    commands.push_back({"PEXPIRE", hash, hash_life_ms()});
    commands.push_back({"SET", lease_of(delta.owner), "1", "PX", lease_life_ms()});
    commands.push_back({"SADD", owners_key(), delta.owner.text()});
  }
  commands.push_back({"PUBLISH", channel(), delta.text()});
  client_.send_all(std::move(commands), true,
                   on_reply([this, owner = delta.owner, full = delta.full](const auto& reply, TimePoint at) {
                     if (owner == own_.owner()) published(reply, full, at);
                   }));
}

void FactsNode::published(const Result<Reply>& reply, bool full, TimePoint now) {
  publishing_ = false;
  if (!up_ || leaving_) return;
  if (!reply) {
    // Nobody knows what of it was done.
    renew_at_.reset();
    wake(publish_at_, later(now, options_.pause));
    doubted_ = true;
    return;
  }
  if (full && !complete_) {
    complete_ = true;
    drop_former();
  }
  if (own_.pending()) wake(publish_at_, later(now, options_.batch));
}

void FactsNode::drop_former() {
  for (const Owner& owner : std::exchange(former_, {})) {
    client_.send_all({{"DEL", hash_of(owner), lease_of(owner)}, {"SREM", owners_key(), owner.text()}}, false,
                     {});
  }
}

// The others have taken us out where it is not there any more: we were silent for too long, or Redis has lost
// it.
void FactsNode::renew(TimePoint now) {
  renew_at_ = later(now, options_.lease / 3);
  const Owner owner = own_.owner();
  const FactsDelta still{.owner = owner, .number = own_.number(), .full = complete_};
  client_.send_all({{"SET", lease_of(owner), "1", "XX", "PX", lease_life_ms()},
                    {"PEXPIRE", hash_of(owner), hash_life_ms()},
                    {"PUBLISH", channel(), still.text()}},
                   false, on_reply([this, owner](const Result<Reply>& reply, TimePoint at) {
                     if (owner != own_.owner() || !up_ || leaving_ || !reply || reply->items.empty()) return;
                     if (reply->items[0].is_nil()) begin_anew(at);
                   }));
}

void FactsNode::leave(std::function<void()> done) {
  leaving_ = true;
  publish_at_.reset();
  renew_at_.reset();
  look_at_.reset();
  if (!up_) return done();
  drop_former();
  const Owner owner = own_.owner();
  const FactsDelta last{.owner = owner, .number = own_.number() + 1, .left = true};
  client_.send_all({{"DEL", hash_of(owner), lease_of(owner)},
                    {"SREM", owners_key(), owner.text()},
                    {"PUBLISH", channel(), last.text()}},
                   false, [done = std::move(done)](const Result<Reply>&) { done(); });
}

// ---- the others' ----

void FactsNode::on_message(const std::string& text) {
  auto delta = FactsDelta::parse(text);
  if (!delta) {
    ++malformed_;
    return;
  }
  peers_.hear(std::move(*delta));
  read_stale();
}

void FactsNode::list() {
  client_.send({"SMEMBERS", owners_key()}, on_reply([this](const Result<Reply>& reply, TimePoint) {
                 if (!reply || leaving_) return;
                 for (const Reply& one : reply->items) {
                   if (const auto owner = Owner::parse(one.text)) peers_.note(*owner);
                 }
                 read_stale();
               }));
}

void FactsNode::read_stale() {
  if (!up_) return;
  for (const Owner& owner : peers_.take_stale()) {
    client_.send_all({{"EXISTS", lease_of(owner)}, {"HGETALL", hash_of(owner)}}, true,
                     on_reply([this, owner](const Result<Reply>& reply, TimePoint) {
                       if (!reply || reply->items.size() != 2) return peers_.not_read(owner);
                       peers_.read(owner, snapshot_of(reply->items[0], reply->items[1]));
                     }));
  }
}

void FactsNode::look_at_leases(TimePoint now) {
  look_at_ = later(now, options_.lease / 3);
  list();
  const std::vector<Owner> owners = peers_.owners();
  std::vector<Command> commands{{"PTTL", lease_of(own_.owner())}};
  for (const Owner& owner : owners) commands.push_back({"PTTL", lease_of(owner)});
  client_.send_all(std::move(commands), true,
                   on_reply([this, owners, own = own_.owner()](const Result<Reply>& reply, TimePoint at) {
                     if (!reply || !up_ || leaving_ || own != own_.owner()) return;
                     if (reply->items.size() == owners.size() + 1) judge(owners, *reply, at);
                   }));
}

void FactsNode::judge(const std::vector<Owner>& owners, const Reply& leases, TimePoint now) {
  constexpr std::int64_t kNoKey = -2;
  if (complete_ && leases.items[0].integer == kNoKey) return begin_anew(now);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const std::int64_t left = leases.items[i + 1].integer;
    if (left >= 0) {
      wake(look_at_, later(now, milliseconds(left) + kAfterLease));
    } else if (left == kNoKey && now >= believed_from_) {
      peers_.take_out(owners[i]);
      client_.send_all({{"DEL", hash_of(owners[i])}, {"SREM", owners_key(), owners[i].text()}}, false, {});
    }
  }
  if (now < believed_from_ || std::exchange(known_, true)) return;
  std::set<std::string> nodes{node_};
  for (const Owner& owner : peers_.owners()) nodes.insert(owner.node);
  told_.known(nodes);
}

// ---- time ----

void FactsNode::on_time(TimePoint now) {
  if (publish_at_ && *publish_at_ <= now) doubted_ ? begin_anew(now) : publish();
  if (renew_at_ && *renew_at_ <= now) renew(now);
  if (look_at_ && *look_at_ <= now) look_at_leases(now);
}

std::optional<TimePoint> FactsNode::next_deadline() const {
  std::optional<TimePoint> next;
  for (const auto& slot : {publish_at_, renew_at_, look_at_}) {
    if (slot && (!next || *slot < *next)) next = slot;
  }
  return next;
}

FactsStats FactsNode::stats() const {
  return {.own = static_cast<std::int64_t>(own_.size()),
          .nodes = static_cast<std::int64_t>(peers_.nodes()),
          .facts = static_cast<std::int64_t>(peers_.size()),
          .refused = static_cast<std::int64_t>(own_.refused()),
          .gaps = static_cast<std::int64_t>(peers_.gaps()),
          .anew = anew_count_,
          .malformed = malformed_};
}

}  // namespace belfry::redis
