// Prints every attack by name: the titles of test/engine/security and of the two that try everything at once.
import { readdirSync, readFileSync } from 'node:fs';
import { testTitles } from './test-titles.mjs';

const root = new URL('../', import.meta.url);

/** @returns {string[]} the files that hold attacks, in the order they are listed */
export function attackFiles() {
  const folder = 'test/engine/security';
  const inFolder = readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.test.ts'));
  const whole = ['image', 'compose'].map((what) => `test/e2e/hostile-${what}.test.ts`);
  return [...inFolder.sort().map((name) => `${folder}/${name}`), ...whole];
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const file of attackFiles()) {
    console.log(`\n${file}`);
    for (const { kind, title } of testTitles(readFileSync(new URL(file, root), 'utf8')))
      console.log(kind === 'group' ? `  ${title.split('${')[0]}` : `    ${title}`);
  }
}
