// The bench server on socket.io for Node.js, with what its documentation recommends for speed:
// https://socket.io/docs/v4/performance-tuning/ (native masking through bufferutil, the first HTTP request let go,
// no compression). PORT from the environment; one process, which REDIS_URL joins with others by the adapter that ADAPTER names.
import { createServer } from "node:http";
import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { perMessageDeflate: false, httpCompression: false, serveClient: false });

if (process.env.REDIS_URL) {
  const pub = createClient({ url: process.env.REDIS_URL });
  const sub = pub.duplicate();
  await Promise.all([pub.connect(), sub.connect()]);
  io.adapter((process.env.ADAPTER === "sharded" ? createShardedAdapter : createAdapter)(pub, sub));
}

io.engine.on("connection", (raw) => {
  raw.request = null;
});

io.on("connection", (socket) => {
  socket.on("bench:join", (room, done) => {
    socket.join(room);
    done();
  });
  socket.on("bench:publish", (room, payload) => {
    io.to(room).emit("bench:event", payload);
  });
  socket.on("bench:echo", (payload, done) => {
    done(payload);
  });
});

http.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1", backlog: 4096 }, () => {
  console.log(`ready on http://127.0.0.1:${http.address().port}`);
});
