#include "redis/session_values.h"

#include "core/base64.h"
#include "core/json.h"
#include "redis/wire_values.h"
#include "socketio/msgpack.h"
#include "socketio/recovery/entry_id.h"

namespace belfry::redis {

namespace {

using socketio::EventNumber;
using socketio::Stays;

constexpr int kMaxDepth = kMaxJsonDepth + 4;

// 0 is left out.
void write_entry_id(Value& map, const char* name, EventNumber entry) {
  if (entry != 0) map[name] = socketio::entry_id_text(entry);
}
EventNumber read_entry_id(const Value& map, const char* name, EventNumber otherwise = 0) {
  return socketio::parse_entry_id(text_member(map, name)).value_or(otherwise);
}

Value write_stays(const Stays& stays) {
  Value list = Value::array();
  for (const Stays::Stay& stay : stays.all()) {
    Value one = {{"room", stay.room}};
    write_entry_id(one, "since", stay.since);
    if (stay.until != Stays::kNever) one["until"] = socketio::entry_id_text(stay.until);
    list.push_back(std::move(one));
  }
  return list;
}

std::vector<Stays::Stay> read_stays(const Value& list) {
  std::vector<Stays::Stay> stays;
  for (const Value& one : list) {
    stays.push_back(
        {text_member(one, "room"), read_entry_id(one, "since"), read_entry_id(one, "until", Stays::kNever)});
  }
  return stays;
}

// Who keeps no more has always been in its rooms.
std::vector<Stays::Stay> always_in(const std::vector<std::string>& rooms, const std::string& id) {
  std::vector<Stays::Stay> stays;
  for (const std::string& room : rooms) {
    if (room != id) stays.push_back({room});
  }
  return stays;
}

}  // namespace

std::string write_session(const socketio::SharedSession& session) {
  std::vector<std::string> rooms = session.stays.rooms();
  rooms.insert(rooms.begin(), session.stays.id());
  Value ours = {{"stays", write_stays(session.stays)}};
  write_entry_id(ours, "known_from", session.stays.known_from());
  write_entry_id(ours, "begin", session.begin);
  write_entry_id(ours, "gap", session.gap);
  write_entry_id(ours, "at", session.at);
  const Value all = {{"sid", session.stays.id()},
                     {"pid", session.pid},
                     {"rooms", rooms},
                     {"data", session.data.is_null() ? Value::object() : session.data},
                     {"belfry", std::move(ours)}};
  std::string text;
  append_base64(text, socketio::write_msgpack(all));
  return text;
}

Result<socketio::SharedSession> read_session(std::string_view text) {
  std::string bytes;
  Value all;
  if (!decode_base64(text, bytes) || !socketio::read_msgpack(bytes, kMaxDepth, all)) {
    return fail(ErrorKind::malformed, "no session");
  }
  std::string id = text_member(all, "sid");
  std::string pid = text_member(all, "pid");
  auto rooms = read_names(member(all, "rooms"));
  if (!rooms || id.empty() || pid.empty()) return fail(ErrorKind::malformed, "a session of nobody");
  const Value* data = member(all, "data");
  const Value* ours = member(all, "belfry");
  const Value none;
  const Value& more = ours != nullptr ? *ours : none;
  const Value* list = member(more, "stays");
  auto stays = list != nullptr ? read_stays(*list) : always_in(*rooms, id);
  return socketio::SharedSession{
      .pid = std::move(pid),
      .stays = Stays(std::move(id), std::move(stays), read_entry_id(more, "known_from")),
      .data = data != nullptr ? *data : Value(),
      .begin = read_entry_id(more, "begin", 1),
      .gap = read_entry_id(more, "gap"),
      .at = read_entry_id(more, "at")};
}

}  // namespace belfry::redis
