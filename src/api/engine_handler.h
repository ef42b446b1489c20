// The application's handler of a bare Engine.IO server, as a session calls it.
#pragma once

#include "belfry/engine.h"
#include "engineio/session.h"

namespace belfry {

/// Owned by its session.
class EngineConnection : public engineio::SessionHandler, private EngineSocket {
 public:
  EngineConnection(engineio::Session& session, const EngineHandler& handler)
      : session_(session), handler_(handler) {}

  void on_message(bool binary, std::string_view data) override { handler_(*this, binary, data); }
  void on_close(engineio::CloseReason) override {}

 private:
  const std::string& id() const override { return session_.sid(); }
  void send(bool binary, std::string_view data) override;
  void close() override { session_.close(engineio::CloseReason::forced_close); }

  engineio::Session& session_;
  const EngineHandler& handler_;  // the server's
};

}  // namespace belfry
