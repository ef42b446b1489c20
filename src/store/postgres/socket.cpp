#include "store/postgres/socket.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace belfry::store {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Waits for `events`; false: the time is over.
bool wait_for_socket(PGconn* handle, short events, SteadyTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd entry{.fd = PQsocket(handle), .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Ours first: those of the URL win.
std::vector<std::pair<std::string, std::string>> parameters_of(const PostgresTarget& target,
                                                               const PostgresOptions& options) {
  const auto whole_seconds = [](milliseconds time) {
    return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<seconds>(time).count()));
  };
  std::vector<std::pair<std::string, std::string>> all = {
      {"application_name", "belfry"},
      {"keepalives", "1"},
      {"keepalives_idle", whole_seconds(options.keepalive)},
      {"keepalives_interval", whole_seconds(options.keepalive / 4)},
      {"keepalives_count", "4"},
      {"tcp_user_timeout",
       std::to_string((options.statement_timeout + PostgresOptions::kAnswerGrace).count())},
  };
  all.insert(all.end(), target.parameters.begin(), target.parameters.end());
  all.emplace_back("client_encoding", "UTF8");
  return all;
}

}  // namespace

std::string message_of(PGconn* handle) {
  std::string text = PQerrorMessage(handle);
  while (text.ends_with('\n')) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Result<PostgresHandle> connect_postgres(const PostgresTarget& target, const PostgresOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  const auto parameters = parameters_of(target, options);
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PostgresHandle handle(PQconnectStartParams(names.data(), values.data(), 0));
  if (handle == nullptr) return fail(ErrorKind::unavailable, "out of memory");
  // Notices are for people at a terminal.
  PQsetNoticeProcessor(handle.get(), [](void*, const char*) {}, nullptr);
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK; state = PQconnectPoll(handle.get())) {
    if (state == PGRES_POLLING_FAILED || PQstatus(handle.get()) == CONNECTION_BAD) {
      return fail(ErrorKind::unavailable, message_of(handle.get()));
    }
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!wait_for_socket(handle.get(), events, deadline)) {
      return fail(ErrorKind::unavailable,
                  "no answer within " + std::to_string(options.connect_timeout.count()) + " ms");
    }
  }
  PQsetnonblocking(handle.get(), 1);
  return handle;
}

bool await_result(PGconn* handle, SteadyTime deadline) {
  for (;;) {
    const int unsent = PQflush(handle);
    if (unsent < 0) return false;
    if (unsent == 0 && PQisBusy(handle) == 0) return true;
    const short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
    if (!wait_for_socket(handle, events, deadline)) return false;
    if (PQconsumeInput(handle) == 0) return false;
  }
}

}  // namespace belfry::store
