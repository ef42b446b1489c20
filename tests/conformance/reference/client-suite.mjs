// Section 10 of the contract on npm's `socket.io`.
import { Server } from "socket.io";

const kDelayMs = 10;
const kBytes = Buffer.from("asdfasdf");
const kTexts = ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"];

function serveRoot(socket) {
  const once = (event) => socket.on(event, () => socket.emit(event));
  const ack = (event, value) => socket.on(event, (...args) => args.pop()(value(...args)));
  const give = (event, answer, ...value) => socket.on(event, () => socket.emit(answer, ...value));
  once("hi");
  ack("echo", (value) => value);
  ack("getAckDate", () => new Date());
  ack("getHandshake", () => socket.handshake);
  socket.on("ack", () => socket.emit("ack", (a, b) => a === 5 && b.test && socket.emit("got it")));
  socket.on("getDate", () => socket.emit("takeDate", new Date()));
  socket.on("getDateObj", () => socket.emit("takeDateObj", { date: new Date() }));
  socket.on("getUtf8", () => kTexts.forEach((text) => socket.emit("takeUtf8", text)));
  give("false", "false", false);
  give("doge", "doge", kBytes);
  give("getbin", "takebin", kBytes);
  socket.on("buffa", (data) => Buffer.isBuffer(data) && socket.emit("buffack"));
  socket.on("jsonbuff", ({ hello, message, goodbye }) => {
    if (hello === "lol" && Buffer.isBuffer(message) && goodbye === "gotcha") socket.emit("jsonbuff-ack");
  });
  socket.on("abuff1", (data) => (socket.data.first = Buffer.isBuffer(data)));
  socket.on("abuff2", () => socket.data.first && socket.emit("abuff2-ack"));
}

/** Serves on `port` with `settings`, whose heartbeat is that of the suite where none is given. */
export function startClientSuite(port, settings) {
  const allowRequest = (_, answer) => setTimeout(() => answer(null, true), kDelayMs);
  const io = new Server(port, { ...settings, serveClient: false, allowRequest });
  const giveId = (socket) => socket.on("getId", (answer) => answer(socket.id));
  for (const name of ["/timeout_socket", "/valid", "/asd"]) io.of(name);
  io.of("/foo").on("connection", giveId);
  io.of("/abc").on("connection", (socket) => socket.emit("handshake", socket.handshake));
  io.of("/no").use((_, next) => next(new Error("Auth failed (custom namespace)")));
  io.use((socket, next) => next(socket.handshake.query.fail ? new Error("Auth failed (main namespace)") : undefined));
  io.on("connection", giveId).on("connection", serveRoot);
}
