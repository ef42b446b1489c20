// What stands in front of servers.
import net from "node:net";
import { freePort } from "./tcp.mjs";

/** A TCP proxy: `choose(firstBytes, index)` gives the port for each connection. `{port, url, close}`. */
export async function startProxy(choose, port) {
  let index = 0;
  const sockets = new Set();
  const proxy = net.createServer((client) => {
    sockets.add(client);
    client.on("error", () => client.destroy()).on("close", () => sockets.delete(client));
    client.once("data", (first) => {
      client.pause();
      const server = net.connect(choose(first, index++), "127.0.0.1", () => {
        server.write(first);
        client.pipe(server).pipe(client);
      });
      server.on("error", () => client.destroy()).on("close", () => client.destroy());
      client.on("close", () => server.destroy());
    });
  });
  port ??= await freePort();
  await new Promise((resolve) => proxy.listen(port, "127.0.0.1", resolve));
  const close = () => {
    sockets.forEach((socket) => socket.destroy());
    return new Promise((resolve) => proxy.close(resolve));
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}
