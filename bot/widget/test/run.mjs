// Bundles every test with what it tests, and runs them with the test runner of node.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

import { stylesAsText } from "../build.mjs";

const here = new URL("./", import.meta.url).pathname;
const out = new URL("../build/", import.meta.url).pathname;
const tests = readdirSync(here).filter((name) => name.endsWith(".test.ts"));
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: tests.map((name) => here + name),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  external: ["jsdom"],
  plugins: [stylesAsText],
});
const files = tests.map((name) => out + name.replace(/\.ts$/, ".mjs"));
const { status } = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
