// What is posted to a shard or a worker.
#pragma once

#include <functional>

namespace belfry::runtime {

using Task = std::move_only_function<void()>;

}  // namespace belfry::runtime
