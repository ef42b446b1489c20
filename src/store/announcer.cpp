#include "store/announcer.h"

#include <exception>
#include <utility>

namespace belfry::store {

namespace {

class HereAnnouncer final : public Announcer {
 public:
  HereAnnouncer(Publish publish, Log& log) : publish_(std::move(publish)), log_(log) {}

  Result<void> before_commit(Database&, std::span<const SharedEvent>) override { return {}; }

  void committed(std::span<const SharedEvent> events) override {
    for (const auto& event : events) {
      try {
        publish_(event);
      } catch (const std::exception& exception) {
        log_.error("store", "a listener threw", {{"exception", exception.what()}});
      }
    }
  }

 private:
  Publish publish_;
  Log& log_;
};

}  // namespace

std::unique_ptr<Announcer> announce_here(Publish publish, Log& log) {
  return std::make_unique<HereAnnouncer>(std::move(publish), log);
}

}  // namespace belfry::store
