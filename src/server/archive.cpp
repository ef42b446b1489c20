#include "server/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "apps/common/identity.h"
#include "http/compress.h"
#include "store/wait.h"

namespace belfry::server {

namespace {

using conversations::OldMessage;
using store::Transaction;

constexpr int kBatch = 500;

}  // namespace

ArchiveFile::Handle::~Handle() {
  if (handle_ >= 0) ::close(handle_);
}

Result<ArchiveFile> ArchiveFile::make(const std::filesystem::path& path) {
  const auto failed = [&](int code) {
    return fail(ErrorKind::unavailable, path.string() + ": " + std::strerror(code));
  };
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failed(error.value());
  const int handle = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0) return failed(errno);
  ArchiveFile file(handle, path.string());
  // Its name is to survive, too.
  const Handle entry(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (*entry < 0 || ::fsync(*entry) != 0) return failed(errno);
  return file;
}

Result<void> ArchiveFile::add(const std::vector<OldMessage>& messages) {
  std::string lines;
  for (const OldMessage& message : messages) (lines += message.json) += '\n';
  const auto member = http::compress(lines, http::Encoding::gzip);
  if (!member) return fail(ErrorKind::unavailable, "There is no memory to compress with");
  if (write_all(*member) && ::fsync(*file_) == 0) {
    size_ += static_cast<std::int64_t>(member->size());
    return {};
  }
  const int code = errno;
  // A part of a member would hide those after it.
  static_cast<void>(::ftruncate(*file_, size_));
  return fail(ErrorKind::unavailable, name_ + ": " + std::strerror(code));
}

bool ArchiveFile::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto written = ::write(*file_, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::size_t> archive_messages(store::Store& store, WallMs before, ArchiveFile& file) {
  for (std::size_t moved = 0;;) {
    const auto old = store::start_read(store, [before](Transaction& tx) {
                       return conversations::older_than(tx, before, kBatch);
                     }).get();
    if (!old) return std::unexpected(old.error());
    if (old->empty()) return moved;
    if (const auto added = file.add(*old); !added) return std::unexpected(added.error());
    const auto forgotten =
        store::start_write(
            store, [&old](Transaction& tx) { return conversations::forget(tx, *old); }, "archive")
            .get();
    if (!forgotten) return std::unexpected(forgotten.error());
    moved += old->size();
  }
}

Retention::Retention(Server& server, runtime::WorkerPool& pool, store::Store& store, const Config& config,
                     Log& log)
    : server_(server),
      pool_(pool),
      store_(store),
      kept_(config.store.retention_days),
      folder_(std::filesystem::path(config.server.data_dir) / "archive"),
      log_(log) {}

void Retention::start() {
  if (kept_ > std::chrono::days(0)) server_.post_to(0, [this] { next(); });
}

void Retention::next() {
  const WallMs before = wall_now_ms() - milliseconds(kept_).count();
  const auto read = [before](Transaction& tx) { return conversations::older_than(tx, before, kBatch); };
  store_.read(apps::post_here(), read, [this](Result<std::vector<OldMessage>> old) {
    if (!old) return finish(std::unexpected(old.error()));
    if (old->empty()) return finish({});
    save(std::make_shared<const std::vector<OldMessage>>(std::move(*old)));
  });
}

void Retention::save(const Messages& messages) {
  const bool posted = pool_.post([this, messages, file = file_, post = apps::post_here()]() mutable {
    Result<void> saved;
    if (file == nullptr) {
      // 2026-01-02T03:04:05.678Z.jsonl.gz: one for each run, so that nothing broken is ever added to.
      auto made = ArchiveFile::make(folder_ / (iso_time(wall_now_ms()) + ".jsonl.gz"));
      if (made) file = std::make_shared<ArchiveFile>(std::move(*made));
      if (!made) saved = std::unexpected(made.error());
    }
    if (saved) saved = file->add(*messages);
    post([this, messages, file, saved] {
      file_ = file;
      saved ? forget(messages) : finish(saved);
    });
  });
  if (!posted) finish(fail(ErrorKind::unavailable, "has to wait: too much else is to be done"));
}

void Retention::forget(const Messages& messages) {
  const auto write = [messages](Transaction& tx) { return conversations::forget(tx, *messages); };
  store_.write(apps::post_here(), "archive", write, [this, messages](const Result<void>& done) {
    if (!done) return finish(done);
    moved_ += messages->size();
    next();
  });
}

void Retention::finish(const Result<void>& result) {
  file_.reset();
  if (!result) log_.error("store", "old messages stay", {{"error", result.error().text()}});
  if (const auto moved = std::exchange(moved_, 0); moved > 0) {
    log_.info("store", "moved old messages out",
              {{"count", std::to_string(moved)}, {"folder", folder_.string()}});
  }
  server_.after(kInterval, [this] { next(); });
}

}  // namespace belfry::server
