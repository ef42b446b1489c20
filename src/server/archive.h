// Old messages move out of the store into compressed files: by a command, or by themselves.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/log.h"
#include "belfry/server.h"
#include "runtime/worker_pool.h"
#include "server/config.h"
#include "services/conversations/archive.h"
#include "store/store.h"

namespace belfry::server {

/// A new file of JSON lines, gzipped: whole members, one a call, so that it can be read whatever happens. One
/// thread at a time.
class ArchiveFile {
 public:
  /// Only its owner may read it. Folders are made. Fails where there is a file of that name.
  static Result<ArchiveFile> make(const std::filesystem::path& path);

  /// Adds a line for each; when it returns they are on the disk. Where it fails, the file is as it was.
  Result<void> add(const std::vector<conversations::OldMessage>& messages);

 private:
  /// Closes what it holds.
  class Handle {
   public:
    explicit Handle(int handle) : handle_(handle) {}
    Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    Handle& operator=(Handle&&) = delete;
    ~Handle();
    int operator*() const { return handle_; }

   private:
    int handle_;
  };
  ArchiveFile(int handle, std::string name) : file_(handle), name_(std::move(name)) {}
  bool write_all(std::string_view bytes) const;

  Handle file_;
  std::string name_;
  std::int64_t size_ = 0;
};

/// Moves all messages made before a time, and waits until it is done; how many there were. Of what was not
/// moved yet when it fails, nothing is lost: a message is deleted once its line is on the disk, so that a
/// line may be there twice. Receipts that come in the moment between may be missing in it.
Result<std::size_t> archive_messages(store::Store& store, WallMs before, ArchiveFile& file);

/// Moves messages that are older than `[store] retention_days` into a file of their own in `archive/` of the
/// data directory, at the start and every `kInterval`; does nothing where that is 0. Owned by the wiring, as
/// long as the server; its state belongs to shard 0.
class Retention {
 public:
  static constexpr std::chrono::hours kInterval{1};

  Retention(Server& server, runtime::WorkerPool& pool, store::Store& store, const Config& config, Log& log);

  /// Once the server listens.
  void start();

 private:
  using Messages = std::shared_ptr<const std::vector<conversations::OldMessage>>;

  // One batch after the other, each read, written to the file, and deleted.
  void next();
  void save(const Messages& messages);
  void forget(const Messages& messages);
  void finish(const Result<void>& result);

  Server& server_;
  runtime::WorkerPool& pool_;
  store::Store& store_;
  const std::chrono::days kept_;
  const std::filesystem::path folder_;
  Log& log_;
  std::shared_ptr<ArchiveFile> file_;  // of this run
  std::size_t moved_ = 0;              // since the last pause
};

}  // namespace belfry::server
