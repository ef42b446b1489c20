#include "apps/common/messages.h"

#include <algorithm>
#include <utility>

namespace belfry::apps {

namespace {

constexpr std::size_t kIdMaxCharacters = 255;

Result<std::optional<std::int64_t>> read_place(const Value& value, const char* field) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) {
    if (auto seq = conversations::read_cursor(value.get_ref<const std::string&>())) return *seq;
  } else if (auto seq = from_value<std::int64_t>(value); seq && *seq >= 0) {
    return *seq;
  }
  return fail_field(field, "must be a seq or a cursor");
}

Value place_in(const Call& call, const char* name) {
  const auto text = call.request().query_value(name);
  return text ? Value(std::string(*text)) : Value(nullptr);
}

}  // namespace

Result<conversations::HistoryQuery> read_history(const HistoryPart& input) {
  const auto before = read_place(input.before, "before");
  if (!before) return std::unexpected(before.error());
  const auto after = read_place(input.after, "after");
  if (!after) return std::unexpected(after.error());
  conversations::HistoryQuery query{.before = *before, .after = *after};
  if (input.limit) {
    if (*input.limit < 1) {
      return fail_field("limit",
                        "must be a whole number from 1 to " + std::to_string(conversations::kHistoryMax));
    }
    query.limit = static_cast<int>(std::min<long>(*input.limit, conversations::kHistoryMax));
  }
  return query;
}

Result<conversations::HistoryQuery> read_history(const Call& call) {
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  return read_history(
      HistoryPart{.limit = *limit, .before = place_in(call, "before"), .after = place_in(call, "after")});
}

Result<conversations::ReadMark> read_mark(const ReadPart& input) {
  if (input.message_ids && input.up_to) return fail_field("messageIds", "must not be given with upTo");
  if (!input.message_ids && !input.up_to) return fail_field("messageIds", "or upTo is required");
  if (input.message_ids && input.message_ids->size() > kReadIdsMax) {
    return fail_field("messageIds", "more than " + std::to_string(kReadIdsMax));
  }
  if (input.up_to && *input.up_to < 0) return fail_field("upTo", "must be a seq");
  return conversations::ReadMark{.message_ids = input.message_ids.value_or(std::vector<std::string>()),
                                 .up_to = input.up_to};
}

conversations::Receipts MessagePage::of(const conversations::Message& message) const {
  const auto found = receipts.find(message.seq);
  return found == receipts.end() ? conversations::Receipts{} : found->second;
}

Value MessagePage::with_receipts(const conversations::Message& message, Value json) const {
  const auto known = of(message);
  json["deliveredTo"] = known.delivered_to;
  json["readBy"] = known.read_by;
  return json;
}

Result<MessagePage> read_page(store::Transaction& tx, const std::string& conversation_id,
                              const conversations::HistoryQuery& query) {
  auto history = conversations::history(tx, conversation_id, query);
  if (!history) return std::unexpected(std::move(history.error()));
  auto receipts = conversations::receipts_of(tx, conversation_id, history->messages);
  if (!receipts) return std::unexpected(std::move(receipts.error()));
  return MessagePage{std::move(*history), std::move(*receipts)};
}

void in_parts(const std::vector<std::string>& ids,
              const std::function<void(const std::vector<std::string>&)>& emit) {
  for (std::size_t first = 0; first < ids.size(); first += kReadIdsMax) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
    const auto size = std::min(kReadIdsMax, ids.size() - first);
    emit({begin, begin + static_cast<std::ptrdiff_t>(size)});
  }
}

Result<void> check_id(const std::optional<std::string>& id, const char* field) {
  if (!id) return {};
  if (id->empty()) return fail_field(field, "must not be empty");
  if (count_characters(*id) > kIdMaxCharacters) {
    return fail_field(field, "longer than " + std::to_string(kIdMaxCharacters) + " characters");
  }
  return {};
}

}  // namespace belfry::apps
