// Units of work for those who may wait: not for a shard's thread.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "store/store.h"

namespace belfry::store {

/// Runs a result where it arises: on the store's own thread.
inline Post post_inline() {
  return [](std::move_only_function<void()> task) { task(); };
}

/// Begins a write; its result is in the future, once it is there.
template <class Work, class R = std::invoke_result_t<const Work&, Transaction&>>
std::future<R> start_write(Store& store, Work work, std::string key = "key") {
  auto promise = std::make_shared<std::promise<R>>();
  auto result = promise->get_future();
  store.write(post_inline(), std::move(key), std::move(work),
              [promise](R r) { promise->set_value(std::move(r)); });
  return result;
}
template <class Work, class R = std::invoke_result_t<const Work&, Transaction&>>
std::future<R> start_read(Store& store, Work work) {
  auto promise = std::make_shared<std::promise<R>>();
  auto result = promise->get_future();
  store.read(post_inline(), std::move(work), [promise](R r) { promise->set_value(std::move(r)); });
  return result;
}

}  // namespace belfry::store
