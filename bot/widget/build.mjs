// Makes dist/startwijzer.js: one file with the styles and labels in it. The same source always gives the same bytes.
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { minify } from "terser";

const here = new URL("./", import.meta.url);

// The terms of what is in the file; their texts are in the packages.
const NOTICE =
  "/*! Startwijzer (EUPL-1.2), with DOMPurify (MPL-2.0 OR Apache-2.0), Preact and eventsource-parser (MIT) */";

/** Gives an imported .css file as a string, made small. */
export const stylesAsText = {
  name: "styles-as-text",
  setup(made) {
    made.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/**
 * Leaves out a helper that the package of DOMPurify carries along and never calls. Nothing of the sanitiser changes;
 * a version without the helper, or one that uses it, is left as it is.
 */
const withoutUnusedHelper = {
  name: "without-unused-helper",
  setup(made) {
    made.onLoad({ filter: /purify\.es\.mjs$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const without = source.replace(/^function AsyncGenerator\(e\) \{\n[^]*?^\}\nAsyncGenerator\.prototype[^]*?^\};\n/m, "");
      return { contents: /\bAsyncGenerator\b/.test(without) ? source : without, loader: "js" };
    });
  },
};

/** The bundle as text. */
export async function bundle() {
  const made = await build({
    entryPoints: [new URL("src/main.ts", here).pathname],
    absWorkingDir: here.pathname,
    bundle: true,
    format: "iife",
    target: ["safari15.4", "firefox102", "chrome94"],
    minifySyntax: true,
    charset: "utf8",
    legalComments: "none",
    plugins: [stylesAsText, withoutUnusedHelper],
    write: false,
  });
  // esbuild puts it together; terser makes it 4 % smaller than esbuild can.
  const small = await minify(made.outputFiles[0].text, {
    ecma: 2020,
    compress: { passes: 3, toplevel: true, unsafe_arrows: true },
    mangle: { toplevel: true },
    format: { comments: false, preamble: NOTICE },
  });
  return `${small.code}\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const code = await bundle();
  await mkdir(new URL("dist/", here), { recursive: true });
  await writeFile(new URL("dist/startwijzer.js", here), code);
  const hash = createHash("sha384").update(code).digest("base64");
  console.log(`dist/startwijzer.js: ${gzipSync(code, { level: 9 }).length} bytes gzipped`);
  console.log(`integrity="sha384-${hash}"`);
}
