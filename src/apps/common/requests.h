// What most events do with the store, and how they wait their turn.
#pragma once

#include <string>
#include <utility>

#include "apps/common/answers.h"
#include "apps/common/identity.h"
#include "apps/common/lanes.h"
#include "store/store.h"

namespace belfry::apps {

/// Does `work(Transaction&)` (see `store::Store::write` for `key`) and answers what `fields` makes of its
/// result, or with its error. On the socket's shard.
template <class Work, class Fields>
void write(store::Store& store, const Request& request, const std::string& key, Work work, Fields fields) {
  store.write(post_here(), key, std::move(work), [request, fields = std::move(fields)](const auto& done) {
    done ? request.succeed(fields(*done)) : request.refuse(done.error());
  });
}
/// The same for work that changes nothing.
template <class Work, class Fields>
void read(store::Store& store, const Request& request, Work work, Fields fields) {
  store.read(post_here(), std::move(work), [request, fields = std::move(fields)](const auto& done) {
    done ? request.succeed(fields(*done)) : request.refuse(done.error());
  });
}

/// Does `work` when what the same socket asked before is done. On the socket's shard, whose lanes these are.
inline void in_lane(Lanes& lanes, const Request& request, Lanes::Work work) {
  if (lanes.put(request.socket.id(), std::move(work))) return;
  request.refuse({ErrorKind::unavailable, "Too many requests are waiting"});
}

}  // namespace belfry::apps
