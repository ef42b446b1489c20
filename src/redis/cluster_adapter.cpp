#include "redis/cluster_adapter.h"

#include <algorithm>
#include <unordered_set>

namespace belfry::redis {

ClusterAdapter::ClusterAdapter(std::shared_ptr<Client> client, const AdapterContext& context,
                               const RedisAdapterOptions& options, const MakeWire& make_wire)
    : shards_(context.shards),
      local_(context.local),
      options_(options),
      client_(std::move(client)),
      tallies_(context.log),
      requests_(context.shards),
      wire_(make_wire({context.local, requests_, tallies_, *client_, context.shards, context.on_server_event,
                       context.log, options_, context.session_time, up_})) {
  Wire* wire = wire_.get();
  const auto channels = [wire](const std::string& nsp) { return wire->channels(nsp); };
  const auto room_channels = [wire](const std::string& nsp, const std::string& room) {
    return wire->room_channels(nsp, room);
  };
  const auto on_published = [this](const std::string& nsp, const Published& published) {
    if (published.payload.size() > options_.max_message_bytes) {
      return tallies_.add(Tallied::malformed, "a message is too large");
    }
    wire_->on_published(nsp, published, *places_);
  };
  places_ = std::make_shared<Places>(client_, Places::Names{channels, room_channels, on_published});
  client_->on_state([this](bool up) { up_.set(up); });
}

ClusterAdapter::~ClusterAdapter() {
  client_->stop();
  places_->drop_waiting();
}

runtime::Shard& ClusterAdapter::asker() const {
  runtime::Shard* here = runtime::Shard::current();
  const bool is_ours =
      here != nullptr && here->index() < shards_.size() && &shards_.at(here->index()) == here;
  return is_ours ? *here : shards_.at(0);
}

// ---- what needs no answer ----

void ClusterAdapter::broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                               EmitFlags flags) {
  const bool is_recoverable = !flags.is_volatile && !flags.local;
  if (sessions() == nullptr || !is_recoverable) local_.broadcast(nsp, payload, target, flags);
  if (!flags.local) wire_->broadcast(nsp, payload, target, flags);
}

void ClusterAdapter::join(const std::string& nsp, const Target& target,
                          const std::vector<std::string>& rooms) {
  if (sessions() == nullptr) local_.join(nsp, target, rooms);
  wire_->change_rooms(nsp, target, rooms, true);
}

void ClusterAdapter::leave(const std::string& nsp, const Target& target,
                           const std::vector<std::string>& rooms) {
  if (sessions() == nullptr) local_.leave(nsp, target, rooms);
  wire_->change_rooms(nsp, target, rooms, false);
}

void ClusterAdapter::disconnect(const std::string& nsp, const Target& target, bool close) {
  if (sessions() == nullptr) local_.disconnect(nsp, target, close);
  wire_->disconnect(nsp, target, close);
}

void ClusterAdapter::on_namespace(const std::string& nsp, bool in_use) {
  if (in_use) {
    places_->use(nsp);
  } else {
    places_->release(nsp);
  }
}

void ClusterAdapter::on_room(const std::string& nsp, std::string_view room, bool in_use) {
  if (in_use) {
    places_->use_room(nsp, room);
  } else {
    places_->release_room(nsp, room);
  }
}

// ---- questions ----

void ClusterAdapter::count_others(const std::string& nsp, OnOthers next) {
  if (!up_.get()) return shards_.at(0).run_or_post([next = std::move(next)] { next(0, nullptr); });
  const auto hold = places_->hold(nsp);
  // Whichever comes first: the count, or the end of the time. On shard 0.
  struct Once {
    OnOthers next;
    runtime::Timer timer = {};
  };
  const auto once = std::make_shared<Once>(Once{std::move(next)});
  const auto go = [once](std::size_t others, const std::shared_ptr<void>& held) {
    once->timer.cancel();
    if (const OnOthers call = std::exchange(once->next, nullptr)) call(others, held);
  };
  shards_.at(0).run_or_post([this, go, once] {
    once->timer = shards_.at(0).after(options_.request_timeout, [go] { go(0, nullptr); });
  });
  places_->when_ready(nsp, [this, nsp, hold, go] {
    const ChannelName channel = wire_->counted_channel(nsp);
    client_->count_listeners(channel.how, channel.name, [this, hold, go](const Result<std::int64_t>& count) {
      const std::int64_t others = count.value_or(1) - 1;
      shards_.post_to(0, [hold, go, others] { go(others > 0 ? static_cast<std::size_t>(others) : 0, hold); });
    });
  });
}

void ClusterAdapter::server_count(std::function<void(std::size_t)> done) {
  count_others("/", [&shard = asker(), done = std::move(done)](std::size_t others, const auto&) {
    shard.run_or_post([done, others] { done(others + 1); });
  });
}

void ClusterAdapter::gather_sockets(const std::string& nsp, const Target& target,
                                    std::function<void(std::vector<RemoteSocket>)> done) {
  struct Found {
    std::vector<RemoteSocket> sockets;
    std::unordered_set<std::string> ids = {};
    std::size_t missing = 0;  // servers
  };
  const auto give = [&shard = asker(), done = std::move(done)](std::vector<RemoteSocket> sockets) {
    shard.run_or_post([done, sockets = std::move(sockets)]() mutable { done(std::move(sockets)); });
  };
  const auto ask = [this, nsp, target, give](std::size_t others, std::vector<RemoteSocket> sockets,
                                             const std::shared_ptr<void>& hold) {
    if (others == 0) return give(std::move(sockets));
    const auto found = std::make_shared<Found>(Found{.sockets = std::move(sockets), .missing = others});
    for (const RemoteSocket& socket : found->sockets) found->ids.insert(socket.id);
    const auto take = [found](AnswerContent& content) {
      auto* more = std::get_if<std::vector<RemoteSocket>>(&content);
      if (more == nullptr) return false;
      const std::size_t before = found->ids.size();
      for (RemoteSocket& socket : *more) {
        if (found->ids.insert(socket.id).second) found->sockets.push_back(std::move(socket));
      }
      // Only an answer that came before brings nothing but what is known.
      if (!more->empty() && found->ids.size() == before) return false;
      return --found->missing == 0;
    };
    const auto finish = [this, found, give, hold](bool complete) {
      if (!complete) tallies_.add(Tallied::incomplete, "a server did not tell its sockets in time");
      give(std::move(found->sockets));
    };
    const std::string id = Requests::new_id();
    requests_.open(id, {options_.request_timeout, take, finish});
    wire_->ask_sockets(nsp, target, id);
  };
  shards_.at(0).run_or_post([this, nsp, target, ask] {
    local_.fetch_sockets(nsp, target, [this, nsp, ask](const std::vector<RemoteSocket>& sockets) {
      count_others(nsp, [ask, sockets](std::size_t others, const std::shared_ptr<void>& hold) {
        ask(others, sockets, hold);
      });
    });
  });
}

void ClusterAdapter::fetch_sockets(const std::string& nsp, const Target& target,
                                   std::function<void(std::vector<RemoteSocket>)> done) {
  gather_sockets(nsp, target, std::move(done));
}

void ClusterAdapter::count_sockets(const std::string& nsp, const Target& target,
                                   std::function<void(std::size_t)> done) {
  gather_sockets(nsp, target, [done = std::move(done)](const auto& sockets) { done(sockets.size()); });
}

void ClusterAdapter::fetch_rooms(const std::string& nsp, std::function<void(std::vector<std::string>)> done) {
  gather_sockets(nsp, {}, [done = std::move(done)](const std::vector<RemoteSocket>& sockets) {
    std::vector<std::string> rooms;
    for (const RemoteSocket& socket : sockets) {
      for (const auto& room : socket.rooms) {
        if (room != socket.id) rooms.push_back(room);
      }
    }
    std::ranges::sort(rooms);
    rooms.erase(std::ranges::unique(rooms).begin(), rooms.end());
    done(std::move(rooms));
  });
}

void ClusterAdapter::server_side_emit(const std::string& nsp, const Payload& payload,
                                      std::function<void(std::vector<AckResult>)> done) {
  if (!done) return wire_->server_event(nsp, payload, {});
  const auto give = [&shard = asker(), done = std::move(done)](std::vector<AckResult> answers) {
    shard.run_or_post([done, answers = std::move(answers)]() mutable { done(std::move(answers)); });
  };
  count_others(nsp, [this, nsp, payload, give](std::size_t others, const std::shared_ptr<void>& hold) {
    if (others == 0) return give({});
    const auto answers = std::make_shared<std::vector<AckResult>>();
    const auto take = [answers, others](AnswerContent& content) {
      auto* answer = std::get_if<ServerAnswer>(&content);
      if (answer == nullptr) return false;
      answers->emplace_back(Args(std::vector<Value>{std::move(answer->value)}));
      return answers->size() == others;
    };
    const auto finish = [this, answers, others, give, hold](bool complete) {
      if (!complete) tallies_.add(Tallied::incomplete, "a server did not answer an event in time");
      while (answers->size() < others) answers->push_back(fail(ErrorKind::timed_out, "no answer in time"));
      give(std::move(*answers));
    };
    const std::string id = Requests::new_id();
    requests_.open(id, {options_.request_timeout, take, finish});
    wire_->server_event(nsp, payload, id);
  });
}

}  // namespace belfry::redis
