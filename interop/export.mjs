// Runs an export of ortrain with Hugging Face's transformers.js, tokenizer
// included, in float32.
//
// Usage: node export.mjs EXPORT_FOLDER TEXTS.json PREDICTIONS.jsonl
//
// Compares labels and logits with ortrain's own predictions and exits with 1 if
// a label differs or a logit by more than 1e-4. The package is looked for in
// $INTEROP_NODE.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const bound = 1e-4;
const batchSize = 8;
const length = 128;

const home = pathToFileURL(path.join(process.env.INTEROP_NODE ?? process.cwd(), "index.js"));
const found = createRequire(home).resolve("@huggingface/transformers");
const { AutoModelForSequenceClassification, AutoTokenizer, env } = await import(pathToFileURL(found).href);

const [folder, textsFile, predictionsFile] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = path.dirname(path.resolve(folder));
const name = path.basename(path.resolve(folder));

const texts = JSON.parse(readFileSync(textsFile, "utf8"));
const ours = readFileSync(predictionsFile, "utf8").trim().split("\n").map((line) => JSON.parse(line));
ours.sort((a, b) => a.row - b.row);

const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype: "fp32" });
const labels = model.config.id2label;

let worst = 0;
let flips = 0;
let rows = 0;
for (let i = 0; i < texts.length; i += batchSize) {
  const inputs = tokenizer(texts.slice(i, i + batchSize), { padding: true, truncation: true, max_length: length });
  const { logits } = await model(inputs);
  for (const row of logits.tolist()) {
    const mine = ours[rows++];
    const best = row.indexOf(Math.max(...row));
    if (mine?.label !== labels[best]) flips++;
    for (let k = 0; k < row.length; k++) {
      worst = Math.max(worst, Math.abs(row[k] - (mine?.logits[k] ?? NaN))); // NaN stays NaN
    }
  }
}
const peer = `transformers.js ${env.version} under Node ${process.versions.node}`;
console.log(`${peer}: ${rows} texts, ${flips} labels differ, logits by at most ${worst.toExponential(1)}`);
if (rows !== ours.length || flips > 0 || !(worst <= bound)) {
  console.error(`${peer}: ${ours.length} labels must be equal and logits within ${bound}`);
  process.exitCode = 1;
}
