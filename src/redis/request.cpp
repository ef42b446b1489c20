#include "redis/request.h"

#include <algorithm>

#include "redis/command.h"
#include "redis/slots.h"

namespace belfry::redis {

namespace {

Result<Reply> checked(Reply reply) {
  if (reply.is_error()) return std::unexpected(error_of(reply));
  return reply;
}

/// All of them as one array, or the first error.
Result<Reply> joined(std::vector<Reply> replies) {
  const auto error = std::ranges::find_if(replies, &Reply::is_error);
  if (error != replies.end()) return std::unexpected(error_of(*error));
  return Reply{.kind = Reply::Kind::array, .items = std::move(replies)};
}

/// What MULTI, each command and EXEC were answered. A command that was refused says why; EXEC then says only
/// that something was.
Result<Reply> executed(std::vector<Reply> replies) {
  Reply done = std::move(replies.back());
  replies.pop_back();
  const auto refused = std::ranges::find_if(replies, &Reply::is_error);
  if (refused != replies.end()) return std::unexpected(error_of(*refused));
  if (done.is_error()) return std::unexpected(error_of(done));
  return joined(std::move(done.items));
}

std::optional<std::uint16_t> slot_for(const Command& command) {
  const auto key = first_key(command);
  if (!key) return std::nullopt;
  return slot_of(*key);
}

/// `done` with what `judge` makes of the replies.
template <class Judge>
Session::OnReplies judged(OnReply done, Judge judge) {
  if (!done) return {};
  return [done = std::move(done), judge](Result<std::vector<Reply>> replies) {
    if (!replies) return done(std::unexpected(replies.error()));
    done(judge(std::move(*replies)));
  };
}

}  // namespace

Request request_of(const Command& command, OnReply done) {
  Request request;
  append_command(request.bytes, command);
  request.slot = slot_for(command);
  request.done =
      judged(std::move(done), [](std::vector<Reply> replies) { return checked(std::move(replies[0])); });
  return request;
}

Request request_of(const std::vector<Command>& commands, bool atomic, OnReply done) {
  Request request;
  if (atomic) append_command(request.bytes, {"MULTI"});
  for (const Command& command : commands) {
    append_command(request.bytes, command);
    if (!atomic) request.ends.push_back(request.bytes.size());
    if (!request.slot) request.slot = slot_for(command);
  }
  if (atomic) append_command(request.bytes, {"EXEC"});
  request.replies = commands.size() + (atomic ? 2 : 0);
  request.done = atomic ? judged(std::move(done), executed) : judged(std::move(done), joined);
  return request;
}

}  // namespace belfry::redis
