// What the tests of everything that stores use: a store in a folder of its own, and calls that wait for their
// result.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "belfry/log.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store.h"
#include "store/wait.h"

namespace belfry::store::testing {

/// A new folder, removed with everything in it at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "belfry_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The result of a write or a read, once it is there; throws after ten seconds.
template <class R>
R wait_for(std::future<R>& result) {
  if (result.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    throw std::runtime_error("the store did not answer");
  }
  return result.get();
}

template <class Work, class R = std::invoke_result_t<Work&, Transaction&>>
R write(Store& store, Work work) {
  auto result = start_write(store, std::move(work));
  return wait_for(result);
}

template <class Work, class R = std::invoke_result_t<Work&, Transaction&>>
R read(Store& store, Work work) {
  auto result = start_read(store, std::move(work));
  return wait_for(result);
}

/// An SQLite store in a folder of its own, and what it announced.
class TempStore {
 public:
  explicit TempStore(StoreOptions options = {}) : options_(options) { open(); }

  Store& operator*() { return *store_; }
  Store* operator->() { return store_.get(); }
  std::string path() const { return folder_.file("test.db"); }

  /// Closes the database and opens it again.
  void reopen() {
    store_.reset();
    open();
  }

  std::vector<SharedEvent> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void open() {
    auto opened = open_sqlite_store(
        path(), options_,
        [this](const SharedEvent& event) {
          std::lock_guard lock(mutex_);
          events_.push_back(event);
        },
        log_);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }

  TempFolder folder_;
  StoreOptions options_;
  Log log_;
  mutable std::mutex mutex_;
  std::vector<SharedEvent> events_;
  std::unique_ptr<Store> store_;
};

}  // namespace belfry::store::testing
