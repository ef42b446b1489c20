#include "api/departures.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace belfry {

namespace {

using std::chrono::milliseconds;

// Those whose moment comes within this are one batch.
constexpr milliseconds kBatch{20};
// Few clients need not be spread far: so much for each.
constexpr milliseconds kShare{20};
// From the last that is read of a client to its end: the answers leave meanwhile.
constexpr milliseconds kAnswering{100};
// When the last have ended, how long they may take to fetch that by polling.
constexpr milliseconds kFetching{1'000};
// Who waits for as long as it was told is jittered once more.
constexpr milliseconds kJitter{1'000};

milliseconds up_to(milliseconds most, std::minstd_rand& random) {
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, most.count())(random));
}

}  // namespace

void Departures::begin(std::vector<engineio::Engine*> engines, milliseconds spread,
                       std::function<void()> done) {
  engines_ = std::move(engines);
  done_ = std::move(done);
  for (engineio::Engine* engine : engines_) {
    for (std::string& sid : engine->sids()) all_.push_back({engine, std::move(sid)});
  }
  set_moments(std::min(spread, kShare * static_cast<milliseconds::rep>(all_.size())));
  step();
}

// One in each of as many equal parts of the time, somewhere in it: never many at once. Each is told to come
// back when it has ended, or up to a second later.
void Departures::set_moments(milliseconds spread) {
  std::minstd_rand random(std::random_device{}());
  std::ranges::shuffle(all_, random);
  const double part =
      static_cast<double>(spread.count()) / static_cast<double>(std::max<std::size_t>(all_.size(), 1));
  std::uniform_real_distribution<double> somewhere(0, 1);
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const auto wait = milliseconds(std::lround((static_cast<double>(i) + somewhere(random)) * part));
    all_[i].moment = later(shard_.now(), wait);
    engineio::Session* session = all_[i].engine->find(all_[i].sid);
    if (session != nullptr) session->announce_end(wait + kAnswering + up_to(kJitter, random));
  }
}

void Departures::step() {
  const TimePoint now = shard_.now();
  const auto each_until = [this](std::size_t& next, TimePoint moment, auto act) {
    for (; next < all_.size() && all_[next].moment <= moment; ++next) {
      engineio::Session* session = all_[next].engine->find(all_[next].sid);
      if (session != nullptr) act(*session);
    }
  };
  each_until(held_, now, [](engineio::Session& session) { session.stop_reading(); });
  each_until(ended_, now - kAnswering,
             [](engineio::Session& session) { session.close(engineio::CloseReason::server_shutdown); });
  if (ended_ < all_.size()) {
    patience_ = later(now, kFetching);
  } else if (all_gone() || now >= patience_) {
    return std::exchange(done_, nullptr)();
  }
  timer_ = shard_.after(kBatch, [this] { step(); });
}

bool Departures::all_gone() const {
  return std::ranges::all_of(engines_, [](const engineio::Engine* engine) { return engine->size() == 0; });
}

}  // namespace belfry
