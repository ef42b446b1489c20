#include "redis/cluster.h"

#include <algorithm>
#include <utility>

#include "redis/command.h"

namespace belfry::redis {

namespace {

constexpr std::string_view kCategory = "redis";
constexpr int kMaxHops = 5;
constexpr int kAnswersOfOne = 4;
// Between two looks at the map where something has changed.
constexpr milliseconds kRefreshPause{100};

Greeting greeting_of(const RedisOptions& options) {
  return {.user = options.user, .password = options.password, .client_name = options.client_name};
}

}  // namespace

/// A request on its way through the cluster, which keeps its bytes until all of it is answered.
struct Cluster::Journey {
  Request request;
  std::vector<Reply> replies;     // of all of it
  std::vector<std::size_t> open;  // indexes of its parts that have no answer yet
  int hops = 0;

  std::size_t parts() const { return std::max<std::size_t>(request.ends.size(), 1); }
  std::size_t replies_of_part() const { return request.ends.empty() ? request.replies : 1; }
  std::string_view bytes(std::size_t part) const {
    if (request.ends.empty()) return request.bytes;
    const std::size_t begin = part == 0 ? 0 : request.ends[part - 1];
    return std::string_view(request.bytes).substr(begin, request.ends[part] - begin);
  }
};

Cluster::Cluster(Home& home, Events events)
    : home_(home),
      events_(std::move(events)),
      waiting_(home),
      asked_(home, greeting_of(home.options), known_in_turn(),
             Commands::Events{.ready = [] {}, .lost = [this] { refresh_soon(); }}) {}

/// Those that are known to be masters, and those that we were told at the beginning.
Find Cluster::known_in_turn() {
  return [this, next = std::size_t{0}](const std::function<void(Result<RedisAddress>)>& found) mutable {
    std::vector<RedisAddress> all = home_.options.addresses;
    if (map_) all.insert(all.end(), map_->masters.begin(), map_->masters.end());
    asked_at_ = all[next++ % all.size()];
    found(asked_at_);
  };
}

void Cluster::start() {
  asked_.start();
  refresh();
}

void Cluster::stop() {
  refresh_timer_.cancel();
  waiting_.refuse_all();
  for (auto& [address, node] : nodes_) node->stop();
  asked_.stop();
}

void Cluster::flush() {
  for (auto& [address, node] : nodes_) node->flush();
  asked_.flush();
}

// ---- commands ----

Node& Cluster::node_at(const RedisAddress& address) {
  auto& node = nodes_[address];
  if (node == nullptr) {
    const auto on_refused = [this, address](const Subscription& what, const Error& why) {
      this->on_refused(address, what, why);
    };
    const auto on_confirmed = [this, address](const Subscription& what) {
      if (const auto found = placed_.find(what); found != placed_.end() && found->second == address) {
        events_.confirmed(what);
      }
    };
    const auto on_changed = [this] {
      judge();
      refresh_soon();
    };
    node = std::make_unique<Node>(
        home_, greeting_of(home_.options), [address](const auto& found) { found(address); },
        Node::Events{.confirmed = on_confirmed,
                     .refused = on_refused,
                     .published = events_.published,
                     .changed = on_changed});
    node->start();
  }
  return *node;
}

/// Whose the slot is; without one, or where it is nobody's, anyone who is there.
const RedisAddress* Cluster::owner_of(std::optional<std::uint16_t> slot) const {
  if (!map_) return nullptr;
  if (slot && map_->owner(*slot) != nullptr) return map_->owner(*slot);
  const auto is_up = [this](const RedisAddress& address) {
    const auto found = nodes_.find(address);
    return found != nodes_.end() && found->second->is_up();
  };
  const auto found = std::ranges::find_if(map_->masters, is_up);
  return found == map_->masters.end() ? &map_->masters.front() : &*found;
}

void Cluster::send(Request request) {
  const RedisAddress* const owner = owner_of(request.slot);
  if (owner == nullptr) return waiting_.add(std::move(request));
  auto journey = std::make_shared<Journey>();
  journey->request = std::move(request);
  journey->replies.resize(journey->request.replies);
  for (std::size_t part = 0; part < journey->parts(); ++part) journey->open.push_back(part);
  // From here on the bytes of what is sent count.
  home_.queued_bytes.add(-static_cast<std::int64_t>(journey->request.bytes.size()));
  go(journey, *owner, false);
}

void Cluster::go(const std::shared_ptr<Journey>& journey, const RedisAddress& to, bool asking) {
  Request leg;
  leg.replies = journey->open.size() * (journey->replies_of_part() + (asking ? 1 : 0));
  leg.slot = journey->request.slot;
  leg.since = journey->request.since;
  for (const std::size_t part : journey->open) {
    if (asking) leg.bytes += encode({"ASKING"});
    leg.bytes += journey->bytes(part);
  }
  leg.done = [this, journey, to, asking](Result<std::vector<Reply>> replies) {
    on_replies(journey, to, asking, std::move(replies));
  };
  home_.queued_bytes.add(static_cast<std::int64_t>(leg.bytes.size()));
  node_at(to).send(std::move(leg));
}

void Cluster::on_replies(const std::shared_ptr<Journey>& journey, const RedisAddress& from, bool asking,
                         Result<std::vector<Reply>> replies) {
  const auto& done = journey->request.done;
  if (!replies) return done ? done(std::unexpected(replies.error())) : void();
  const std::size_t count = journey->replies_of_part();
  std::optional<Redirection> redirection;
  auto next = replies->begin();
  std::vector<std::size_t> open;
  for (const std::size_t part : std::exchange(journey->open, {})) {
    if (asking) ++next;
    for (std::size_t i = 0; i < count; ++i, ++next) {
      const auto here = redirection_of(*next, from);
      if (here && (open.empty() || open.back() != part)) open.push_back(part);
      if (here && !redirection) redirection = here;
      journey->replies[part * count + i] = std::move(*next);
    }
  }
  if (redirection && !redirection->once) {
    map_->set_owner(redirection->slot, redirection->to);
    refresh_soon();
  }
  if (!redirection || ++journey->hops > kMaxHops) {
    return done ? done(std::move(journey->replies)) : void();
  }
  journey->open = std::move(open);
  go(journey, redirection->to, redirection->once);
}

void Cluster::count(Listen how, const std::string& channel, OnCount done) {
  if (!map_) return done(fail(ErrorKind::unavailable, "Redis is away"));
  struct Sum {
    std::size_t open;
    Result<std::int64_t> value = 0;
    OnCount done;
  };
  const auto sum = std::make_shared<Sum>(map_->masters.size(), 0, std::move(done));
  const auto add = [sum](const Result<std::int64_t>& count) {
    if (!count) sum->value = std::unexpected(count.error());
    if (count && sum->value) *sum->value += *count;
    if (--sum->open == 0) sum->done(sum->value);
  };
  for (const RedisAddress& master : std::vector(map_->masters)) {
    node_at(master).send(count_request(home_, how, channel, add));
  }
}

// ---- the map ----

void Cluster::refresh_soon() {
  if (std::exchange(is_soon_, true)) return;
  refresh_timer_ = home_.shard.after(kRefreshPause, [this] { refresh(); });
}

void Cluster::refresh() {
  is_soon_ = false;
  refresh_timer_ = home_.shard.after(home_.options.probe_interval, [this] { refresh(); });
  if (std::exchange(is_asking_, true)) return;
  asked_.send(
      own_request(home_, {"CLUSTER", "SLOTS"}, [this](const Result<Reply>& reply) { on_map(reply); }));
}

void Cluster::on_map(const Result<Reply>& reply) {
  is_asking_ = false;
  auto map = reply ? read_slots(*reply, asked_at_) : std::unexpected(reply.error());
  // What one of them says may be old, or nothing.
  if (!is_up_ && ++answers_ % kAnswersOfOne == 0)
    asked_.renew({ErrorKind::unavailable, "another node is asked"});
  if (!map) {
    home_.log.debug(kCategory, "no map of the slots", {{"why", map.error().message}});
    return refresh_soon();
  }
  map_ = std::move(*map);
  for (const RedisAddress& master : map_->masters) node_at(master);
  retire_gone();
  place_all();
  for (Request& request : waiting_.take_all()) send(std::move(request));
  judge();
}

// Who is no master any more. What waits for it goes to whose slot it is now.
void Cluster::retire_gone() {
  std::vector<std::unique_ptr<Node>> gone;
  for (auto at = nodes_.begin(); at != nodes_.end();) {
    const bool is_master = std::ranges::find(map_->masters, at->first) != map_->masters.end();
    if (!is_master) gone.push_back(std::move(at->second));
    at = is_master ? std::next(at) : nodes_.erase(at);
  }
  for (const auto& node : gone) {
    auto waiting = node->take_waiting();
    node->stop();
    for (Request& request : waiting) send(std::move(request));
  }
}

// ---- subscriptions ----

void Cluster::subscribe(const Subscription& what) {
  placed_.try_emplace(what);
  if (map_) place(what);
}

void Cluster::unsubscribe(const Subscription& what) {
  const auto found = placed_.find(what);
  if (found == placed_.end()) return;
  if (found->second) {
    if (const auto node = nodes_.find(*found->second); node != nodes_.end()) node->second->unsubscribe(what);
  }
  placed_.erase(found);
  refused_.erase(what);
}

void Cluster::place(const Subscription& what) {
  const RedisAddress to = *owner_of(slot_of(what.second));
  placed_[what] = to;
  node_at(to).subscribe(what);
}

void Cluster::place_all() {
  for (auto& [what, at] : placed_) {
    const auto node = at ? nodes_.find(*at) : nodes_.end();
    const bool is_there = node != nodes_.end();
    const bool is_moved = what.first == Listen::shard && at != *owner_of(slot_of(what.second));
    if (is_there && is_moved) node->second->unsubscribe(what);
    if (!is_there || is_moved || refused_.contains(what)) place(what);
  }
  refused_.clear();
}

void Cluster::on_refused(const RedisAddress& by, const Subscription& what, const Error& why) {
  const auto found = placed_.find(what);
  if (found == placed_.end() || found->second != by) return;
  if (why.kind != ErrorKind::unavailable) {
    return home_.log.error(kCategory, "a subscription was refused",
                           {{"to", what.second}, {"why", why.message}});
  }
  refused_.insert(what);
  refresh_soon();
}

void Cluster::judge() {
  const bool up = map_ && std::ranges::all_of(map_->masters, [this](const RedisAddress& master) {
                    const auto found = nodes_.find(master);
                    return found != nodes_.end() && found->second->is_up();
                  });
  if (std::exchange(is_up_, up) != up) events_.changed(up);
}

std::unique_ptr<Deployment> make_cluster(Home& home, Deployment::Events events) {
  return std::make_unique<Cluster>(home, std::move(events));
}

}  // namespace belfry::redis
