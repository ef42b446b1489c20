// App `health`: messages, presence and notifications between patients and their providers.
#pragma once

#include "apps/common/app.h"
#include "apps/health/gateway.h"
#include "apps/health/notification_resource.h"
#include "apps/health/resource.h"

namespace belfry::health {

class Health : public apps::App {
 public:
  /// `root`: on `/` too, beside `/health`.
  Health(const apps::Parts& parts, const Options& options, bool root);

  apps::AppEntry entry() override {
    return {"health", context_.mounts, gateway_.events(),
            [this](const auto& done) { gateway_.gather_stats(done); }};
  }
  void start() override { gateway_.start(); }

 private:
  Context context_;
  Gateway gateway_;
  Resource resource_;
  NotificationResource notification_resource_;
};

}  // namespace belfry::health
