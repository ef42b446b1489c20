#include "api/engine_handler.h"

#include "socketio/encoder.h"

namespace belfry {

void EngineConnection::send(bool binary, std::string_view data) {
  session_.send(MessageRef(socketio::encode_message(binary, data)));
}

}  // namespace belfry
