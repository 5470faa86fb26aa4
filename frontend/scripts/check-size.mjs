// Prints what the home page loads first, compressed, and fails above the budget of issue 2.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const BUDGET_BYTES = 150 * 1024;
const HOME_PAGE = "src/app/pages/home-page.tsx";

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("build-manifest.json", dist), "utf8"));

/** Adds the files that a chunk needs at once: itself and its static imports. */
function collect(key, files) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) collect(imported, files);
  return files;
}

const files = collect("index.html", new Set());
if (manifest[HOME_PAGE]) collect(HOME_PAGE, files);
const rows = [...files].map((file) => {
  const bytes = readFileSync(new URL(file, dist));
  return { file, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length };
});
const total = rows.reduce((sum, row) => sum + row.gzip, 0);
const brotli = rows.reduce((sum, row) => sum + row.brotli, 0);

const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
console.log("\nJavaScript of the first load of the home page:");
for (const row of rows) console.log(`  ${row.file}  gzip ${kib(row.gzip)}  brotli ${kib(row.brotli)}`);
console.log(`  total  gzip ${kib(total)}  brotli ${kib(brotli)}  (budget ${kib(BUDGET_BYTES)})`);
if (total > BUDGET_BYTES) {
  console.error(`Over the budget by ${kib(total - BUDGET_BYTES)}.`);
  process.exit(1);
}
