"use strict";
// nlp.js on the data of Startwijzer; JSON on stdin, JSON on stdout.
//   node nlpjs.js train MODEL    {"examples": [{"text", "intent"}]}  ->  {"train_s"}
//   node nlpjs.js ask MODEL      {"warm_up": [text], "texts": [text]}
//                                ->  {"load_s", "answers": [{"intent", "ranking", "ms"}]}

const fs = require("fs");
const { dockStart } = require("@nlpjs/basic");
const { LangNl } = require("@nlpjs/lang-nl");

const MOST = 10;

/** Seconds since a moment of process.hrtime.bigint(). */
function since(start) {
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** An untrained nlp.js with its own defaults, for Dutch only, that prints and writes nothing. */
async function makeNlp() {
  const nlp = { languages: ["nl"], autoSave: false, autoLoad: false, log: false };
  const dock = await dockStart({
    settings: { nlp, "nlu-nl": { log: false }, nlu: { log: false } }, use: ["Basic"],
  });
  dock.getContainer().use(LangNl);
  return dock.get("nlp");
}

async function train(model, { examples }) {
  const start = process.hrtime.bigint();
  const nlp = await makeNlp();
  for (const { text, intent } of examples) nlp.addDocument("nl", text, intent);
  await nlp.train();
  const seconds = since(start);
  fs.writeFileSync(model, nlp.export(true));
  return { train_s: seconds };
}

async function ask(model, { warm_up: warmUp, texts }) {
  const start = process.hrtime.bigint();
  const nlp = await makeNlp();
  nlp.import(fs.readFileSync(model, "utf8"));
  const load = since(start);
  for (const text of warmUp) await nlp.process("nl", text);
  const answers = [];
  for (const text of texts) {
    const asked = process.hrtime.bigint();
    const found = await nlp.process("nl", text);
    const ms = since(asked) * 1000;
    const ranking = (found.classifications || [])
      .filter(({ intent, score }) => intent !== "None" && score > 0)
      .slice(0, MOST)
      .map(({ intent, score }) => [intent, score]);
    answers.push({ intent: found.intent === "None" ? null : found.intent, ranking, ms });
  }
  return { load_s: load, answers };
}

async function main([command, model]) {
  const input = JSON.parse(fs.readFileSync(0, "utf8"));
  const output = await (command === "train" ? train : ask)(model, input);
  process.stdout.write(JSON.stringify(output));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
