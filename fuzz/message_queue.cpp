// What waits for a client, beside the plainest queue that does the same.
#include "core/message_queue.h"

#include <array>
#include <deque>

#include "fuzz/fuzz.h"

namespace belfry {
namespace {

using fuzz::check;

/// A queue and its model, for a poll (packets may wait) or for a connection (parts may have left).
class Play {
 public:
  explicit Play(FuzzedDataProvider& input) : input_(input), polling_(input.ConsumeBool()) {}

  void step() {
    switch (input_.ConsumeIntegralInRange(0, 9)) {
      case 0:
        return clear();
      case 1:
        return discard();
      case 2:
      case 3:
        return polling_ ? push_packet() : take();
      case 4:
        return polling_ ? push_packet() : take_out();
      default:
        return push();
    }
  }

  void look() {
    std::string all;
    std::size_t bytes = 0;
    for (const auto& one : plain_) all += one.frames;
    bytes = all.size() - offset_;
    std::string seen;
    queue_.for_each([&seen](const MessageQueue::Item& item) {
      seen += item.message ? item.message->frames : std::string(1, item.packet);
    });
    check(seen == all, "the same waits");
    check(queue_.bytes() == bytes && queue_.empty() == plain_.empty(), "and as much");
    if (polling_ && !plain_.empty()) {
      check(queue_.ends_with('3') == (plain_.back().packet == '3'), "the last packet is known");
    }
  }

 private:
  struct Plain {
    std::string frames, key;
    char packet = 0;
  };

  void push() {
    Encoded encoded;
    encoded.frames = std::string(input_.ConsumeIntegralInRange<std::size_t>(1, 9), next_++ % 26 + 'a');
    if (const int key = input_.ConsumeIntegralInRange(0, 30)) encoded.key = std::to_string(key);
    const std::string key = encoded.key;
    bool replaced = false;
    for (std::size_t i = offset_ > 0 ? 1 : 0; i < plain_.size() && !key.empty(); ++i) {
      if (plain_[i].key != key) continue;
      plain_.erase(plain_.begin() + static_cast<std::ptrdiff_t>(i--));
      replaced = true;
    }
    plain_.push_back({encoded.frames, key});
    check(queue_.push(MessageRef(std::move(encoded))) == replaced, "it says whether one went");
  }

  void push_packet() {
    const char packet = input_.ConsumeBool() ? '3' : '2';
    plain_.push_back({std::string(1, packet), {}, packet});
    queue_.push_packet(packet);
  }

  void take() {
    if (plain_.empty()) return;
    std::array<char, 64> room{};
    const std::string front(queue_.front(room.data(), input_.ConsumeIntegralInRange<std::size_t>(1, 64)));
    std::string all;
    for (const auto& one : plain_) all += one.frames;
    check(!front.empty() && all.substr(offset_, front.size()) == front, "the first leaves first");
    const auto taken = input_.ConsumeIntegralInRange<std::size_t>(1, front.size());
    queue_.take(taken);
    for (offset_ += taken; !plain_.empty() && offset_ >= plain_.front().frames.size(); plain_.pop_front()) {
      offset_ -= plain_.front().frames.size();
    }
  }

  void take_out() {
    const auto wanted = input_.ConsumeIntegralInRange<std::size_t>(0, 40);
    std::size_t offset = 0, size = 0;
    const auto taken = queue_.take_out(wanted, offset);
    check(offset == offset_, "what has left is known");
    for (const MessageRef& message : taken) {
      check(size < wanted && !plain_.empty() && message->frames == plain_.front().frames,
            "no more than asked for");
      size += message.size() - std::exchange(offset_, 0);
      plain_.pop_front();
    }
    check(size >= wanted || plain_.empty(), "nor less");
    if (plain_.empty()) offset_ = 0;
  }

  void clear() {
    queue_.clear();
    plain_.clear();
    offset_ = 0;
  }

  void discard() {
    std::size_t gone = 0;
    while (plain_.size() > (offset_ > 0 ? 1 : 0)) {
      gone += plain_.back().frames.size();
      plain_.pop_back();
    }
    check(queue_.discard() == gone, "what has not begun to leave goes");
  }

  FuzzedDataProvider& input_;
  const bool polling_;
  MessageQueue queue_;
  std::deque<Plain> plain_;
  std::size_t offset_ = 0;
  char next_ = 0;
};

}  // namespace
}  // namespace belfry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace belfry;
  FuzzedDataProvider input(data, size);
  Play play(input);
  while (input.remaining_bytes() > 0) {
    play.step();
    play.look();
  }
  return 0;
}
