#include "server/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <future>
#include <utility>

#include "apps/common/identity.h"
#include "http/compress.h"

namespace belfry::server {

namespace {

using conversations::OldMessage;
using store::Transaction;

constexpr int kBatch = 500;

/// What `start` passes to the function that it is given, once that is called.
template <class T>
Result<T> wait_for(const std::function<void(store::Post, std::function<void(Result<T>)>)>& start) {
  std::promise<Result<T>> result;
  start([](std::move_only_function<void()> task) { task(); },
        [&result](Result<T> value) { result.set_value(std::move(value)); });
  return result.get_future().get();
}

}  // namespace

Result<ArchiveFile> ArchiveFile::open(const std::filesystem::path& path, Mode mode) {
  const auto failed = [&](int code) {
    return fail(ErrorKind::unavailable, path.string() + ": " + std::strerror(code));
  };
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return failed(error.value());
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (mode == Mode::fresh ? O_EXCL : 0);
  const int handle = ::open(path.c_str(), flags, 0600);
  if (handle < 0) return failed(errno);
  return ArchiveFile(::fdopen(handle, "ab"), path.string());
}

Result<void> ArchiveFile::add(const std::vector<OldMessage>& messages) {
  std::string lines;
  for (const OldMessage& message : messages) (lines += message.json) += '\n';
  const auto bytes = http::compress(lines, http::Encoding::gzip);
  if (!bytes) return fail(ErrorKind::unavailable, "There is no memory to compress with");
  const bool written = std::fwrite(bytes->data(), 1, bytes->size(), file_.get()) == bytes->size() &&
                       std::fflush(file_.get()) == 0 && ::fsync(::fileno(file_.get())) == 0;
  if (!written) return fail(ErrorKind::unavailable, name_ + ": " + std::strerror(errno));
  return {};
}

Result<std::size_t> archive_messages(store::Store& store, WallMs before, ArchiveFile& file) {
  for (std::size_t moved = 0;;) {
    const auto old = wait_for<std::vector<OldMessage>>([&](const auto& post, const auto& done) {
      store.read(
          post, [before](Transaction& tx) { return conversations::older_than(tx, before, kBatch); }, done);
    });
    if (!old) return std::unexpected(old.error());
    if (old->empty()) return moved;
    if (const auto added = file.add(*old); !added) return std::unexpected(added.error());
    const auto forgotten = wait_for<void>([&](const auto& post, const auto& done) {
      store.write(post, "archive", [&old](Transaction& tx) { return conversations::forget(tx, *old); }, done);
    });
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
  const auto path = folder_ / (iso_time(wall_now_ms()).substr(0, sizeof "2026-01-02" - 1) + ".jsonl.gz");
  const bool posted = pool_.post([this, messages, path, post = apps::post_here()] {
    auto file = ArchiveFile::open(path, ArchiveFile::Mode::append);
    const Result<void> saved = file ? file->add(*messages) : std::unexpected(file.error());
    post([this, messages, saved] { saved ? forget(messages) : finish(saved); });
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
  if (!result) log_.error("store", "old messages stay", {{"error", result.error().text()}});
  if (const auto moved = std::exchange(moved_, 0); moved > 0) {
    log_.info("store", "moved old messages out",
              {{"count", std::to_string(moved)}, {"folder", folder_.string()}});
  }
  server_.after(kInterval, [this] { next(); });
}

}  // namespace belfry::server
