#include "socketio/local_sockets.h"

#include <algorithm>

#include "runtime/once_forms.h"
#include "socketio/asking.h"
#include "socketio/client.h"
#include "socketio/gather.h"
#include "socketio/recovery/entry_id.h"
#include "socketio/socket_core.h"

namespace belfry::socketio {

// What one turn of a shard sends to all the others leaves together, which `take_session` counts on.
template <class Work>
bool LocalSockets::hop(Work work) {
  const runtime::Shard* here = runtime::Shard::current();
  const bool is_ours =
      here != nullptr && here->index() < shards_.size() && &shards_.at(here->index()) == here;
  if (!shared_.options.recovery || is_ours) return false;
  shards_.post_to(0, std::move(work));
  return true;
}

template <class Visit>
void LocalSockets::on_each_namespace(const std::string& nsp, Visit visit) {
  if (hop([this, nsp, visit] { on_each_namespace(nsp, visit); })) return;
  const auto job = std::make_shared<const std::pair<std::string, Visit>>(nsp, std::move(visit));
  shards_.on_each([this, job](runtime::Shard& shard) {
    LocalNamespace* local = shared_.hubs[shard.index()]->find(job->first);
    if (local != nullptr) job->second(*local);
  });
}

template <class Visit>
void LocalSockets::on_each_member(const std::string& nsp, const Target& target, Visit visit) {
  on_each_namespace(nsp, [target, visit = std::move(visit)](LocalNamespace& local) {
    for (const SocketPtr& socket : local.select_members(target)) visit(local, *socket);
  });
}

// Lets the shards share what is made of it.
SharedMessage LocalSockets::share(Encoded encoded) const {
  if (encoded.compress && encoded.frames.size() >= shared_.options.compressed_from_bytes) {
    encoded.forms = std::make_shared<runtime::OnceForms>();
  }
  return std::make_shared<const Encoded>(std::move(encoded));
}

void LocalSockets::broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                             EmitFlags flags) {
  if (shared_.keeps_log() && !flags.is_volatile) return broadcast_logged(nsp, payload, target, flags);
  const SharedMessage message = share(shared_.encoder.encode_event(nsp, payload, flags));
  on_each_namespace(nsp, [message, target, is_volatile = flags.is_volatile](LocalNamespace& local) {
    local.broadcast(MessageRef(message), target, is_volatile);
  });
}

void LocalSockets::broadcast_logged(const std::string& nsp, const Payload& payload, const Target& target,
                                    const EmitFlags& flags) {
  if (hop([this, nsp, payload, target, flags] { broadcast(nsp, payload, target, flags); })) return;
  const EventNumber number = shared_.new_event_number();
  const LoggedEvent event{
      number, share(shared_.encoder.encode_event(nsp, with_offset(payload, offset_text(number)), flags)),
      std::make_shared<const Target>(target)};
  on_each_namespace(nsp, [event](LocalNamespace& local) { local.broadcast(event); });
}

void LocalSockets::broadcast_entry(const std::string& nsp, const Payload& payload, const Target& target,
                                   const EmitFlags& flags, std::uint64_t entry) {
  if (hop([this, nsp, payload, target, flags, entry] {
        broadcast_entry(nsp, payload, target, flags, entry);
      }))
    return;
  const Payload sent = entry != 0 ? with_offset(payload, entry_id_text(entry)) : payload;
  const SharedMessage message = share(shared_.encoder.encode_event(nsp, sent, flags));
  on_each_namespace(nsp, [message, target, entry](LocalNamespace& local) {
    local.broadcast_entry(MessageRef(message), target, entry);
  });
}

void LocalSockets::passed(const std::string& nsp, std::uint64_t entry) {
  if (hop([this, nsp, entry] { passed(nsp, entry); })) return;
  on_each_namespace(nsp, [entry](LocalNamespace& local) { local.place().on_event(entry); });
}

template <class T, class Collect>
void LocalSockets::gather(const std::string& nsp, const Target& target, Collect collect,
                          std::function<void(std::vector<T>)> done) {
  if (hop([this, nsp, target, collect, done] { gather<T>(nsp, target, collect, done); })) return;
  auto gather = std::make_shared<Gather<T>>(shards_, std::move(done));
  shards_.on_each([this, nsp, target, gather, collect](runtime::Shard& shard) {
    std::vector<T> part;
    if (LocalNamespace* local = shared_.hubs[shard.index()]->find(nsp)) {
      for (const SocketPtr& socket : local->select(target)) part.push_back(collect(*socket));
    }
    gather->report(std::move(part));
  });
}

void LocalSockets::fetch_sockets(const std::string& nsp, const Target& target,
                                 std::function<void(std::vector<RemoteSocket>)> done) {
  gather<RemoteSocket>(nsp, target, [](SocketCore& socket) { return socket.describe(); }, std::move(done));
}

void LocalSockets::count_sockets(const std::string& nsp, const Target& target,
                                 std::function<void(std::size_t)> done) {
  gather<char>(
      nsp, target, [](SocketCore&) { return '\0'; },
      [done = std::move(done)](const std::vector<char>& all) { done(all.size()); });
}

void LocalSockets::fetch_rooms(const std::string& nsp, std::function<void(std::vector<std::string>)> done) {
  if (hop([this, nsp, done] { fetch_rooms(nsp, done); })) return;
  // A room with members on several shards is told by each.
  const auto once = [done = std::move(done)](std::vector<std::string> names) {
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    done(std::move(names));
  };
  auto gather = std::make_shared<Gather<std::string>>(shards_, once);
  shards_.on_each([this, nsp, gather](runtime::Shard& shard) {
    const LocalNamespace* local = shared_.hubs[shard.index()]->find(nsp);
    gather->report(local != nullptr ? local->room_names() : std::vector<std::string>());
  });
}

namespace {

// What has come of a broadcast that asked for answers.
struct Outcomes {
  std::size_t missing = 0;
  std::vector<AckOutcome> all = {};
  std::function<void(std::vector<AckOutcome>)> done;
};

void ask_all(LocalNamespace& local, const MessageRef& message, const Target& target, bool is_volatile,
             std::uint64_t id, std::chrono::milliseconds timeout, const std::shared_ptr<Asking>& asking) {
  const auto sockets = local.select(target);
  asking->count(sockets.size());
  for (const SocketPtr& socket : sockets) {
    const bool asked = socket->expect_ack(id, timeout, [asking, name = socket->id()](AckResult result) {
      asking->take(name, std::move(result));
    });
    if (asked) socket->send(message, is_volatile);
  }
}

}  // namespace

void LocalSockets::broadcast_with_ack(const std::string& nsp, const Payload& payload, const Target& target,
                                      EmitFlags flags, std::chrono::milliseconds timeout,
                                      std::function<void(std::vector<AckOutcome>)> done) {
  const auto outcomes = std::make_shared<Outcomes>(Outcomes{.done = std::move(done)});
  const auto asked = [outcomes](std::size_t sockets) {
    outcomes->missing = sockets;
    if (sockets == 0) outcomes->done({});
  };
  const auto answered = [outcomes](AckOutcome outcome) {
    outcomes->all.push_back(std::move(outcome));
    if (--outcomes->missing == 0) outcomes->done(std::move(outcomes->all));
  };
  broadcast_asking(nsp, payload, target, std::move(flags), timeout, asked, answered);
}

void LocalSockets::broadcast_asking(const std::string& nsp, const Payload& payload, const Target& target,
                                    EmitFlags flags, std::chrono::milliseconds timeout,
                                    std::function<void(std::size_t)> asked,
                                    std::function<void(AckOutcome)> answered) {
  if (hop([=, this] { broadcast_asking(nsp, payload, target, flags, timeout, asked, answered); })) return;
  const std::uint64_t id = shared_.new_ack_id();
  Encoded encoded = shared_.encoder.encode(PacketType::event, nsp, id, payload);
  encoded.compress = flags.compress;
  const SharedMessage message = share(std::move(encoded));
  auto asking = std::make_shared<Asking>(shards_, std::move(asked), std::move(answered));
  shards_.on_each([this, nsp, message, target, flags, id, timeout, asking](runtime::Shard& shard) {
    LocalNamespace* local = shared_.hubs[shard.index()]->find(nsp);
    if (local == nullptr) return asking->count(0);
    ask_all(*local, MessageRef(message), target, flags.is_volatile, id, timeout, asking);
  });
}

void LocalSockets::join(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) {
  on_each_member(nsp, target, [rooms](LocalNamespace& local, SocketCore& socket) {
    for (const auto& room : rooms) local.join(socket, room);
  });
}

void LocalSockets::leave(const std::string& nsp, const Target& target,
                         const std::vector<std::string>& rooms) {
  on_each_member(nsp, target, [rooms](LocalNamespace& local, SocketCore& socket) {
    for (const auto& room : rooms) local.leave(socket, room);
  });
}

void LocalSockets::disconnect(const std::string& nsp, const Target& target, bool close) {
  on_each_member(nsp, target, [close](LocalNamespace& local, SocketCore& socket) {
    if (socket.connected()) {
      socket.disconnect(close);
    } else {
      local.recovery()->disconnect(socket);
    }
  });
}

}  // namespace belfry::socketio
