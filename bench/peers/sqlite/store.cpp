// The limit of stored chat: the rows of a message written with nothing around them but groups of commits.
//   bare_store FILE SECONDS GROUP: messages of a group are committed together; prints messages a second.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

constexpr int kVisits = 500;

class Database {
 public:
  explicit Database(const char* file) {
    check(sqlite3_open(file, &handle_));
    for (
        const char* sql :
        {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
         "CREATE TABLE conversations (id TEXT PRIMARY KEY, last_seq BIGINT NOT NULL)",
         "CREATE TABLE messages (id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL REFERENCES conversations "
         "(id), seq BIGINT NOT NULL, sender_id TEXT NOT NULL, text TEXT NOT NULL, attachments TEXT NOT NULL, "
         "reply_to TEXT, client_message_id TEXT, created_at BIGINT NOT NULL, UNIQUE (conversation_id, seq), "
         "UNIQUE (conversation_id, sender_id, client_message_id))"}) {
      check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
    }
    check(sqlite3_prepare_v2(
        handle_,
        "INSERT INTO conversations (id, last_seq) VALUES (?1, 1) ON CONFLICT (id) DO UPDATE "
        "SET last_seq = last_seq + 1 RETURNING last_seq",
        -1, &take_seq_, nullptr));
    check(sqlite3_prepare_v2(handle_,
                             "INSERT INTO messages (id, conversation_id, seq, sender_id, text, attachments, "
                             "created_at) VALUES (?1, ?2, ?3, ?4, ?5, '[]', ?6)",
                             -1, &insert_, nullptr));
  }
  ~Database() {
    sqlite3_finalize(take_seq_);
    sqlite3_finalize(insert_);
    sqlite3_close(handle_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void begin() { check(sqlite3_exec(handle_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr)); }
  void commit() { check(sqlite3_exec(handle_, "COMMIT", nullptr, nullptr, nullptr)); }

  void store(long number, const std::string& text) {
    const std::string visit = "01890a5d-ac96-774b-bcce-b30209" + std::to_string(100'000 + number % kVisits);
    bind(take_seq_, 1, visit);
    if (sqlite3_step(take_seq_) != SQLITE_ROW) check(SQLITE_ERROR);
    const sqlite3_int64 seq = sqlite3_column_int64(take_seq_, 0);
    sqlite3_reset(take_seq_);
    char id[40];
    std::snprintf(id, sizeof id, "01890a5d-ac96-774b-bcce-%012ld", number);
    bind(insert_, 1, id);
    bind(insert_, 2, visit);
    sqlite3_bind_int64(insert_, 3, seq);
    bind(insert_, 4, "user-" + std::to_string(number % (4 * kVisits)));
    bind(insert_, 5, text);
    sqlite3_bind_int64(insert_, 6, 1'767'323'045'000 + number);
    if (sqlite3_step(insert_) != SQLITE_DONE) check(SQLITE_ERROR);
    sqlite3_reset(insert_);
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
  }
  static void bind(sqlite3_stmt* statement, int place, const std::string& text) {
    sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }

  sqlite3* handle_ = nullptr;
  sqlite3_stmt* take_seq_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("bare_store FILE SECONDS GROUP\n", stderr);
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  const double seconds = std::atof(argv[2]);
  const long group = std::atol(argv[3]);
  Database database(argv[1]);
  const std::string text(100, 'x');
  const auto begin = Clock::now();
  long number = 0;
  double passed = 0;
  while (passed < seconds) {
    database.begin();
    for (long i = 0; i < group; ++i) database.store(number++, text);
    database.commit();
    passed = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  std::printf("%.0f\n", static_cast<double>(number) / passed);
  return 0;
}
