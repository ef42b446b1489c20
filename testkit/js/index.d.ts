import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";

/** Settings under which the limits a minute are out of the way; `startBelfry` sets them. */
export const noLimits: Readonly<Record<string, string>>;

export interface TokenOptions {
  secret?: string;
  alg?: "HS256" | "HS384" | "HS512" | "none";
  header?: Record<string, unknown>;
}

/** A JWT of these claims; `exp` is in an hour unless given (null leaves it out). */
export function signToken(claims: Record<string, unknown>, options: TokenOptions): string;

export interface ServerOptions {
  /** Path of the program; otherwise the environment's `BELFRY_PROGRAM`, otherwise `belfry` on the search path. */
  program?: string;
  /** Otherwise a free one. */
  port?: number;
  /** Where it runs and keeps its data; otherwise a temporary folder that goes with `stop()`. */
  folder?: string;
  /** Further flags of `belfry serve`, such as `["--root-app", "care"]`. */
  args?: (string | number)[];
  /** Settings by their environment names. Of this process's own environment the program sees next to nothing. */
  env?: Record<string, string>;
}

export interface StartOptions extends ServerOptions {
  /** Secret of tokens; otherwise a random one. */
  secret?: string;
  /** Key for calls from other servers; otherwise a random one. */
  apiKey?: string;
  /** Limit of the start: 20000. */
  startTimeoutMs?: number;
}

/** One server. */
export class Belfry {
  constructor(options: ServerOptions & { port: number });
  static started(options?: StartOptions): Promise<Belfry>;
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly dataDir: string;
  readonly secret: string;
  readonly apiKey: string;
  /** The last of what it has written. */
  readonly output: string;
  readonly pid: number;
  /** How it has ended, or null. */
  readonly ended: { code: number | string | null; signal: string | null } | null;
  readonly exit: Promise<{ code: number | string | null; signal: string | null }>;
  /** Waits for its line with the URL, and until it answers; the time that took, in milliseconds. */
  start(timeoutMs?: number): Promise<number>;
  /** Ends it gracefully; fails unless it ends well. Its folder stays. */
  end(signal?: string, timeoutMs?: number): Promise<void>;
  /** As `end`, and removes the temporary folder. Does not mind a server that the test has ended itself. */
  stop(): Promise<void>;
  restart(): Promise<number>;
  /** Ends it at once, as a power cut does; `start()` brings it back. */
  kill(): Promise<void>;
  /** Fails if it has ended. */
  check(): void;
  remove(): void;
  /** A token that this server takes. */
  token(claims: Record<string, unknown>, options?: TokenOptions): string;
}

/** Starts a server for a test, which calls its `stop()` in the end. */
export function startBelfry(options?: StartOptions): Promise<Belfry>;

export interface ClientOptions extends Partial<ManagerOptions & SocketOptions> {
  token?: string;
  /** Such as "/care"; otherwise "/". */
  namespace?: string;
  /** Limit of connecting. */
  timeoutMs?: number;
}

/** Resolves when connected; rejects with what the server refuses it with, or after the limit. */
export function connectSocketClient(url: string, options?: string | ClientOptions): Promise<Socket>;

/** A socket that begins to connect, so that a test can listen before the first event comes. */
export function openSocketClient(url: string, options?: string | ClientOptions): Socket;
export function waitForConnection(socket: Socket, timeoutMs?: number): Promise<void>;

/** The first argument of the next event of that name (of those that `matches` takes). */
export function waitForEvent<T = any>(socket: Socket, event: string, timeoutMs?: number, matches?: (...args: any[]) => boolean): Promise<T>;

/** The answer to an event; without a payload the event has no argument. */
export function emitWithAck<T = any>(socket: Socket, event: string, payload?: unknown, timeoutMs?: number): Promise<T>;

/** Settles once the connection is closed. */
export function disconnectSocketClient(socket: Socket, timeoutMs?: number): Promise<void>;

/** Settles as `promise` does, or rejects with `what` after the limit. */
export function within<T>(promise: Promise<T>, what: string | (() => string), timeoutMs?: number): Promise<T>;

/** Asks `condition` every 10 ms until it gives something true, and returns that. */
export function until<T>(condition: () => T | Promise<T>, what: string, timeoutMs?: number): Promise<T>;
