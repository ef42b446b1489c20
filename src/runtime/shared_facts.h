// What the nodes of a cluster tell each other of now: who is connected where, who is in which room.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace belfry::runtime {

/// Facts of a kind, each a key and a small value (JSON as text), owned by the node that puts them. They last
/// until it takes them back or is gone; every other node hears of them.
///
/// Watchers are added while the program is wired; they are called on one thread, must not block, and post
/// where they want to be. `put` and `remove` may be called on any thread; of one key in the order of one
/// thread's calls. A change that is undone at once may never be told.
class SharedFacts {
 public:
  /// A fact of another node: its value, or null once it is gone; of one owner and key in order. An owner is a
  /// node and its epoch: a node that begins anew owns its facts under another name, and puts them before the
  /// old ones go.
  using Watcher =
      std::function<void(const std::string& owner, const std::string& key, const std::string* value)>;

  virtual ~SharedFacts() = default;

  /// Whether there may be other nodes.
  virtual bool shared() const = 0;
  /// This node's name: of one start only, unless it was configured.
  virtual const std::string& node() const = 0;

  virtual void put(std::string_view kind, std::string_view key, std::string value) = 0;
  virtual void remove(std::string_view kind, std::string_view key) = 0;

  virtual void watch(std::string kind, Watcher watcher) = 0;
  /// Another node has gone, after all its facts; or this one was taken for gone by the others, and has put
  /// all its facts anew.
  virtual void on_gone(std::function<void(const std::string& node)> told) = 0;
  virtual void on_anew(std::function<void()> told) = 0;
  /// The nodes that are there, this one included, are known for the first time: a lease after the start.
  virtual void on_known(std::function<void(const std::set<std::string>& nodes)> told) = 0;
};

/// The facts of a server that is alone: nobody is told.
class LocalFacts final : public SharedFacts {
 public:
  bool shared() const override { return false; }
  const std::string& node() const override { return node_; }
  void put(std::string_view, std::string_view, std::string) override {}
  void remove(std::string_view, std::string_view) override {}
  void watch(std::string, Watcher) override {}
  void on_gone(std::function<void(const std::string&)>) override {}
  void on_anew(std::function<void()>) override {}
  void on_known(std::function<void(const std::set<std::string>&)>) override {}

 private:
  const std::string node_;
};

}  // namespace belfry::runtime
