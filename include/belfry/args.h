// The arguments of an event or an acknowledgement as they came, read when asked for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/describe.h"
#include "belfry/result.h"
#include "belfry/value.h"

namespace belfry {

/// A list of JSON values that stay text until a handler asks. A reference that a handler gets is good for the
/// call; a copy owns what it needs and is good anywhere.
class Args {
 public:
  /// Where one argument stands in the text.
  struct Span {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  Args() = default;
  /// Arguments as JSON texts within `text`, which has been checked.
  Args(std::string text, std::vector<Span> spans) : text_(std::move(text)), spans_(std::move(spans)) {}
  /// Arguments with binary data in place.
  explicit Args(std::vector<Value> values) : values_(std::move(values)) {}

  std::size_t size() const { return values_.empty() ? spans_.size() : values_.size(); }
  bool empty() const { return size() == 0; }

  /// The argument, or null where there are fewer. Costs a parse each time.
  Value at(std::size_t index) const;
  Value operator[](std::size_t index) const { return at(index); }
  std::vector<Value> values() const;

  /// The argument as a `T`. Fails with `invalid`, the field's path and what is wrong.
  template <class T>
  Result<T> get(std::size_t index = 0) const {
    return from_value<T>(at(index));
  }

  /// Whether the arguments are text that can be passed on as it is (no binary data).
  bool is_text() const { return values_.empty(); }
  /// With `is_text()`: the argument's JSON.
  std::string_view json(std::size_t index) const {
    return std::string_view(text_).substr(spans_[index].offset, spans_[index].size);
  }

 private:
  friend class ArgsBuffer;
  std::string text_;
  std::vector<Span> spans_;    // into text_
  std::vector<Value> values_;  // instead, where there is binary data
};

/// Access to the storage of an Args that is filled again and again (the receiving side; not for handlers).
class ArgsBuffer {
 public:
  static std::string& text(Args& args) { return args.text_; }
  static std::vector<Args::Span>& spans(Args& args) { return args.spans_; }
  static std::vector<Value>& values(Args& args) { return args.values_; }
};

}  // namespace belfry
