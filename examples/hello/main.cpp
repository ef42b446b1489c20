// A chat in one file, for any Socket.IO client: hello [PORT]
//
//   socket.emit("join", "kitchen", done)                        done() once the socket is in the room
//   socket.emit("say", {room: "kitchen", text: "tea?"}, done)   event `said` to the others there;
//   done({"success": true})
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "belfry/describe.h"
#include "belfry/server.h"

namespace {

struct Say {
  std::string room;
  std::string text;
  std::optional<bool> loud;
};
constexpr auto describe(belfry::Type<Say>) {
  return belfry::fields(belfry::field("room", &Say::room), belfry::field("text", &Say::text),
                        belfry::field("loud", &Say::loud));
}

void handle(const belfry::Namespace& chat) {
  chat.on_connection([](belfry::Socket& socket) { socket.emit("hello", socket.id()); });
  chat.on("join", [](belfry::Socket& socket, const belfry::Args& args, const belfry::Ack& ack) {
    socket.join(args.get<std::string>().value_or("lobby"));
    ack();
  });
  chat.on<Say>("say", [](belfry::Socket& socket, const Say& say, const belfry::Ack& ack) {
    socket.to(say.room).emit("said", say.loud.value_or(false) ? say.text + "!" : say.text);
    ack(belfry::Value{{"success", true}});
  });
}

}  // namespace

int main(int argc, char** argv) {
  belfry::ServerOptions options;
  options.client_dir = CLIENT_DIR;  // browsers find the client at /socket.io/socket.io.js
  belfry::Server server(options);
  handle(server.of("/"));
  if (const auto listening = server.listen("127.0.0.1", argc > 1 ? std::atoi(argv[1]) : 3000); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return 1;
  }
  std::printf("http://127.0.0.1:%d\n", server.port());
  std::fflush(stdout);
  server.run();
  return 0;
}
