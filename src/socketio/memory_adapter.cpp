#include "belfry/adapter.h"

namespace belfry {

namespace {

// One server alone: all sockets are its own, and there is no other server to tell.
class MemoryAdapter : public Adapter {
 public:
  explicit MemoryAdapter(AdapterContext context) : context_(std::move(context)) {}

  void broadcast(const std::string& nsp, const Payload& payload, const Target& target,
                 EmitFlags flags) override {
    context_.local.broadcast(nsp, payload, target, flags);
  }
  void broadcast_with_ack(const std::string& nsp, const Payload& payload, const Target& target,
                          EmitFlags flags, std::chrono::milliseconds timeout,
                          std::function<void(std::vector<AckOutcome>)> done) override {
    context_.local.broadcast_with_ack(nsp, payload, target, flags, timeout, std::move(done));
  }
  void fetch_sockets(const std::string& nsp, const Target& target,
                     std::function<void(std::vector<RemoteSocket>)> done) override {
    context_.local.fetch_sockets(nsp, target, std::move(done));
  }
  void count_sockets(const std::string& nsp, const Target& target,
                     std::function<void(std::size_t)> done) override {
    context_.local.count_sockets(nsp, target, std::move(done));
  }
  void fetch_rooms(const std::string& nsp, std::function<void(std::vector<std::string>)> done) override {
    context_.local.fetch_rooms(nsp, std::move(done));
  }
  void join(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override {
    context_.local.join(nsp, target, rooms);
  }
  void leave(const std::string& nsp, const Target& target, const std::vector<std::string>& rooms) override {
    context_.local.leave(nsp, target, rooms);
  }
  void disconnect(const std::string& nsp, const Target& target, bool close) override {
    context_.local.disconnect(nsp, target, close);
  }
  void server_side_emit(const std::string&, const Payload&,
                        std::function<void(std::vector<AckResult>)> done) override {
    if (done) done({});
  }
  void server_count(std::function<void(std::size_t)> done) override { done(1); }

 private:
  AdapterContext context_;
};

}  // namespace

AdapterFactory memory_adapter() {
  return [](AdapterContext context) { return std::make_unique<MemoryAdapter>(std::move(context)); };
}

}  // namespace belfry
