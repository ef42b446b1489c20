// Socket.IO protocol 5, receiving: from Engine.IO messages to packets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/options.h"
#include "socketio/json_scanner.h"
#include "socketio/msgpack_decoder.h"
#include "socketio/packet.h"

namespace belfry::socketio {

/// What one client has sent of a packet whose attachments are still to come.
struct PartialPacket {
  std::string header;
  std::size_t expected = 0;
  std::vector<Binary> attachments;
};

/// Reads packets; one a shard, its buffers are used again and again. What belongs to a client is the
/// PartialPacket.
class Decoder {
 public:
  explicit Decoder(Parser parser = Parser::json) : parser_(parser) {}

  /// More attachments than this in one packet are refused, as the original does.
  static constexpr std::size_t kMaxAttachments = 10;

  enum class Outcome {
    packet,   ///< `out` holds one
    partial,  ///< attachments are still to come
    invalid,  ///< not a packet: the connection is to be closed
  };

  /// One message of a client.
  Outcome read(bool binary, std::string_view data, std::unique_ptr<PartialPacket>& partial, Packet& out);

 private:
  Outcome read_text(std::string_view text, std::unique_ptr<PartialPacket>& partial, Packet& out);
  Outcome read_binary(std::string_view bytes, std::unique_ptr<PartialPacket>& partial, Packet& out);
  struct Head;
  static bool read_head(std::string_view& rest, Head& head);
  bool read_payload(std::string_view json, std::vector<Binary>* attachments, Packet& out);
  bool read_connect(std::string_view json, Packet& out);
  bool read_binary_args(std::vector<Binary> attachments);
  bool take_event_name(Packet& out);

  const Parser parser_;
  MsgpackDecoder msgpack_;
  JsonScanner scanner_;
  Args args_;
  std::string nsp_;
  std::string event_;
};

}  // namespace belfry::socketio
