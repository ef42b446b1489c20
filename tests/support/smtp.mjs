// Mail servers for the tests: npm's smtp-server, which does as it is told, and the mails that it got.
import net from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";
import { freePort } from "./tcp.mjs";
import { Inbox } from "./wait.mjs";

/** Signed by itself, for localhost and 127.0.0.1, from 2020 to 2120. The key is for nothing else. */
export const kCertificate = `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAOBxVddrzji9/7c
BMHfB5BHj5eBpkFMxr0pATRMQD4dtiH46EeEajudAw7yCdxKEAqrhVxUABB/5nQO
j9ZnY+qjTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0
hwR/AAABMB0GA1UdDgQWBBS88CgLePUWqXQEbTBDFQUw8hxllTAKBggqhkjOPQQD
AgNIADBFAiA2Pc4vyYozNjUTajXPvpcE+6s2q4ByzjYDzD1JrykfXwIhALK1JBVE
TQFwcZVADrvIG6M9PcjND/TusV130VykRvKf
-----END CERTIFICATE-----
`;
const kKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1n72UAC4HUQ86l4j
8f2jqJ3vyq0Z9YUdWf/r3HVvtMyhRANCAAQDgcVXXa844vf+3ATB3weQR4+XgaZB
TMa9KQE0TEA+HbYh+OhHhGo7nQMO8gncShAKq4VcVAAQf+Z0Do/WZ2Pq
-----END PRIVATE KEY-----
`;

const kLifeMs = 60_000;

/** What a hook answers in place of 250: `throw refusal(451)`. */
export function refusal(code, message = "not now") {
  return Object.assign(new Error(message), { responseCode: code });
}

const envelopeOf = ({ envelope }) => ({ from: envelope.mailFrom.address, to: envelope.rcptTo.map((one) => one.address) });

/**
 * A mail server on a port of its own, closed after the test. Hooks say what it answers, and may be exchanged: `rcpt()` and
 * `data()` throw a `refusal`, or wait. `attempts` has the time and the Message-ID of each text that came whole, or of each
 * recipient that was refused; `mails` those that were accepted.
 */
export class MailServer {
  attempts = [];
  mails = new Inbox();
  accepted = 0;
  connections = 0;

  constructor(port, options) {
    const { rcpt = () => {}, data = () => {}, ...rest } = options;
    Object.assign(this, { port, rcpt, data, rest });
  }

  static async start(t, options = {}) {
    const server = new MailServer(options.port ?? (await freePort()), options);
    t.after(() => server.stop());
    await server.listen();
    return server;
  }

  listen() {
    this.smtp = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      socketTimeout: kLifeMs,
      closeTimeout: 1,
      key: kKey,
      cert: kCertificate,
      onConnect: (session, done) => {
        ++this.connections;
        done();
      },
      onAuth: (auth, session, done) => done(null, { user: auth.username }),
      onRcptTo: (address, session, done) => this.#rcpt(session, done),
      onData: (stream, session, done) => this.#data(stream, session, done),
      ...this.rest,
    });
    this.smtp.on("error", () => {});
    return new Promise((resolve, reject) => {
      this.smtp.server.once("error", reject);
      this.smtp.listen(this.port, "127.0.0.1", resolve);
    });
  }

  async #rcpt(session, done) {
    try {
      await this.rcpt(session);
      done();
    } catch (error) {
      this.attempts.push({ at: performance.now() });
      done(error);
    }
  }

  async #data(stream, session, done) {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const mail = await simpleParser(raw);
    const attempt = { at: performance.now(), id: mail.messageId, raw: raw.toString(), mail, secure: session.secure, envelope: envelopeOf(session) };
    this.attempts.push(attempt);
    try {
      await this.data(attempt);
      ++this.accepted;
      this.mails.push(attempt);
      done();
    } catch (error) {
      done(error);
    }
  }

  /** Ends all connections at once. */
  drop() {
    for (const connection of this.smtp.connections) connection._socket.destroy();
  }

  stop() {
    this.drop();
    return new Promise((resolve) => this.smtp.close(resolve));
  }
}

/**
 * A port that takes connections and says only what `answer` has for a line (`connect`: when somebody comes), which also gets an
 * object for the connection. Nothing, unless it is given.
 */
export async function silentServer(t, answer = () => undefined) {
  const sockets = new Set();
  const silent = { connections: 0 };
  const server = net.createServer((socket) => {
    ++silent.connections;
    sockets.add(socket);
    socket.on("error", () => {});
    const connection = {};
    const say = (line) => {
      const text = answer(line, connection);
      if (text) socket.write(`${text}\r\n`);
    };
    let rest = "";
    socket.on("data", (data) => {
      const lines = (rest + data).split("\r\n");
      rest = lines.pop();
      lines.forEach(say);
    });
    say("connect");
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  silent.port = server.address().port;
  return silent;
}
