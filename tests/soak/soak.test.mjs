// A short run of script/soak.
import assert from "node:assert/strict";
import { test } from "node:test";
import { soak } from "./soak.mjs";

const kSeconds = Number(process.env.SOAK_SECONDS || 20);

test("nothing is left of connections that come and go, and nothing of what they said is lost", async () => {
  const lines = [];
  const problems = await soak({ seconds: kSeconds, connections: 60, print: (line) => lines.push(line) });
  assert.deepEqual(problems, [], lines.join("\n"));
});
