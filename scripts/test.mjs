// `npm test`: build, type check, lint, the native tests, every test tier, then the leak check. Ends with one line:
// "N passed, N failed, N skipped". Arguments are handed to vitest (file filters, --project).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers } from './leak-check.mjs';

// All the tests make is below this directory, so that what they leave can be told from what others have on this machine.
const scratch = mkdtempSync(join(tmpdir(), 'tct-'));
chmodSync(scratch, 0o755);
process.env.TMPDIR = scratch;
const report = join(scratch, 'report.json');
const filters = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };

function step(name, command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const passed = status === 0;
  totals[passed ? 'passed' : 'failed'] += 1;
  if (!passed) console.error(`${name} failed`);
  return passed;
}

const built = step('build', 'node', ['scripts/build.mjs']);
if (filters.length === 0) {
  step('type check', 'npx', ['--no-install', 'tsc', '--noEmit']);
  step('lint', 'npx', ['--no-install', 'biome', 'check', '.']);
  if (existsSync('scripts/test-native.sh')) step('native tests', 'bash', ['scripts/test-native.sh']);
}

if (built) {
  const before = new Set(leftovers(scratch));
  const tiers = ['unit', 'conformance', 'engine', 'e2e'];
  const projects = filters.includes('--project') ? [] : tiers.flatMap((tier) => ['--project', tier]);
  spawnSync(
    'npx',
    [
      '--no-install',
      'vitest',
      'run',
      ...projects,
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${report}`,
      ...filters,
    ],
    { stdio: 'inherit' },
  );
  count();
  await leakCheck(before);
}
rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 || !built ? 1 : 0);

function count() {
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
