// `npm test`: build, type check, lint, the native tests, every test tier, then the leak check. Ends with one line:
// "N passed, N failed, N skipped". Arguments are handed to vitest (file filters, --project).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftovers } from './leak-check.mjs';
import { Tally } from './tally.mjs';
import { endToEndParts, engines, withNothing } from './user-tests.mjs';

// All the tests make is below this directory, so that what they leave can be told from what others have on this machine.
const scratch = mkdtempSync(join(tmpdir(), 'tct-'));
chmodSync(scratch, 0o755);
process.env.TMPDIR = scratch;
const filters = process.argv.slice(2);
const tally = new Tally();

function step(name, command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  tally.record(name, status === 0);
  return status === 0;
}

/** Tiers that only compute. */
const pure = ['unit', 'conformance'];
const native = 'scripts/test-native.sh';
const built = step('build', 'node', ['scripts/build.mjs']);
if (built) {
  const before = new Set(leftovers(scratch));
  if (filters.length > 0) await runTiers(filters.includes('--project') ? [] : [...pure, 'engine', 'e2e']);
  else await runAll();
  await leakCheck(before);
}
rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
for (const one of tally.unsteady) console.error(`unsteady, failed once and passed alone: ${one}`);
for (const one of tally.failures) console.error(`failed: ${one}`);
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed > 0 || !built ? 1 : 0);

/**
 * Two lanes of tests that start containers, each one file after the other: they mostly wait. What only computes goes on beside them, with
 * what the processors have left. The first lane's output is shown when all is over.
 */
async function runAll() {
  const beside = computeBeside();
  const log = join(scratch, 'lane.log');
  const way = ['--way-out', 'slirp4netns'];
  const nothing = ['--sub-ids', 'none', '--way-out', 'none'];
  const left = [
    (to) => runAsUser('the e2e tier as a user with sub-ids and pasta', endToEndParts[0], to),
    (to) => runAsUser('the engine tier as such a user', engines, to),
    (to) => runAsUser('the other half of the e2e tier, with slirp4netns', [...way, ...endToEndParts[1]], to),
    (to) => runAsUser('as a user with neither', [...nothing, ...withNothing], to),
  ];
  const lane = async (first, to) => {
    for (let next = first; next !== undefined; next = left.shift()) await next(to);
  };
  await Promise.all([lane(runEngineTier, log), lane(() => runTiers(['e2e']))]);
  process.stdout.write(readFileSync(log));
  await beside;
  await tally.runSuspectsAgain(scratch);
}

/** Files once more, as a user who is not root; the output goes to `log`, if there is one. */
async function runAsUser(what, words, log) {
  if (process.getuid?.() !== 0) {
    console.log(`${what}: not run, it takes root to make one`);
    return;
  }
  if (log === undefined) console.log(`${what}:`);
  else appendFileSync(log, `${what}:\n`);
  const report = join(scratch, `report-${what.replaceAll(/\W+/g, '-')}.json`);
  const run = (to, files, out) =>
    exitOf('node', ['scripts/test-as-user.mjs', ...files], out, { ...process.env, TCOMPOSE_TEST_REPORT: to });
  await run(report, words, log);
  const ways = words.filter((word) => !word.startsWith('test/'));
  tally.count(report, (to, file) => run(to, [...ways, file]));
}

async function runEngineTier(log) {
  if (existsSync(native))
    tally.record('native tests', (await exitOf('bash', [native, '--sanitized'], log)) === 0);
  await runTiers(['engine'], log);
}

/** Its output is shown whole when it is over: it must not stand between the lines of others. */
async function computeBeside() {
  const log = join(scratch, 'beside.log');
  const run = async (name, command, args) =>
    tally.record(name, (await exitOf('nice', ['-n', '19', command, ...args], log)) === 0);
  await run('type check', 'npx', ['--no-install', 'tsc', '--noEmit']);
  await run('lint', 'npx', ['--no-install', 'biome', 'check', '.']);
  if (existsSync(native)) await run('static analysis', 'bash', [native, '--static']);
  await runTiers(pure, log, ['nice', '-n', '19']);
  process.stdout.write(readFileSync(log));
}

async function exitOf(command, args, log, env = process.env) {
  const out = log === undefined ? 'inherit' : openSync(log, 'a');
  const running = spawn(command, args, { stdio: ['ignore', out, out], env });
  const [status] = await once(running, 'exit');
  if (log !== undefined) closeSync(out);
  return status;
}

/** Runs the tests of some tiers, by the command `by` if it is given, and adds them up; the output goes to `log`, if there is one. */
async function runTiers(tiers, log, by = []) {
  const report = join(scratch, `report-${tiers.join('-')}.json`);
  const projects = tiers.flatMap((tier) => ['--project', tier]);
  const run = (to, files, out) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${to}`];
    const vitest = ['npx', '--no-install', 'vitest', 'run', ...projects, ...reporters, ...files];
    const [command, ...args] = [...by, ...vitest];
    return exitOf(command, args, out);
  };
  await run(report, filters, log);
  tally.count(report, (to, file) => run(to, [file]));
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
  tally.record('the search for what is left behind', left.length === 0);
}
