// What the tests of Redis share: servers of their own, and waiting.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "redis/client.h"
#include "runtime/guarded.h"

namespace belfry::testing {

constexpr std::chrono::seconds kLimit{30};

/// What other threads tell a test, in order.
template <class T>
class Told {
 public:
  void add(T value) {
    values_.with([&](auto& values) { values.push_back(std::move(value)); });
    count_.release();
  }

  /// The next; fails the test where none comes.
  T next() {
    if (!count_.try_acquire_for(kLimit)) {
      ADD_FAILURE() << "nothing came";
      return T();
    }
    return values_.with([](auto& values) {
      T value = std::move(values.front());
      values.pop_front();
      return value;
    });
  }

  /// Takes until one is that.
  void until(const T& value) {
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < end) {
      if (next() == value) return;
    }
    ADD_FAILURE() << "it did not come";
  }

 private:
  runtime::Guarded<std::deque<T>> values_;
  std::counting_semaphore<> count_{0};
};

/// A TCP port of the loopback that nobody uses.
inline std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

/// A program that runs until it is ended, at the latest with this.
class Process {
 public:
  explicit Process(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);
    EXPECT_EQ(posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ), 0) << words[0];
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() { end(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const { ::kill(pid_, number); }
  void end() {
    if (pid_ <= 0) return;
    signal(SIGCONT);
    signal(SIGKILL);
    wait();
  }
  int wait() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = 0;
};

/// Runs a program to its end; whether it succeeded.
inline bool run(std::vector<std::string> words) {
  return Process(std::move(words)).wait() == 0;
}

/// A folder that goes with this.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "belfry-redis-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A redis-server of a test's own, empty when it starts.
class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> options = {}, std::uint16_t port = free_port())
      : port_(port), options_(std::move(options)) {
    start();
  }

  void start() {
    std::vector<std::string> words = {"redis-server",
                                      "--port",
                                      std::to_string(port_),
                                      "--bind",
                                      "127.0.0.1",
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--dir",
                                      folder_.path(),
                                      "--loglevel",
                                      "warning"};
    words.insert(words.end(), options_.begin(), options_.end());
    process_.emplace(std::move(words));
  }
  void end() { process_.reset(); }
  void signal(int number) { process_->signal(number); }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  const std::string& folder() const { return folder_.path(); }

 private:
  const std::uint16_t port_;
  const std::vector<std::string> options_;
  Folder folder_;
  std::optional<Process> process_;
};

/// Times that let a test see a loss soon.
inline RedisOptions quick(const std::string& url) {
  RedisOptions options = parse_redis_url(url).value();
  options.command_timeout = std::chrono::milliseconds(1'000);
  options.probe_interval = std::chrono::milliseconds(300);
  options.reconnect_base = std::chrono::milliseconds(20);
  options.reconnect_max = std::chrono::milliseconds(200);
  options.max_queued_time = kLimit / 2;
  return options;
}

/// A client whose answers can be waited for.
class TestClient {
 public:
  explicit TestClient(const RedisOptions& options) : client_(redis::make_client(options, log_).value()) {
    client_->on_state([this](bool up) { states.add(up); });
  }
  ~TestClient() { client_->stop(); }

  redis::Client& operator*() { return *client_; }
  redis::Client* operator->() { return client_.get(); }

  Result<redis::Reply> ask(redis::Command command) {
    // It may be told after we have given up.
    const auto told = std::make_shared<Told<Result<redis::Reply>>>();
    client_->send(std::move(command), [told](Result<redis::Reply> reply) { told->add(std::move(reply)); });
    return told->next();
  }
  /// The text that is answered, or the error.
  std::string text(redis::Command command) {
    const auto reply = ask(std::move(command));
    return reply ? reply->text : reply.error().text();
  }
  /// Asks until that is answered.
  void until(const redis::Command& command, const std::function<bool(const Result<redis::Reply>&)>& is_good) {
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (std::chrono::steady_clock::now() < end) {
      if (is_good(ask(command))) return;
    }
    ADD_FAILURE() << command[0] << " was not answered as it should be";
  }
  /// Listens, and waits until that is confirmed.
  void listen(redis::Listen how, const std::string& name) {
    client_->listen(
        how, name, [this](const redis::Published& one) { published.add(one.channel + "=" + one.payload); },
        [this, name] { confirmed.add(name); });
    confirmed.until(name);
  }

  Told<bool> states;
  Told<std::string> published;
  Told<std::string> confirmed;

 private:
  Log log_;
  std::unique_ptr<redis::Client> client_;
};

}  // namespace belfry::testing
