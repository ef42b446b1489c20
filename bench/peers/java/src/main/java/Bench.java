import com.corundumstudio.socketio.Configuration;
import com.corundumstudio.socketio.SocketIOServer;

/** The bench server on netty-socketio, on epoll as its documentation recommends for speed. PORT from the environment; as many threads as
 * there are cores. */
public final class Bench {
  public static void main(String[] args) {
    Configuration configuration = new Configuration();
    configuration.setHostname("127.0.0.1");
    configuration.setPort(Integer.parseInt(System.getenv("PORT")));
    configuration.setUseLinuxNativeEpoll(true);
    configuration.setHttpCompression(false);
    configuration.setWebsocketCompression(false);
    configuration.getSocketConfig().setAcceptBackLog(4096);
    SocketIOServer server = new SocketIOServer(configuration);
    server.addEventListener("bench:join", String.class, (client, room, ack) -> {
      client.joinRoom(room);
      ack.sendAckData();
    });
    server.addMultiTypeEventListener("bench:publish",
        (client, data, ack) -> server.getRoomOperations(data.<String>first()).sendEvent("bench:event", data.<Object>get(1)),
        String.class, String.class);
    server.addEventListener("bench:echo", String.class, (client, payload, ack) -> ack.sendAckData(payload));
    server.start();
  }
}
