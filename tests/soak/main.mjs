// script/soak: see there.
import { parseArgs } from "node:util";
import { soak } from "./soak.mjs";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "2" }, connections: { type: "string", default: "200" } },
});
const problems = await soak({
  seconds: Number(values.minutes) * 60,
  connections: Number(values.connections),
  print: (line) => console.log(line),
});
problems.forEach((problem) => console.error(problem));
process.exit(problems.length === 0 ? 0 : 1);
