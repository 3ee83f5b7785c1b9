// Answers lines of standard input with a model that ortrain exported, without
// ortrain: label and probability, a line each.
//
//   node serve.mjs EXPORT_FOLDER < lines.txt

import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { AutoModelForSequenceClassification, AutoTokenizer, env, softmax } from "@huggingface/transformers";

const maxLength = 128; // tokens: ortrain's --max_seq_length unless you changed it

if (process.argv.length !== 3) {
  console.error("usage: node serve.mjs EXPORT_FOLDER < lines.txt");
  process.exit(2);
}
const folder = path.resolve(process.argv[2]);
env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder);
const name = path.basename(folder);

const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype: "fp32" });
const { id2label, max_position_embeddings: positions } = model.config;
if (existsSync(path.join(folder, "clean.yaml"))) {
  console.error("serve.mjs: the model was trained on cleaned texts; clean the lines by clean.yaml first (README.md)");
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { logits } = await model(tokenizer(line, { truncation: true, max_length: Math.min(maxLength, positions) }));
  const scores = softmax(logits.tolist()[0]);
  const best = scores.indexOf(Math.max(...scores));
  console.log(`${id2label[best]}\t${scores[best].toFixed(6)}`);
}
