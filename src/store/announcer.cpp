#include "store/announcer.h"

#include <exception>
#include <utility>

#include "store/store.h"
#include "store/unit.h"

namespace belfry::store {

namespace {

class HereAnnouncer final : public Announcer {
 public:
  HereAnnouncer(Publish publish, Log& log) : publish_(std::move(publish)), log_(log) {}

  Result<void> start() override { return {}; }
  Result<void> before_commit(Database&, std::span<const SharedEvent>) override { return {}; }
  void committed(std::vector<SharedEvent> events, std::vector<std::unique_ptr<Unit>> units) override {
    for (const auto& event : events) publish_guarded(publish_, event, log_);
    for (const auto& unit : units) unit->finish();
  }
  // Nobody else writes: a write has its place.
  std::unique_ptr<Unit> in_order(std::unique_ptr<Unit>&) override { return nullptr; }
  void report(StoreStats&) const override {}
  void stop() override {}

 private:
  Publish publish_;
  Log& log_;
};

}  // namespace

void publish_guarded(const Publish& publish, const SharedEvent& event, Log& log) {
  try {
    publish(event);
  } catch (const std::exception& exception) {
    log.error("store", "a listener threw", {{"exception", exception.what()}});
  }
}

std::unique_ptr<Announcer> announce_here(Publish publish, Log& log) {
  return std::make_unique<HereAnnouncer>(std::move(publish), log);
}

}  // namespace belfry::store
