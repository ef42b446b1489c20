// A random script of turns, played with one shard and with four. `BELFRY_MODEL_SEED` repeats a script,
// `BELFRY_MODEL_TURNS` says how long it is. One that fails is made shorter before it is told.
#include <gtest/gtest.h>

#include "socketio/rooms_play.h"

namespace belfry::socketio {
namespace {

using testing::Play;
using Script = std::vector<std::uint64_t>;  // a seed for each turn

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// What is wrong after the script, which is cut behind the turn where it shows; or nothing.
std::string play(unsigned shards, Script& script) {
  Play play(shards);
  for (std::size_t i = 0; i < script.size(); ++i) {
    if (std::string wrong = play.turn(script[i]); !wrong.empty()) {
      script.resize(i + 1);
      return wrong;
    }
  }
  return play.finish();
}

/// Leaves out what the failure does not need: halves first, then smaller parts.
std::string make_shorter(unsigned shards, Script& script, std::string wrong) {
  for (std::size_t part = script.size() / 2; part > 0; part /= 2) {
    for (std::size_t at = 0; at + part <= script.size();) {
      Script shorter = script;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at),
                    shorter.begin() + static_cast<std::ptrdiff_t>(at + part));
      if (std::string still = play(shards, shorter); !still.empty()) {
        script = std::move(shorter);
        wrong = std::move(still);
      } else {
        at += part;
      }
    }
  }
  return wrong;
}

void expect_as_the_model(unsigned shards) {
  const std::uint64_t seed = setting("BELFRY_MODEL_SEED", std::random_device{}());
  std::mt19937_64 random(seed);
  Script script(setting("BELFRY_MODEL_TURNS", 1'500));
  std::ranges::generate(script, random);
  std::string wrong = play(shards, script);
  if (wrong.empty()) return;
  const std::size_t before = script.size();
  wrong = make_shorter(shards, script, std::move(wrong));
  std::string turns;
  for (const auto turn : script) turns += " " + std::to_string(turn);
  ADD_FAILURE() << "BELFRY_MODEL_SEED=" << seed << ", turn " << before << ", made shorter:" << turns << "\n"
                << wrong;
}

TEST(RoomsModel, OneShardDoesAsTheModelSays) {
  expect_as_the_model(1);
}

TEST(RoomsModel, FourShardsDoAsTheModelSays) {
  expect_as_the_model(4);
}

}  // namespace
}  // namespace belfry::socketio
