#include "net/shard_io.h"

#include "net/connection.h"
#include "net/deflate.h"

namespace belfry::net {

ShardIo::ShardIo(runtime::Shard& shard, const Options& options, DeflateBudget& budget)
    : shard_(shard),
      options_(options),
      read_buffer_(std::make_unique<char[]>(kReadBufferBytes)),
      join_buffer_(std::make_unique<char[]>(kJoinBytes)),
      deflate_(options.deflate ? std::make_unique<ShardDeflate>(*options.deflate, budget) : nullptr) {
  shard_.on_turn_end([this] { flush(); });
}

ShardIo::~ShardIo() = default;

char* ShardIo::plain_buffer() {
  if (plain_buffer_ == nullptr) plain_buffer_ = std::make_unique<char[]>(kPlainBytes);
  return plain_buffer_.get();
}

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
