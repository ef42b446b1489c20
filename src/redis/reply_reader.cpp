#include "redis/reply_reader.h"

#include <hiredis/read.h>

#include <new>

namespace belfry::redis {

/// What hiredis calls for each value. A null makes it give up.
struct ReplyMaker {
  /// The place of the value: in its array, or alone. Null where the reply is past a bound.
  static Reply* place_of(const redisReadTask* task, std::size_t bytes) {
    auto& reader = *static_cast<ReplyReader*>(task->privdata);
    reader.bytes_ += bytes;
    if (++reader.items_ > ReplyReader::kMaxItems || reader.bytes_ > reader.max_bytes_) return nullptr;
    if (task->parent == nullptr) return new Reply;
    return &static_cast<Reply*>(task->parent->obj)->items.emplace_back();
  }

  static void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    Reply* const reply = place_of(task, size);
    if (reply == nullptr) return nullptr;
    reply->kind = task->type == REDIS_REPLY_ERROR ? Reply::Kind::error : Reply::Kind::text;
    reply->text.assign(bytes, size);
    return reply;
  }

  // What it claims to hold is not believed: it grows as values come.
  static void* array(const redisReadTask* task, int /*size*/) {
    Reply* const reply = place_of(task, 0);
    if (reply != nullptr) reply->kind = Reply::Kind::array;
    return reply;
  }

  static void* integer(const redisReadTask* task, long long value) {
    Reply* const reply = place_of(task, 0);
    if (reply == nullptr) return nullptr;
    reply->kind = Reply::Kind::integer;
    reply->integer = value;
    return reply;
  }

  static void* nil(const redisReadTask* task) { return place_of(task, 0); }

  static void free(void* reply) { delete static_cast<Reply*>(reply); }
};

void ReplyReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader(std::size_t max_bytes) : max_bytes_(max_bytes) {
  // Constant, though hiredis takes it as if it were not.
  static redisReplyObjectFunctions functions = {ReplyMaker::text, ReplyMaker::array, ReplyMaker::integer,
                                                ReplyMaker::nil, ReplyMaker::free};
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* read = nullptr;
  if (redisReaderGetReply(reader_.get(), &read) != REDIS_OK) return std::unexpected(failure());
  if (read == nullptr) {
    if (reader_->len - reader_->pos > max_bytes_)
      return fail(ErrorKind::too_large, "Redis sent too large a reply");
    return std::nullopt;
  }
  items_ = bytes_ = 0;
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(read));
  return std::move(*reply);
}

Error ReplyReader::failure() const {
  if (items_ > kMaxItems || bytes_ > max_bytes_)
    return {ErrorKind::too_large, "Redis sent too large a reply"};
  return {ErrorKind::malformed, "what Redis sent is not its protocol"};
}

}  // namespace belfry::redis
