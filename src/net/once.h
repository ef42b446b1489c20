// A call that is made once.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "runtime/flag.h"

namespace belfry::net {

/// Makes `call` with the first value that comes, from any thread; with `otherwise()` where none has come when
/// the last copy goes. A handle: copies are one.
template <class Value>
class Once {
 public:
  Once(std::function<void(Value)> call, Value (*otherwise)())
      : state_(std::make_shared<State>(std::move(call), otherwise)) {}

  void operator()(Value value) const { state_->make(std::move(value)); }

 private:
  struct State {
    State(std::function<void(Value)> to_call, Value (*value_otherwise)())
        : call(std::move(to_call)), otherwise(value_otherwise) {}
    ~State() {
      if (!made.exchange(true)) call(otherwise());
    }
    void make(Value value) {
      if (!made.exchange(true)) call(std::move(value));
    }

    std::function<void(Value)> call;
    Value (*otherwise)();
    runtime::Flag made{false};
  };

  std::shared_ptr<State> state_;
};

}  // namespace belfry::net
