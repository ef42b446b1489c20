#include "net/deflate.h"

#include <algorithm>

#include "websocket/frame.h"

namespace belfry::net {

namespace {

using websocket::Opcode;

// Whether a payload of the message is long enough to be compressed.
bool has_long_part(const Encoded& message, std::size_t threshold) {
  const auto is_long = [threshold](const Encoded::Part& part) {
    return part.size > 0 && part.size >= threshold;
  };
  return is_long(message.text) || std::ranges::any_of(message.attachments, is_long);
}

void append_frame(std::string& frames, Opcode op, std::string_view payload, bool compressed) {
  const std::size_t at = frames.size();
  frames.resize(at + websocket::header_size(payload.size()));
  websocket::write_header(frames.data() + at, op, payload.size(), compressed);
  frames += payload;
}

}  // namespace

// ---- one shard ----

websocket::DeflateSettings ShardDeflate::settings(int window_bits, bool keep_context) const {
  return {window_bits, options_.memory_level, options_.level, keep_context};
}

std::optional<ShardDeflate::Accepted> ShardDeflate::accept(std::string_view offers) {
  const auto negotiate = [&](bool keep_contexts) {
    return websocket::negotiate_deflate(offers, {options_.window_bits, keep_contexts});
  };
  auto agreed = negotiate(options_.context_takeover);
  if (!agreed) return std::nullopt;
  auto deflate = std::make_unique<ConnectionDeflate>(*this, *agreed);
  if (!budget_.take(deflate->contexts_, deflate->context_bytes_)) {
    deflate->contexts_ = deflate->context_bytes_ = 0;
    agreed = negotiate(false);
    deflate = std::make_unique<ConnectionDeflate>(*this, *agreed);
  }
  return Accepted{std::move(deflate), std::move(agreed->response)};
}

MessageRef ShardDeflate::shared_form(const MessageRef& message, int window_bits) {
  static_assert(kVersion3Form == 1 + websocket::kSmallerWindows.size());
  std::size_t index = 0;
  if (window_bits != options_.window_bits) {
    const auto& smaller = websocket::kSmallerWindows;
    index = static_cast<std::size_t>(1 + (std::ranges::find(smaller, window_bits) - smaller.begin()));
  }
  auto& deflater = deflaters_[index];
  if (deflater == nullptr) deflater = std::make_unique<websocket::Deflater>(settings(window_bits, false));
  return message.form(index, [&](const Encoded& plain) { return compress(plain, *deflater, false); });
}

Encoded ShardDeflate::compress(const Encoded& message, websocket::Deflater& deflater,
                               bool in_any_case) const {
  Encoded form;
  form.frames.reserve(message.frames.size());
  std::string compressed;
  bool any = false;
  const auto append = [&](Opcode op, Encoded::Part part) {
    const std::string_view payload = message.view(part);
    compressed.clear();
    const bool better = part.size > 0 && part.size >= options_.threshold_bytes &&
                        deflater.compress(payload, compressed) &&
                        (in_any_case || compressed.size() < payload.size());
    append_frame(form.frames, op, better ? compressed : payload, better);
    any = any || better;
  };
  if (message.text.size > 0) append(Opcode::text, message.text);
  for (const auto part : message.attachments) append(Opcode::binary, part);
  if (!any) return {};
  form.key = message.key;
  return form;
}

// ---- one connection ----

ConnectionDeflate::ConnectionDeflate(ShardDeflate& shard, const websocket::DeflateAgreement& agreed)
    : shard_(shard), window_bits_(agreed.server_window_bits) {
  if (agreed.server_keeps_context) {
    const auto settings = shard.settings(window_bits_, true);
    own_deflater_ = std::make_unique<websocket::Deflater>(settings);
    context_bytes_ += settings.memory_bytes();
    ++contexts_;
  }
  if (agreed.client_keeps_context) {
    own_inflater_ = std::make_unique<websocket::Inflater>(true, agreed.client_window_bits);
    context_bytes_ += websocket::Inflater::memory_bytes(agreed.client_window_bits);
    ++contexts_;
  }
}

ConnectionDeflate::~ConnectionDeflate() {
  shard_.budget_.give_back(contexts_, context_bytes_);
}

MessageRef ConnectionDeflate::compress(const MessageRef& message) {
  if (!message->compress || !has_long_part(*message, shard_.options_.threshold_bytes)) return message;
  if (own_deflater_ == nullptr) return shard_.shared_form(message, window_bits_);
  // Later messages may refer to it, so one that may be taken out of the queue again is not compressed.
  if (!message->key.empty()) return message;
  Encoded own = shard_.compress(*message, *own_deflater_, true);
  return own.frames.empty() ? message : MessageRef(std::move(own));
}

}  // namespace belfry::net
