// The documents that the apps were made from, and their clients' snippets run as they stand: stock client, real server. What is
// changed is mechanical: imports, type arguments, the server's address, and the values that a test puts in for sample ones.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { io } from "socket.io-client";
import * as testkit from "../../testkit/js/index.js";
import { Inbox, kLimitMs } from "./wait.mjs";

const kFolder = fileURLToPath(new URL("../../../shared/seeds/", import.meta.url));
const kFiles = {
  care: "000_059428d243244bb1.txt",
  health: "001_06a5fadfad0e43bd.txt",
  inbox: "002_71d9802064f47a16.txt",
  household: "003_370ceb3e6630380c.txt",
  groups: "004_d1bb56adc4c7e1f8.txt",
};
const AsyncFunction = (async () => {}).constructor;

/** All documents, by app. */
export function readSeeds() {
  if (!existsSync(kFolder)) throw new Error(`The seeds are not at ${kFolder}: the folder "shared" must stand beside the project's root`);
  const texts = readdirSync(kFolder).filter((name) => name.endsWith(".txt")).sort();
  assert.deepEqual(texts, Object.values(kFiles).sort(), `the documents in ${kFolder}`);
  return Object.fromEntries(Object.entries(kFiles).map(([app, name]) => [app, new Seed(app, readFileSync(path.join(kFolder, name), "utf8"))]));
}

/** The snippets between fences: `{language, text, at (line), parts}`; a part is what stands between blank lines outside of braces. */
function snippetsOf(text) {
  const snippets = [];
  let open = null;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const fence = /^\s*```(\w*)/.exec(line);
    if (!fence && open) open.lines.push(line);
    if (!fence) continue;
    if (open) snippets.push(open);
    open = open ? null : { language: fence[1], at: i + 1, lines: [] };
  }
  assert.equal(open, null, "a fence that is not closed");
  return snippets.map(({ lines, ...more }) => {
    const whole = lines.join("\n");
    return { ...more, text: whole, parts: whole.split(/\n\n(?=\S)/), used: new Set() };
  });
}

const hasLine = (text, line) => text.split("\n").some((one) => one.trim() === line);

/** One document; it knows which of its snippets were run or excused, and what came of those that were run. */
class Seed {
  pages = [];
  excused = new Map(); // snippets to reasons

  constructor(app, text) {
    Object.assign(this, { app, text, snippets: snippetsOf(text) });
  }

  /** The only snippet with this line, or of several with it the only one that begins so. */
  snippet(line) {
    let found = this.snippets.filter(({ text }) => hasLine(text, line));
    if (found.length > 1) found = found.filter(({ text }) => text.startsWith(`${line}\n`));
    assert.equal(found.length, 1, `snippets of ${this.app} with the line: ${line}`);
    return found[0];
  }

  /** Says why snippets, each named by a line of it, are not run. */
  excuse(reason, ...lines) {
    for (const line of lines) {
      const snippet = this.snippet(line);
      assert.ok(!this.excused.has(snippet), `excused twice: ${line}`);
      this.excused.set(snippet, reason);
    }
  }

  /** The text of a snippet that a test reads instead of running it. */
  read(line) {
    const snippet = this.snippet(line);
    for (const part of snippet.parts) snippet.used.add(part);
    return snippet.text;
  }

  page(t, server, scope) {
    const page = new Page(this, t, server, scope);
    this.pages.push(page);
    return page;
  }

  /** The fields of each payload that the document's server emits under this name, in code or in a table. */
  payloadsOf(event) {
    const name = event.replaceAll(".", "\\.");
    const code = new RegExp(`emit\\w*\\((?:[^,()]+,\\s*)?'${name}',\\s*\\{([^}]*)\\}`, "g");
    const table = new RegExp(`^\\| \`${name}\` \\| \`\\{([^}]*)\\}\``, "gm");
    const inCode = [...this.text.matchAll(code)].map(([, body]) => [...body.matchAll(/^\s*(\w+)(?=[:,])/gm)].map(([, field]) => field));
    const inTables = [...this.text.matchAll(table)].map(([, body]) => body.split(",").map((field) => field.trim()));
    const all = [...inCode, ...inTables];
    assert.ok(all.length > 0 && all.every((fields) => fields.length > 0), `${this.app} shows the payload of ${event}`);
    return all;
  }

  /** Fails unless every snippet, part by part, was run or is excused, and every handler and callback was called and found what it reads. */
  checkAllRan() {
    const left = this.snippets.filter((one) => !this.excused.has(one) && one.parts.some((part) => !one.used.has(part)));
    assert.deepEqual(left.map(({ at, text }) => `line ${at}: ${text.slice(0, 60)}`), [], `snippets of ${this.app} that nothing runs or excuses`);
    const both = this.snippets.filter((one) => this.excused.has(one) && one.used.size > 0);
    assert.deepEqual(both.map(({ at }) => at), [], "snippets both excused and run");
    const all = (field) => this.pages.flatMap((page) => [...page[field]]);
    assert.deepEqual(all("missing"), [], "fields that handlers read and that were not there");
    assert.deepEqual(all("failures"), [], "what handlers failed with");
    const called = new Set(all("called"));
    assert.deepEqual(all("callbacks").filter((one) => !called.has(one)), [], "handlers and callbacks that were never called");
  }
}

/** The code of a snippet as a function's body that gives the names which it declares. */
function bodyOf(text, language, replace, port) {
  let code = text
    .replace(/^import\s+(\w+)\s+from\s+(['"][^'"]+['"]);/gm, "const $1 = modules[$2].default;")
    .replace(/^import\s+(\{[^}]*\})\s+from\s+(['"][^'"]+['"]);/gm, "const $1 = modules[$2];")
    .replace(/\b(http|ws):\/\/[\w.-]+(:\d+)?/g, `$1://127.0.0.1:${port}`);
  if (language === "typescript") code = code.replace(/(\w)<\w+>\(/g, "$1(");
  for (const [sample, value] of Object.entries(replace)) {
    const quoted = `'${sample}'`;
    assert.ok(code.includes(quoted), `the snippet has ${quoted}`);
    code = code.replaceAll(quoted, () => JSON.stringify(value));
  }
  const declared = [...code.matchAll(/^(?:const|let|var|class|(?:async )?function)\s+(\w+)/gm)].map(([, name]) => name);
  return `{\n${code}\nreturn { ${declared.join(", ")} };\n}`;
}

/** Where snippets run, one after the other in one scope, as in one page of a browser or one test file. */
export class Page {
  lines = new Inbox(); // of the console: {level, args}
  events = new Inbox(); // of its sockets: {event, args}
  answers = new Inbox(); // to its events: {event, answer}
  waits = new Inbox(); // names of the events that a helper of its tests waits for
  sockets = [];
  tests = []; // that a snippet has defined and that are still to be run
  callbacks = new Set(); // handlers and callbacks that the snippets gave,
  called = new Set(); // those that were called,
  missing = []; // what they read that was not there,
  failures = []; // and what they threw
  #originals = new WeakMap(); // of what they were given

  constructor(seed, t, server, scope = {}) {
    Object.assign(this, { seed, t, server });
    const socketOf = (...args) => this.#watch(io(...args));
    const helpers = {
      ...testkit,
      connectSocketClient: async (...args) => this.#watch(await testkit.connectSocketClient(...args)),
      waitForEvent: (socket, event, ...more) => {
        const waited = testkit.waitForEvent(socket, event, ...more);
        this.waits.push(event);
        return waited;
      },
    };
    const modules = { "socket.io-client": { io: socketOf, default: socketOf }, "../../helpers/socket-client": helpers };
    const print = (level) => (...args) => this.lines.push({ level, args: args.map((one) => this.#originals.get(one) ?? one) });
    const console = { log: print("log"), error: print("error") };
    this.scope = { io: socketOf, console, modules, ...this.#testRunner(), ...scope };
  }

  /** Runs the snippet with this line, or only its part with it, with these values for sample ones. */
  async run(line, { part = false, replace = {} } = {}) {
    const snippet = this.seed.snippet(line);
    const parts = part ? snippet.parts.filter((one) => hasLine(one, line)) : snippet.parts;
    for (const one of parts) snippet.used.add(one);
    const text = part ? parts[0] : snippet.text;
    const body = bodyOf(text, snippet.language, replace, this.server.port);
    const declared = await new AsyncFunction(...Object.keys(this.scope), body)(...Object.values(this.scope));
    Object.assign(this.scope, declared);
    for (const test of this.tests.splice(0)) await test();
  }

  /** What the console was given after this text (or the match of this pattern). */
  async says(first, level = "log") {
    const is = (line) => line.level === level && (first instanceof RegExp ? first.test(line.args[0]) : line.args[0] === first);
    return (await this.lines.take(`console.${level}(${first})`, is, kLimitMs)).args.slice(1);
  }

  /** The first argument of the next such event of a socket, whether a snippet listens or not. */
  async event(name, matches = () => true) {
    return (await this.events.take(name, (one) => one.event === name && matches(one.args[0]))).args[0];
  }

  async answer(event) {
    return (await this.answers.take(`the answer to ${event}`, (one) => one.event === event)).answer;
  }

  /** A page disconnects when it is left. */
  leave() {
    for (const socket of this.sockets) socket.disconnect();
  }

  #testRunner() {
    const expect = (value) => ({
      toBe: (wanted) => {
        assert.ok(Object.is(value, wanted), `expected ${wanted}, got ${value}`);
        this.lines.push({ level: "expect", args: ["toBe", value] });
      },
    });
    return { describe: (_, define) => define(), it: (_, test) => this.tests.push(test), expect };
  }

  /** Sees what comes to a stock socket, and what its handlers and callbacks make of it. */
  #watch(socket) {
    if (this.sockets.length === 0) this.t.after(() => this.leave());
    this.sockets.push(socket);
    const { on, emit } = socket;
    socket.onAny((event, ...args) => this.events.push({ event, args }));
    for (const event of ["connect", "connect_error", "disconnect"]) on.call(socket, event, (...args) => this.events.push({ event, args }));
    socket.on = (event, handler) => on.call(socket, event, this.#guarded(`on ${event}`, handler));
    socket.emit = (event, ...args) => {
      if (typeof args.at(-1) !== "function") return emit.call(socket, event, ...args);
      const callback = this.#guarded(`answer to ${event}`, args.pop());
      return emit.call(socket, event, ...args, (...values) => {
        callback(...values);
        this.answers.push({ event, answer: values[0] });
      });
    };
    return socket;
  }

  #guarded(name, callback) {
    this.callbacks.add(name);
    return (...args) => {
      this.called.add(name);
      try {
        callback(...args.map((one) => this.#readable(name, one)));
      } catch (error) {
        this.failures.push(`${name}: ${error.message}`);
      }
    };
  }

  /** A value that notes what is read of it and not there. */
  #readable(name, value) {
    if (typeof value !== "object" || value === null) return value;
    const get = (target, key) => {
      const found = target[key];
      // An await asks everything for "then".
      if (found === undefined && typeof key === "string" && key !== "then") this.missing.push(`${name}: ${key}`);
      return this.#readable(`${name}: ${String(key)}`, found);
    };
    const proxy = new Proxy(value, { get });
    this.#originals.set(proxy, value);
    return proxy;
  }
}
