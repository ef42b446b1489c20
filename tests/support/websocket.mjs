// A WebSocket client that writes any frame one asks for, right or wrong.
import crypto from "node:crypto";
import zlib from "node:zlib";
import { RawTcp } from "./tcp.mjs";
import { readResponse, requestText } from "./http.mjs";
import { within } from "./wait.mjs";

export const kOpcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** The bytes of one frame; `length` announces another length than the payload has. */
export function frame({ fin = true, rsv = 0, opcode = kOpcode.text, payload = "", mask = true, length, wide } = {}) {
  const body = Buffer.from(payload);
  const announced = length ?? body.length;
  const form = wide ?? (announced < 126 ? 7 : announced < 65_536 ? 16 : 64);
  const size = form === 7 ? Buffer.alloc(0) : Buffer.alloc(form / 8);
  if (form === 16) size.writeUInt16BE(announced);
  if (form === 64) size.writeBigUInt64BE(BigInt(announced));
  const seven = form === 7 ? announced : form === 16 ? 126 : 127;
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (mask ? 0x80 : 0) | seven]);
  if (!mask) return Buffer.concat([head, size, body]);
  const key = crypto.randomBytes(4);
  const masked = Buffer.from(body);
  for (let i = 0; i < masked.length; i++) masked[i] ^= key[i & 3];
  return Buffer.concat([head, size, key, masked]);
}

/** The payload of a close frame. */
export function closePayload(code, reason = "") {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

function parseFrame(data) {
  if (data.length < 2) return null;
  let at = 2;
  let length = data[1] & 0x7f;
  if (length === 126) {
    if (data.length < 4) return null;
    length = data.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (data.length < 10) return null;
    length = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  if (data[1] & 0x80) throw new Error("a frame from the server is masked");
  if (data.length < at + length) return null;
  const value = { fin: (data[0] & 0x80) !== 0, rsv: (data[0] >> 4) & 7, opcode: data[0] & 15 };
  value.payload = Buffer.from(data.subarray(at, at + length));
  return { value, used: at + length };
}

/** The headers of an opening handshake. */
export function handshakeHeaders(more = {}) {
  return {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": crypto.randomBytes(16).toString("base64"),
    ...more,
  };
}

const kTail = Buffer.from([0, 0, 0xff, 0xff]);

/** The payload of a compressed message (RFC 7692) without a context before it, as most senders make it. */
export function deflated(payload, options = {}) {
  return zlib.deflateRawSync(payload, { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options }).subarray(0, -kTail.length);
}

/** Gives back what was compressed without a context. */
export function inflated(payload, options = {}) {
  return zlib.inflateRawSync(Buffer.concat([payload, kTail]), { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options });
}

export class WebSocketConnection {
  closeCode = null;

  /** Connects and shakes hands on `path`; throws if the server refuses. */
  static async open(t, server, path, { headers = {} } = {}) {
    const connection = new WebSocketConnection();
    connection.tcp = await RawTcp.connect(t, server.port);
    const all = handshakeHeaders(headers);
    connection.tcp.write(requestText({ path, headers: all }));
    connection.response = await readResponse(connection.tcp);
    const { status, headers: got, text } = connection.response;
    if (status !== 101) {
      const error = new Error(`no WebSocket: ${status} ${text}`);
      throw Object.assign(error, { status });
    }
    const accept = all["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    if (got["sec-websocket-accept"] !== crypto.createHash("sha1").update(accept).digest("base64")) {
      throw new Error("wrong Sec-WebSocket-Accept");
    }
    return connection;
  }

  frame(options) {
    this.tcp.write(frame(options));
    return this;
  }

  send(message) {
    return this.frame({ opcode: Buffer.isBuffer(message) ? kOpcode.binary : kOpcode.text, payload: message });
  }

  /** The next frame of any kind; throws when the connection has ended. */
  async nextFrame() {
    const one = await this.tcp.take(parseFrame, "a frame");
    const mayBeCompressed = this.response?.headers["sec-websocket-extensions"] && (one.opcode === 1 || one.opcode === 2);
    if (one.rsv !== 0 && !(one.rsv === 4 && mayBeCompressed)) throw new Error(`reserved bits ${one.rsv} in a frame from the server`);
    return one;
  }

  /** The next whole message, text as a string; answers pings; throws when the peer closes. */
  async message() {
    let parts = null;
    for (;;) {
      const one = await this.nextFrame();
      if (one.opcode === kOpcode.close) {
        this.closeCode = one.payload.length >= 2 ? one.payload.readUInt16BE(0) : 1005;
        this.frame({ opcode: kOpcode.close, payload: one.payload });
        this.tcp.end();
        throw new Error(`close frame ${this.closeCode}`);
      }
      if (one.opcode === kOpcode.ping) this.frame({ opcode: kOpcode.pong, payload: one.payload });
      if (one.opcode >= 8) continue;
      parts ??= { opcode: one.opcode, compressed: one.rsv === 4, payloads: [] };
      parts.payloads.push(one.payload);
      if (!one.fin) continue;
      let whole = Buffer.concat(parts.payloads);
      this.lastSize = whole.length;
      this.lastCompressed = parts.compressed;
      if (parts.compressed) whole = inflated(whole);
      return parts.opcode === kOpcode.text ? whole.toString() : whole;
    }
  }

  /** Waits for the end, by a close frame or without; gives the messages before it and the close code, if any. */
  untilEnd(limit_ms) {
    const read = async () => {
      const messages = [];
      try {
        for (;;) messages.push(await this.message());
      } catch {
        return { messages, code: this.closeCode };
      }
    };
    return within(read(), "the WebSocket to be closed", limit_ms);
  }

  destroy() {
    this.tcp.destroy();
  }
}
