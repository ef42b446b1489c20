// A bench server that makes mistakes on purpose, for the load generator to find. It speaks just enough of the protocol.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { WebSocketServer } = createRequire(new URL("../node/package.json", import.meta.url))("ws");

/**
 * `plan(number)` says for the message of that number how often it is sent now and whether it waits behind the next one:
 * { times, late }. Returns { port, close }.
 */
export async function startFaultyServer(plan) {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  const members = new Set();

  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("close", () => members.delete(socket));
    socket.send('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    const late = [];
    // A late message waits for the next one of the same stream and follows it.
    const deliver = (receivers, packet, number) => {
      const { times = 1, late: waits = false } = plan(number);
      const now = Array.from({ length: times }, () => packet);
      if (waits) return late.push(...now);
      for (const text of [...now, ...late.splice(0)]) for (const receiver of receivers) receiver.send(text);
    };
    socket.on("message", (data) => {
      const text = data.toString();
      if (text === "40") return socket.send('40{"sid":"y"}');
      const [, id, json] = /^42(\d*)(\[.*)$/s.exec(text);
      const [event, first, second] = JSON.parse(json);
      const payload = event === "bench:publish" ? second : first;
      const number = Number.parseInt(payload.slice(4, 16), 16);
      if (event === "bench:join") {
        if (first === "bench") members.add(socket);
        socket.send(`43${id}[]`);
      } else if (event === "bench:publish") {
        deliver(members, `42${JSON.stringify(["bench:event", payload])}`, number);
      } else {
        deliver([socket], `43${id}${JSON.stringify([payload])}`, number);
      }
    });
  });

  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  const close = () => {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  };
  return { port: http.address().port, close };
}
