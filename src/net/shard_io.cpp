#include "net/shard_io.h"

#include "net/connection.h"

namespace belfry::net {

ShardIo::ShardIo(runtime::Shard& shard, const Options& options)
    : shard_(shard),
      options_(options),
      read_buffer_(std::make_unique<char[]>(kReadBufferBytes)),
      join_buffer_(std::make_unique<char[]>(kJoinBytes)) {
  shard_.on_turn_end([this] { flush(); });
}

ShardIo::~ShardIo() = default;

void ShardIo::flush() {
  ++turn_;
  for (auto& hook : hooks_) hook();
  while (!dirty_.empty()) {
    flushing_.swap(dirty_);
    for (Connection* connection : flushing_) connection->flush();
    flushing_.clear();
  }
  retired_.clear();
}

void ShardIo::shut_down() {
  open_.for_each([](Connection& connection) {
    if (connection.pump_ != nullptr) connection.pump_->on_shutdown();
  });
}

void ShardIo::abort_all() {
  while (!open_.empty()) open_.front().abort();
}

}  // namespace belfry::net
