#include "socketio/recovery/replies.h"

namespace belfry::socketio {

std::size_t KeptReplies::cost(const Kept& kept) {
  if (!kept.answer) return 0;
  std::size_t bytes = kept.answer->json.size();
  for (const auto& attachment : kept.answer->attachments) bytes += attachment.size();
  return bytes;
}

KeptReplies::Seen KeptReplies::on_event(std::uint64_t id, std::size_t digest) {
  const auto [it, is_new] = ids_.try_emplace(id, Kept{digest});
  Kept& kept = it->second;
  kept.asked = true;
  if (!is_new && kept.digest == digest) return kept.answer ? Seen::answered : Seen::waiting;
  if (!is_new) {
    bytes_ -= cost(kept);
    kept = Kept{digest};
    return Seen::first;
  }
  order_.push_back(id);
  if (order_.size() > max_ids_) drop_oldest();
  return Seen::first;
}

bool KeptReplies::on_answer(std::uint64_t id, const Payload& payload) {
  const auto it = ids_.find(id);
  if (it == ids_.end()) return true;  // forgotten
  const bool asked = it->second.asked;
  bytes_ -= cost(it->second);
  it->second.answer = payload;
  bytes_ += cost(it->second);
  while (bytes_ > max_bytes_) drop_oldest();
  return asked;
}

void KeptReplies::on_connection_lost() {
  for (auto& [id, kept] : ids_) kept.asked = false;
}

void KeptReplies::drop_oldest() {
  const auto it = ids_.find(order_.front());
  bytes_ -= cost(it->second);
  ids_.erase(it);
  order_.pop_front();
}

}  // namespace belfry::socketio
