// The forms of a message that several shards send, made once for all of them.
#pragma once

#include <array>
#include <mutex>

#include "core/message.h"

namespace belfry::runtime {

/// Any thread. A shard that asks while another makes the form waits as long as making it itself would take.
class OnceForms : public SharedForms {
 public:
  SharedMessage get(std::size_t index, const Encoded& message, const MakeForm& make) override {
    Form& form = forms_[index];
    std::call_once(form.once, [&] { form.message = std::make_shared<const Encoded>(make(message)); });
    return form.message;
  }

 private:
  struct Form {
    std::once_flag once;
    SharedMessage message;
  };
  std::array<Form, kFormCount> forms_;
};

}  // namespace belfry::runtime
