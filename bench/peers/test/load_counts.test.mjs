// The load generator counts exactly what a faulty server does: `node --test bench/peers/test/load_counts.test.mjs`, with BENCH_LOAD naming
// the program if it is not build/release/bench_load. Needs `npm ci` in bench/peers/node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { startFaultyServer } from "./faulty_server.mjs";

const program = process.env.BENCH_LOAD ?? fileURLToPath(new URL("../../../build/release/bench_load", import.meta.url));
const common = ["--warmup", "0", "--quiet", "0.5", "--timeout", "10"];
const fanout = ["fanout", "--connections", "5", "--rounds", "100", "--window", "1000", ...common];
const echo = ["echo", "--connections", "5", "--rounds", "100", "--depth", "8", ...common];
const clean = { lost: 0, doubled: 0, out_of_order: 0, corrupt: 0, disconnected: 0 };

/** Runs the generator against a server that follows `plan`, as if it were `servers`; its exit status and its counts. */
async function measure(plan, args, servers = 1) {
  const server = await startFaultyServer(plan);
  try {
    return await new Promise((resolve, reject) => {
      execFile(program, [...args, "--port", Array(servers).fill(server.port).join()], { timeout: 30_000 }, (error, stdout) => {
        if (error && typeof error.code !== "number") return reject(error);
        const { lost, doubled, out_of_order, corrupt, disconnected, operations } = JSON.parse(stdout);
        resolve({ status: error ? error.code : 0, operations, lost, doubled, out_of_order, corrupt, disconnected });
      });
    });
  } finally {
    server.close();
  }
}

for (const [mode, args] of Object.entries({ fanout, echo })) {
  test(`${mode}: nothing wrong is counted as nothing wrong`, async () => {
    assert.deepEqual(await measure(() => ({}), args), { status: 0, operations: 500, ...clean });
  });

  test(`${mode}: some lost`, async () => {
    const plan = (number) => ({ times: number % 20 === 5 ? 0 : 1 });
    assert.deepEqual(await measure(plan, args), { status: 3, operations: 475, ...clean, lost: 25 });
  });

  test(`${mode}: the last one lost`, async () => {
    const plan = (number) => ({ times: number === 99 ? 0 : 1 });
    assert.deepEqual(await measure(plan, args), { status: 3, operations: 495, ...clean, lost: 5 });
  });

  test(`${mode}: some doubled, the last one too`, async () => {
    const plan = (number) => ({ times: number % 7 === 1 ? 2 : 1 });
    assert.deepEqual(await measure(plan, args), { status: 3, operations: 500, ...clean, doubled: 75 });
  });

  test(`${mode}: neighbours swapped`, async () => {
    const plan = (number) => ({ late: number % 10 === 3 });
    assert.deepEqual(await measure(plan, args), { status: 3, operations: 500, ...clean, out_of_order: 50 });
  });

  test(`${mode}: all of it at once`, async () => {
    const plan = (number) => ({ times: number === 20 ? 0 : number % 33 === 1 ? 3 : 1, late: number % 25 === 12 });
    const expected = { ...clean, lost: 5, doubled: 30, out_of_order: 20 };
    assert.deepEqual(await measure(plan, args), { status: 3, operations: 495, ...expected });
  });
}

test("fanout over two servers, a publisher on each", async () => {
  const plan = (number) => ({ times: number === 20 ? 0 : number === 30 ? 2 : 1 });
  const expected = { ...clean, lost: 10, doubled: 10 };
  assert.deepEqual(await measure(plan, [...fanout, "--publishers", "2"], 2), { status: 3, operations: 490, ...expected });
});

test("two servers that do not know each other are not measured", async () => {
  const servers = [await startFaultyServer(() => ({})), await startFaultyServer(() => ({}))];
  try {
    const ports = servers.map(({ port }) => port).join();
    const [status, result] = await new Promise((resolve) => {
      execFile(program, [...fanout, "--timeout", "1", "--port", ports], (error, stdout) => resolve([error?.code, JSON.parse(stdout)]));
    });
    assert.deepEqual([status, result.error], [1, "what one server emits does not reach the others"]);
  } finally {
    servers.forEach((server) => server.close());
  }
});

test("a server that is not there is told apart from one that loses", async () => {
  const server = await startFaultyServer(() => ({}));
  server.close();
  const status = await new Promise((resolve) => {
    execFile(program, [...echo, "--port", String(server.port)], (error) => resolve(error?.code));
  });
  assert.equal(status, 1);
});
