// `npm run bench [name…]`: every benchmark of this folder in turn, or the named ones.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';

const here = new URL('.', import.meta.url).pathname;
const all = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  process.exit(2);
}

console.log(`node ${process.version}, ${cpus().length} processors, kernel ${release()}`);
let failed = 0;
for (const name of wanted) {
  console.log(`\n=== ${name}`);
  if (spawnSync(process.execPath, [`${here}${name}.mjs`], { stdio: 'inherit' }).status !== 0) failed += 1;
}
process.exit(failed > 0 ? 1 : 0);
