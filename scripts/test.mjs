// `npm test`: build, type check, lint, the native tests, every test tier, then the leak check. Ends with one line:
// "N passed, N failed, N skipped". Arguments are handed to vitest (file filters, --project).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers } from './leak-check.mjs';

// All the tests make is below this directory, so that what they leave can be told from what others have on this machine.
const scratch = mkdtempSync(join(tmpdir(), 'tct-'));
chmodSync(scratch, 0o755);
process.env.TMPDIR = scratch;
const filters = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
/** Told once more at the end, where one looks first. */
const failures = [];

function step(name, command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const passed = status === 0;
  totals[passed ? 'passed' : 'failed'] += 1;
  if (!passed) console.error(`${name} failed`);
  return passed;
}

/** Tiers that compute, and those that start containers. */
const pure = ['unit', 'conformance'];
const containers = ['engine', 'e2e'];

const built = step('build', 'node', ['scripts/build.mjs']);
if (filters.length === 0) {
  step('type check', 'npx', ['--no-install', 'tsc', '--noEmit']);
  step('lint', 'npx', ['--no-install', 'biome', 'check', '.']);
  if (existsSync('scripts/test-native.sh')) step('native tests', 'bash', ['scripts/test-native.sh']);
}

if (built) {
  const before = new Set(leftovers(scratch));
  if (filters.length > 0) await runTiers(filters.includes('--project') ? [] : [...pure, ...containers]);
  else {
    await runTiers(pure);
    // One after the other: two files at once were seen to disturb one another.
    for (const tier of containers) await runTiers([tier]);
  }
  await leakCheck(before);
}
rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
for (const failure of failures) console.error(`failed: ${failure}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 || !built ? 1 : 0);

/** Runs the tests of some tiers and adds them up. */
async function runTiers(tiers) {
  const report = join(scratch, `report-${tiers.join('-')}.json`);
  const projects = tiers.flatMap((tier) => ['--project', tier]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
  const runner = spawn('npx', ['--no-install', 'vitest', 'run', ...projects, ...reporters, ...filters], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await once(runner, 'exit');
  count(report);
}

function count(report) {
  if (!existsSync(report)) {
    console.error('the test runner wrote no report');
    totals.failed += 1;
    return;
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests;
  totals.skipped += result.numPendingTests + result.numTodoTests;
  for (const file of result.testResults) {
    for (const { status, fullName, failureMessages } of file.assertionResults)
      if (status === 'failed') failures.push(`${file.name}: ${fullName}\n${failureMessages.join('\n')}`);
    // A suite that fails to load has no failed test of its own.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      console.error(`${file.name}: ${file.message}`);
      totals.failed += 1;
    }
  }
}

/** Teardown may still be under way when the last test ends: it gets a minute, however slow the machine. */
async function leakCheck(before) {
  let left = leftovers(scratch).filter((line) => !before.has(line));
  for (let tries = 0; left.length > 0 && tries < 120; tries++) {
    await sleep(500);
    // What comes and goes meanwhile is another run's.
    const now = new Set(leftovers(scratch));
    left = left.filter((line) => now.has(line));
  }
  for (const line of left) console.error(`left behind: ${line}`);
  totals[left.length === 0 ? 'passed' : 'failed'] += 1;
}
