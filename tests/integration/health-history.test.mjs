// App health: reading a visit's messages again, in pages, both ways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";

const kCount = 257;
const server = await startBelfry(null);
const visit = await server.visit("ada", "dr-okafor");
const empty = await server.visit("ada", "dr-okafor");
let ada;
let sent; // in order

before(async () => {
  ada = await Client.open(null, server, "ada");
  const doctor = await Client.open(null, server, "dr-okafor", "provider");
  const both = [ada, doctor];
  sent = await Promise.all(Array.from({ length: kCount }, (_, i) => both[i % 2].say(visit, `message ${i}`)));
  sent.sort((a, b) => a.seq - b.seq);
  doctor.close();
});

after(() => ada.close());

const read = (payload = {}) => ada.must("message:history", { visitId: visit.id, ...payload });
const seqs = (page) => page.messages.map(({ seq }) => seq);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("without a bound: the newest 50, oldest first", async () => {
  const page = await read();
  assert.deepEqual(seqs(page), range(kCount - 49, kCount));
  assert.equal(page.hasMore, true);
  assert.equal(typeof page.nextCursor, "string");
});

test("each is the message as it was sent, with who got it and who read it", async () => {
  const page = await read({ limit: 200 });
  const all = sent.slice(-200);
  page.messages.forEach(({ deliveredTo, readBy, ...message }, i) => {
    assert.deepEqual(message, all[i]);
    assert.ok(Array.isArray(deliveredTo) && Array.isArray(readBy));
  });
});

for (const limit of [1, 7, 50, 128, 200]) {
  test(`backwards by nextCursor, ${limit} at a time, each comes once`, async () => {
    let all = [];
    let cursor;
    for (let more = true; more; ) {
      const page = await read(cursor === undefined ? { limit } : { limit, before: cursor });
      assert.ok(page.messages.length <= limit && page.messages.length > 0);
      all = [...seqs(page), ...all];
      more = page.hasMore;
      cursor = page.nextCursor;
      assert.equal(cursor === null, !more);
    }
    assert.deepEqual(all, range(1, kCount));
  });

  test(`forwards by after, ${limit} at a time, each comes once`, async () => {
    const all = [];
    for (let more = true; more; ) {
      const page = await read({ limit, after: all.at(-1) ?? 0 });
      assert.ok(page.messages.length <= limit);
      all.push(...seqs(page));
      more = page.hasMore;
    }
    assert.deepEqual(all, range(1, kCount));
  });
}

test("after a seq: what a reconnect missed, no more", async () => {
  const gap = await read({ after: kCount - 3 });
  assert.deepEqual(seqs(gap), range(kCount - 2, kCount));
  assert.equal(gap.hasMore, false);
  const none = await read({ after: kCount });
  assert.deepEqual(none.messages, []);
  assert.equal(none.hasMore, false);
  assert.equal(none.nextCursor, null);
  assert.deepEqual((await read({ after: 1_000_000_000 })).messages, []);
});

test("forwards, nextCursor is where to go on", async () => {
  const first = await read({ after: 0, limit: 10 });
  const second = await read({ after: first.nextCursor, limit: 10 });
  assert.deepEqual(seqs(second), range(11, 20));
});

test("a page that ends exactly at the last has no more", async () => {
  const page = await read({ after: kCount - 10, limit: 10 });
  assert.equal(page.messages.length, 10);
  assert.equal(page.hasMore, false);
  const oldest = await read({ before: "11", limit: 10 });
  assert.deepEqual(seqs(oldest), range(1, 10));
  assert.equal(oldest.hasMore, false);
});

test("at most 200 come", async () => {
  assert.equal((await read({ limit: 200 })).messages.length, 200);
  assert.equal((await read({ limit: 100_000 })).messages.length, 200);
});

test("a visit in which nothing was said", async () => {
  const page = await read({ visitId: empty.id });
  assert.deepEqual(page, { success: true, messages: [], hasMore: false, nextCursor: null });
});

for (const [what, payload, error] of [
  ["limit 0", { limit: 0 }, /^limit: ./],
  ["a negative limit", { limit: -1 }, /^limit: ./],
  ["a limit with a fraction", { limit: 1.5 }, /^limit: ./],
  ["words as limit", { limit: "ten" }, /^limit: ./],
  ["a cursor that is none", { before: "yesterday" }, /^before: ./],
  ["a list as cursor", { before: [1] }, /^before: ./],
  ["a negative seq", { after: -1 }, /^after: ./],
  ["a seq past all numbers", { after: 1e300 }, /^after: ./],
  ["no visit", { visitId: undefined }, /^visitId: ./],
]) {
  test(`${what} is refused`, async () => {
    assert.match(await ada.fails("message:history", { visitId: visit.id, ...payload }), error);
  });
}

