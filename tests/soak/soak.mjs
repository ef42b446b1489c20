// Connections that come, upgrade, talk, stall, vanish and come back, in cycles; after each nothing may be left of them.
import fs from "node:fs";
import { startServer } from "../support/server.mjs";
import { connectRaw } from "./monitor.mjs";
import { pause, until } from "../support/wait.mjs";
import { Peer, Tally, hangUp } from "./peer.mjs";

const kTransports = ["websocket", "polling", "upgrade"];
const kRooms = 8;
const kHeartbeat = ["--ping-interval", 3_000, "--ping-timeout", 6_000]; // who vanished is missed after nine seconds
const kCalmLimitMs = 20_000;
const kTrimMs = 600; // within this the server gives back what it does not use
const kTrimLimitMs = 10_000;
const kGrowthMax = 1.05;
const kSlackKb = 512; // of a process that small, a few pages are more than five percent

export const residentKb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
export const descriptors = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

/** Resident memory once it does not shrink any more. */
async function settled(pid) {
  let least = residentKb(pid);
  for (let same = 0; same < 3; ) {
    await pause(kTrimMs);
    const now = residentKb(pid);
    same = now < least ? 0 : same + 1;
    least = Math.min(least, now);
  }
  return least;
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** One connection after the other, until `over()`. */
async function live(port, tally, over) {
  while (!over()) {
    const peer = new Peer(port, pick(kTransports), `room${Math.floor(Math.random() * kRooms)}`, tally);
    await peer.come();
    for (let turns = 1 + Math.floor(Math.random() * 8); turns > 0 && peer.open && !over(); turns--) {
      await peer.talk(1 + Math.floor(Math.random() * 10));
      if (Math.random() < 0.1) await peer.stall(Math.random() * 500);
    }
    if (!peer.open) continue;
    if (Math.random() < 0.3) peer.vanish();
    else peer.leave();
  }
}

/** All connections live for so long, then all go. */
async function cycle(server, connections, seconds, tally) {
  const end = performance.now() + seconds * 1000;
  const over = () => performance.now() > end || tally.problems.length > 0;
  await Promise.all(Array.from({ length: connections }, () => live(server.port, tally, over)));
}

/** Waits until the server knows of nobody but who asks, that one is gone as well, and no descriptor is left. */
async function calm(server, idleDescriptors, tally) {
  const monitor = await connectRaw(server.port);
  await until(async () => {
    const { sockets, clients } = await monitor.ask("stats");
    return sockets === 1 && clients === 1;
  }, "every session and socket to go", kCalmLimitMs);
  for (const { peer, socketId } of tally.ended.splice(0)) {
    const reasons = socketId ? await monitor.ask("disconnect-log", socketId) : [];
    tally.problem(`${peer} was ended by the server: ${reasons.join(", ") || "before it was in"}`);
  }
  monitor.close();
  hangUp();
  await until(() => descriptors(server.pid) <= idleDescriptors, "every descriptor to be closed", kCalmLimitMs);
}

function row(cells) {
  return cells.map((cell) => String(cell).padStart(11)).join("");
}

/** Runs for `seconds`; what is wrong at the end, a text each. `print` gets the lines of a table. */
export async function soak({ seconds, connections, print = () => {} }) {
  const server = await startServer([...kHeartbeat, "--threads", "2", "--trim-heap"]);
  const tally = new Tally();
  const began = performance.now();
  try {
    const idleDescriptors = descriptors(server.pid);
    const cycleSeconds = Math.min(20, seconds / 4);
    await cycle(server, connections, cycleSeconds, tally);
    await calm(server, idleDescriptors, tally);
    const baseKb = await settled(server.pid);

    print(row(["seconds", "came", "said", "heard", "resident", "descriptors"]));
    const show = () => {
      const past = ((performance.now() - began) / 1000).toFixed(0);
      print(row([past, tally.came, tally.sent, tally.heard, `${residentKb(server.pid)} KB`, descriptors(server.pid)]));
    };
    show();
    do {
      await cycle(server, connections, cycleSeconds, tally);
      await calm(server, idleDescriptors, tally);
      show();
    } while (performance.now() - began < seconds * 1000 && tally.problems.length === 0);

    const problems = [...tally.problems];
    const bound = baseKb * kGrowthMax + kSlackKb;
    const shrunk = until(() => residentKb(server.pid) <= bound, "memory to be given back", kTrimLimitMs);
    await shrunk.catch(() => problems.push(`${residentKb(server.pid)} KB are resident, ${baseKb} KB after the first cycle`));
    show();
    if (tally.heard === 0) problems.push("nothing was heard");
    await server.stop();
    return problems;
  } catch (error) {
    server.abandon();
    throw error;
  }
}
