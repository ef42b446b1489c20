// Where the test of rooms plays: a server on shards with threads of their own, and what its application
// knows. For rooms_play.h.
#pragma once

#include <chrono>
#include <cstdlib>
#include <future>
#include <latch>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socketio/local_namespace.h"
#include "socketio/rooms_model.h"
#include "socketio/socket_core.h"
#include "socketio/testing.h"

namespace belfry::socketio::testing {

inline constexpr std::chrono::seconds kLimit{20};

/// Used by one thread, which waits for the shards.
class Stage {
 protected:
  explicit Stage(unsigned shards)
      : shards_(shards), site_(shards_, {}, [] { return TimePoint(std::chrono::hours(1)); }), homes_(shards) {
    for (const char* name : {"/", "/n"}) site_.shared.registry.fixed.push_back(define(name));
    site_.shared.registry.dynamic.push_back(define(""));
    shards_.start();
  }
  ~Stage() {
    for (unsigned i = 0; i < shards_.size(); ++i) {
      on(i, [&] {
        site_.engines[i]->close_all(engineio::CloseReason::server_shutdown);
        site_.engines[i]->flush();
      });
    }
    shards_.stop();
  }

  // Of one shard: its sockets by id, as the application's handlers know them.
  struct Home {
    std::map<std::string, SocketPtr> sockets;
    std::string last;  // the id that came last
  };

  /// Does something on a shard and waits for it.
  template <class Call>
  void on(unsigned shard, Call call) {
    const auto done = std::make_shared<std::promise<void>>();  // the shard may hold it a little longer
    shards_.post_to(shard, [&call, done] {
      call();
      done->set_value();
    });
    if (done->get_future().wait_for(kLimit) != std::future_status::ready) std::abort();  // nothing can go on
  }

  template <class Call>
  void on_all(Call call) {
    const auto done = std::make_shared<std::latch>(shards_.size());
    for (unsigned i = 0; i < shards_.size(); ++i) {
      shards_.post_to(i, [&call, done, i] {
        call(i);
        done->count_down();
      });
    }
    done->wait();
  }

  /// `name`: of a fixed namespace; empty: all that begin with `/d`.
  std::shared_ptr<NamespaceDef> define(const std::string& name) {
    auto def = std::make_shared<NamespaceDef>();
    def->name = name;
    if (name.empty())
      def->matches = [](std::string_view wanted, const Value&) { return wanted.starts_with("/d"); };
    def->connection.push_back([this](const SocketPtr& socket) {
      Home& home = homes_[socket->hub().shard().index()];
      home.sockets[socket->id()] = socket;
      home.last = socket->id();
    });
    def->handlers.disconnect.push_back([this](const SocketPtr& socket, std::string_view) {
      homes_[socket->hub().shard().index()].sockets.erase(socket->id());
    });
    def->handlers.events["echo"].push_back([](const SocketPtr&, const Args& args, const ReplyPtr& reply) {
      if (reply) reply->send(make_payload(args));
    });
    return def;
  }

  engineio::Session* session(Client& client) { return site_.engines[client.shard]->find(client.sid); }

  runtime::Shards shards_;
  Site site_;
  std::vector<Home> homes_;
};

}  // namespace belfry::socketio::testing
