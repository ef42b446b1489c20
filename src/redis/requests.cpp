#include "redis/requests.h"

#include "core/ids.h"

namespace belfry::redis {

void Requests::open(std::string id, Question question) {
  auto timer = home().after(question.timeout, [this, id] { finish(id, false); });
  open_.emplace(std::move(id), Open{std::move(question), {}, std::move(timer)});
}

void Requests::answer(std::string id, Answer answer) {
  home().post([this, id = std::move(id), answer = std::move(answer)]() mutable { take(id, answer); });
}

void Requests::take(const std::string& id, Answer& answer) {
  const auto it = open_.find(id);
  if (it == open_.end()) return;
  Open& open = it->second;
  const bool is_one_of_many = std::holds_alternative<AckOutcome>(answer.content);
  if (!is_one_of_many && !answer.from.empty() && !open.heard.insert(answer.from).second) return;
  if (open.question.take(answer.content)) finish(id, true);
}

void Requests::finish(const std::string& id, bool complete) {
  auto node = open_.extract(id);
  if (!node.empty()) node.mapped().question.finish(complete);
}

std::string Requests::new_id() {
  return make_sid();
}

}  // namespace belfry::redis
