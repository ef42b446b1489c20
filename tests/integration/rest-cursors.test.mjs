// Lists in pages, of every app: a cursor that is none is refused by name, and none leads to what is somebody else's.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { Client } from "../support/health.mjs";
import { sign } from "../support/tokens.mjs";

const server = await startBelfry(null);
const kRows = 3;
const kBroken = ["x", "yesterday", " ", "-", "%00", "%ff", "null", "1e3", "1.5", "-1", "0x10", "99999999999999999999", "' OR 1=1 --", "z".repeat(36), "a".repeat(35), "a".repeat(37), "01890A5D-AC96-774B-BCCE-B302099A8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "9".repeat(6_000)];

const must = async (user, method, path, body) => {
  const answer = await server.call(method, path, { as: user === null ? kApiKey : sign({ sub: user, role: "patient" }), body });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
};
const times = async (make) => {
  const made = [];
  for (let i = 0; i < kRows; ++i) made.push(await make(i));
  return made;
};

/** The same of app household: a family of this user alone. */
async function populateHousehold(user) {
  const post = (path, body) => must(user, "POST", `/v1/household${path}`, body);
  const families = await times((i) => post("/families", { name: `family ${i}` }));
  const familyId = families[0].id;
  const karma = await times(() => post("/karma", { familyId, userId: user, amount: 10, reason: "x" }));
  const rewards = await times((i) => post("/rewards", { familyId, name: `reward ${i}`, cost: 1 }));
  const claims = await times(() => post("/claims", { rewardId: rewards[0].id }));
  const tasks = await times((i) => post("/tasks", { familyId, name: `task ${i}`, assignment: { type: "unassigned" } }));
  const of = (list, rows, more = "") => [`/v1/household/${list}`, { path: `/v1/household/${list}?familyId=${familyId}${more}`, rows }];
  return {
    "/v1/household/families": { rows: families },
    "/v1/household/chats": { rows: await times((i) => post("/chats", { name: `chat ${i}`, memberIds: [] })) },
    ...Object.fromEntries([of("karma", karma, `&userId=${user}`), of("rewards", rewards), of("claims", claims), of("tasks", tasks)]),
  };
}

/** A user with some rows in every list: `{template: {path, rows}}`. */
async function populate(user) {
  const visits = await times(() => server.visit(user, `dr of ${user}`));
  const id = visits[0].id;
  const phone = await Client.open(null, server, user);
  const calls = await times(async () => {
    const call = await phone.must("call:initiate", { recipientId: `dr of ${user}`, visitId: id, callType: "audio" });
    await phone.next("call:missed");
    return { id: call.callId };
  });
  const post = (path, body) => must(user, "POST", `/v1/care${path}`, body);
  const groups = await times((i) => must(user, "POST", "/v1/groups", { name: `group ${i}` }));
  const families = await times((i) => post("/families", { name: `family ${i}` }));
  const familyId = families[0].id;
  const recipients = await times((i) => post("/recipients", { familyId, name: `recipient ${i}` }));
  const careRecipientId = recipients[0].id;
  const medications = await times((i) => post("/medications", { careRecipientId, name: `medication ${i}`, dosage: "1" }));
  const notify = (path, body) => times(() => must(null, "POST", path, { userId: user, type: "info", title: "x", message: "x", ...body }));
  return {
    phone,
    lists: {
      ...(await populateHousehold(user)),
      "/v1/groups": { rows: groups },
      "/v1/groups/{id}/messages": {
        path: `/v1/groups/${groups[0].id}/messages`,
        rows: await times((i) => must(user, "POST", `/v1/groups/${groups[0].id}/messages`, { text: `${i}` })),
      },
      "/v1/health/visits": { rows: visits },
      "/v1/health/visits/{id}/messages": { path: `/v1/health/visits/${id}/messages`, rows: await times((i) => must(user, "POST", `/v1/health/visits/${id}/messages`, { message: `${i}` })) },
      "/v1/health/calls": { path: `/v1/health/calls?visitId=${id}`, rows: calls },
      "/v1/health/notifications": { rows: await notify("/v1/health/notifications", {}) },
      "/v1/inbox/notifications": { rows: await notify("/v1/inbox/notifications", { title: undefined }) },
      "/v1/care/families": { rows: families },
      "/v1/care/recipients": { path: `/v1/care/recipients?familyId=${familyId}`, rows: recipients },
      "/v1/care/recipients/{id}/medications": { path: `/v1/care/recipients/${careRecipientId}/medications`, rows: medications },
      "/v1/care/medications/{id}/logs": { path: `/v1/care/medications/${medications[0].id}/logs`, rows: await times(() => post(`/medications/${medications[0].id}/logs`, { status: "GIVEN" })) },
      "/v1/care/alerts": { path: `/v1/care/alerts?familyId=${familyId}`, rows: await times((i) => post("/alerts", { careRecipientId, type: `${i}`, severity: "LOW" })) },
      "/v1/care/shifts": {
        path: `/v1/care/shifts?familyId=${familyId}`,
        rows: await times(() => post("/shifts", { careRecipientId, caregiverId: user, startsAt: "2026-01-01T08:00:00Z", endsAt: "2026-01-01T16:00:00Z" })),
      },
      "/v1/care/notifications": { rows: (await must(user, "GET", "/v1/care/notifications")).items },
    },
  };
}

let mine;
let theirs;
before(async () => {
  // At the same time, so that the rows of the one stand between those of the other.
  [mine, theirs] = await Promise.all([populate("ann"), populate("ben")]);
  for (const { phone } of [mine, theirs]) phone.close();
});

const list = (path, query) => server.call("GET", `${path}${path.includes("?") ? "&" : "?"}${query}`, { as: sign({ sub: "ann", role: "patient" }) });

test("every list of the reference is among those looked at", async () => {
  const { paths } = JSON.parse(await readFile(new URL("../../web/docs/openapi.json", import.meta.url), "utf8"));
  const paged = Object.keys(paths).filter((path) => paths[path].get?.parameters?.some((one) => (one.name ?? one.$ref).endsWith("before")));
  assert.deepEqual(paged.sort(), [...Object.keys(mine.lists), "/v1/mails", "/v1/rooms", "/v1/sockets"].sort());
});

test("a cursor that is none: 422, and it names the field", async () => {
  for (const [template, { path = template }] of Object.entries(mine.lists)) {
    for (const cursor of kBroken) {
      const { status, json, text } = await list(path, `before=${cursor.startsWith("%") ? cursor : encodeURIComponent(cursor)}`);
      assert.deepEqual([status, json?.errors?.map(({ field }) => field)], [422, ["before"]], `${path} before ${cursor.slice(0, 40)}: ${text.slice(0, 200)}`);
    }
    for (const limit of ["0", "-1", "ten", "1.5", "%20", "0x1"]) {
      const { status, json } = await list(path, `limit=${limit}`);
      assert.deepEqual([status, json.errors.map(({ field }) => field)], [422, ["limit"]], `${path} limit ${limit}`);
    }
  }
});

test("somebody else's cursors, and made up ones, lead to one's own rows alone", async () => {
  for (const [template, { path = template, rows }] of Object.entries(mine.lists)) {
    const all = (await list(path, "limit=200")).json.items;
    const ids = all.map(({ id }) => id);
    for (const row of rows) assert.ok(ids.includes(row.id), `${path} lists ${JSON.stringify(row)}`);
    const own = theirs.lists[template].rows;
    assert.ok(own.length > 0 && !own.some(({ id }) => ids.includes(id)), path);
    const bySeq = template.endsWith("/messages");
    const cursors = own.map((one) => (bySeq ? `${one.seq}` : one.id));
    for (const cursor of [...cursors, ...(bySeq ? ["0", "9007199254740991"] : ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "-".repeat(36)])]) {
      const { status, json } = await list(path, `limit=2&before=${cursor}`);
      assert.equal(status, 200, `${path} before ${cursor}`);
      const expected = all.filter((one) => (bySeq ? one.seq < Number(cursor) : one.id < cursor)).map(({ id }) => id);
      assert.deepEqual(json.items.map(({ id }) => id), expected.slice(0, 2), `${path} before ${cursor}`);
      assert.equal(json.nextCursor === null, expected.length <= 2, `${path} before ${cursor}`);
    }
  }
});

test("each list in pages of one: every row once, newest first", async () => {
  for (const [template, { path = template }] of Object.entries(mine.lists)) {
    const all = (await list(path, "limit=200")).json.items.map(({ id }) => id);
    assert.deepEqual(all, [...all].sort().reverse(), path);
    const seen = [];
    for (let cursor = ""; cursor !== null; ) {
      const { json } = await list(path, `limit=1${cursor && `&before=${encodeURIComponent(cursor)}`}`);
      seen.push(...json.items.map(({ id }) => id));
      cursor = json.nextCursor;
    }
    assert.deepEqual(seen, all, path);
  }
});

test("sockets and rooms take any text as a place to go on from", async (t) => {
  await Client.open(t, server, "cid");
  for (const path of ["/v1/sockets", "/v1/rooms"]) {
    for (const cursor of kBroken) {
      const { status, json } = await server.call("GET", `${path}?before=${cursor.startsWith("%") ? cursor : encodeURIComponent(cursor)}`, { as: kApiKey });
      assert.equal(status, 200, `${path} before ${cursor}`);
      assert.ok(Array.isArray(json.items) && json.nextCursor === null);
    }
  }
});

test("events refuse them, too", async (t) => {
  const phone = await Client.open(t, server, "ann");
  const visitId = mine.lists["/v1/health/visits"].rows[0].id;
  for (const cursor of ["x", "-1", "9".repeat(6_000), "' OR 1=1 --", "\u0000", -1, 1.5, 2 ** 70, [], {}, true]) {
    if (typeof cursor === "string") assert.match(await phone.fails("notification:list", { before: cursor }), /^before: ./);
    for (const field of ["before", "after"]) assert.match(await phone.fails("message:history", { visitId, [field]: cursor }), new RegExp(`^${field}: .`), `${cursor}`);
  }
  const theirIds = theirs.lists["/v1/health/notifications"].rows;
  const { items } = await phone.must("notification:list", { before: theirIds.at(-1).id });
  assert.ok(!items.some(({ id }) => theirIds.some((one) => one.id === id)));
});
