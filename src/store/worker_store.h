// The store on connections to a database, of whichever kind.
#pragma once

#include <memory>
#include <vector>

#include "store/announcer.h"
#include "store/database.h"
#include "store/store.h"

namespace belfry {
class Log;
}

namespace belfry::store {

/// What a store works with, each on a thread of its own.
struct Connections {
  std::unique_ptr<Database> writer;
  std::vector<std::unique_ptr<Database>> readers;
};

/// Starts one thread that writes and one for each reader. Units are all written in the order of the calls,
/// whatever their keys. `log` outlives the store.
std::unique_ptr<Store> start_store(const StoreOptions& options, Connections connections,
                                   std::unique_ptr<Announcer> announcer, Log& log);

}  // namespace belfry::store
