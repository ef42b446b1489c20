#include "redis/command.h"

#include <algorithm>
#include <array>

namespace belfry::redis {

namespace {

void append_head(std::string& out, char kind, std::size_t size) {
  out += kind;
  out += std::to_string(size);
  out += "\r\n";
}

template <class Words>
void append_words(std::string& out, const Words& words) {
  append_head(out, '*', words.size());
  for (const auto& word : words) {
    append_head(out, '$', word.size());
    out += word;
    out += "\r\n";
  }
}

}  // namespace

void append_command(std::string& out, const Command& command) {
  append_words(out, command);
}

std::string encode(std::initializer_list<std::string_view> words) {
  std::string out;
  append_words(out, words);
  return out;
}

Error error_of(const Reply& error) {
  // What passes by itself: starting, a replica that was a master, a cluster without its slots.
  constexpr std::array<std::string_view, 7> kAway = {"LOADING",  "READONLY", "CLUSTERDOWN", "MASTERDOWN",
                                                     "TRYAGAIN", "MOVED",    "ASK"};
  const std::string_view word = std::string_view(error.text).substr(0, error.text.find(' '));
  const bool is_away = std::ranges::find(kAway, word) != kAway.end();
  return {is_away ? ErrorKind::unavailable : ErrorKind::internal, "Redis: " + error.text};
}

}  // namespace belfry::redis
