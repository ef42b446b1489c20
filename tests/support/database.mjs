// Several nodes on one database, which is made for the test and goes with the PostgreSQL of the tests.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { startBelfry } from "./belfry.mjs";

const execute = promisify(execFile);
const kQueryMs = 20_000;

/** PostgreSQL of `tests/support/with-services`. */
function serverUrl() {
  const url = process.env.BELFRY_TEST_POSTGRES;
  if (!url) throw new Error("BELFRY_TEST_POSTGRES is not set: run this by tests/support/with-services");
  return url;
}

/** Runs SQL; its rows, one a line. */
export async function query(sql, url = serverUrl()) {
  const { stdout } = await execute("psql", ["--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql], { timeout: kQueryMs });
  return stdout.trim();
}

/** A new, empty database. */
export async function freshDatabase() {
  const url = new URL(serverUrl());
  const name = `cluster_${randomBytes(6).toString("hex")}`;
  await query(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  return url.href;
}

/** `count` nodes on one new database: `{nodes, database}`. */
export async function startCluster(t, count, { args = [], env = {} } = {}) {
  const database = await freshDatabase();
  const nodes = [];
  // One after the other: the first makes the tables.
  for (let i = 0; i < count; ++i) nodes.push(await startBelfry(t, { args, env: { DATABASE_URL: database, ...env } }));
  return { nodes, database };
}
