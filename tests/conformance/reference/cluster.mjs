// What the tests of several servers ask one of npm's (tests/conformance/server/cluster.h has the table).
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";

const kRequest_ms = 2_000;

/** The adapter of that kind on a Redis. */
export async function adapterOf(url, kind, key) {
  const connected = async () => {
    const client = createClient({ url, socket: { reconnectStrategy: 100 }, pingInterval: 500 });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  if (kind === "streams") return createStreamsAdapter(await connected(), { streamName: key, channelPrefix: key });
  const [pub, sub] = [await connected(), await connected()];
  if (kind === "sharded") return createShardedAdapter(pub, sub, { channelPrefix: key });
  return createAdapter(pub, sub, { key, requestsTimeout: kRequest_ms });
}

/** The handlers of one socket. */
export function clusterHandlers(socket, nsp) {
  return {
    "emit-to": (_, { rooms = [], except = [], volatile, local }, ...args) => {
      let to = nsp.to(rooms).except(except);
      if (volatile) to = to.volatile;
      if (local) to = to.local;
      to.emit("told", ...args);
    },
    "ask-all": (ack, room, timeout_ms, ...args) =>
      nsp.to(room).timeout(timeout_ms).emit("room-ack-request", ...args, (error, answers) => ack({ answers, missing: error ? 1 : 0 })),
    "set-data": (ack, value) => ((socket.data = value), ack()),
    "fetch-sockets": async (ack, room) => {
      const sockets = await nsp.in(room).fetchSockets();
      ack(
        sockets.map(({ id, rooms, data, handshake: { query, auth } }) => ({ id, rooms: [...rooms], data, handshake: { query, auth } })),
      );
    },
    "sockets-join": (ack, room, other) => (nsp.in(room).socketsJoin(other), ack()),
    "sockets-leave": (ack, room, other) => (nsp.in(room).socketsLeave(other), ack()),
    "disconnect-sockets": (ack, room, close) => (nsp.in(room).disconnectSockets(close), ack()),
    "all-rooms": async (ack) => {
      const all = [...(await nsp.adapter.allRooms())];
      ack(all.filter((room) => room.length !== 20));
    },
    "server-count": async (ack) => ack(await nsp.adapter.serverCount()),
    "server-event": (_, ...args) => nsp.serverSideEmit("cluster-event", ...args),
    "server-ask": (ack, ...args) => nsp.serverSideEmit("cluster-event", ...args, (_, answers) => ack(answers)),
  };
}

/** Tells events of other servers to the sockets of this one, and answers with the first argument. */
export function serveServerEvents(nsp) {
  nsp.on("cluster-event", (...args) => {
    const answer = typeof args.at(-1) === "function" ? args.pop() : () => {};
    nsp.local.emit("server-event", ...args);
    answer(args[0]);
  });
}
