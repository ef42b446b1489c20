// What the program knows of an app.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/common/app_stats.h"
#include "apps/common/events.h"
#include "apps/common/mounts.h"
#include "apps/common/parts.h"

namespace belfry::apps {

/// Made before the server listens; outlives the threads of the server's shards and of the store.
class App {
 public:
  App() = default;
  App(const App&) = delete;
  App& operator=(const App&) = delete;
  virtual ~App() = default;

  /// For the routes of whoever runs the server.
  virtual AppEntry entry() = 0;
  /// Before the server listens: may wait for the store.
  virtual Result<void> prepare() { return {}; }
  /// Once the server listens: goes on with what a former run has begun.
  virtual void start() {}
};

/// `root`: on namespace `/` too, beside its own.
using MakeApp = std::function<std::unique_ptr<App>(const Parts&, bool root)>;

}  // namespace belfry::apps
