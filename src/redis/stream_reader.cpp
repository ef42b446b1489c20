#include "redis/stream_reader.h"

#include "socketio/recovery/entry_id.h"

namespace belfry::redis {

StreamReader::StreamReader(std::shared_ptr<Client> client, runtime::Shards& shards, std::string stream,
                           std::chrono::milliseconds block, OnEntry on_entry)
    : client_(std::move(client)),
      shards_(shards),
      stream_(std::move(stream)),
      block_ms_(std::to_string(block.count())),
      on_entry_(std::move(on_entry)) {
  find_end();
}

StreamReader::~StreamReader() {
  client_->stop();
}

void StreamReader::later(void (StreamReader::*next)()) {
  static constexpr std::chrono::milliseconds kPause{200};
  shards_.post_to(0,
                  [this, next] { shards_.at(0).after(kPause, [this, next] { (this->*next)(); }).detach(); });
}

void StreamReader::find_end() {
  client_->send({"XREVRANGE", stream_, "+", "-", "COUNT", "1"}, [this](const Result<Reply>& reply) {
    if (!reply || reply->kind != Reply::Kind::array) return later(&StreamReader::find_end);
    const bool is_empty = reply->items.empty() || reply->items.front().items.empty();
    last_id_ = is_empty ? "0-0" : reply->items.front().items.front().text;
    position_.with([this](auto& position) { position = socketio::parse_entry_id(last_id_).value_or(0); });
    read();
  });
}

void StreamReader::read() {
  client_->send({"XREAD", "BLOCK", block_ms_, "COUNT", "100", "STREAMS", stream_, last_id_},
                [this](const Result<Reply>& reply) { on_read(reply); });
}

// `[[stream, [[id, [name, value, …]], …]]]`, or nil where nothing came.
void StreamReader::on_read(const Result<Reply>& reply) {
  if (!reply) return later(&StreamReader::read);
  if (!reply->items.empty() && reply->items.front().items.size() == 2) {
    for (const Reply& entry : reply->items.front().items[1].items) {
      if (entry.items.size() == 2) hand_on(entry);
    }
  }
  read();
}

void StreamReader::hand_on(const Reply& entry) {
  last_id_ = entry.items[0].text;
  position_.with([&](auto& position) {
    position = socketio::parse_entry_id(last_id_).value_or(*position);
    on_entry_(entry);
  });
}

}  // namespace belfry::redis
