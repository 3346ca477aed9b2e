import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endEngine, requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { enterOwnNetwork } from '../support/own-network.ts';
import { startOwnResolver } from '../support/own-resolver.ts';

/** Small projects for reported mistakes: `run.sh` brings one up with $TC, `expected.txt` says what is right. */
const folder = '../shared/faults/cases';
const present = existsSync(folder);
const unmet = present
  ? requirements({ containers: true, built: true, commands: ['busybox'] })
  : `${folder} is not here`;
if (unmet !== undefined) console.warn(`skipped: reported cases: ${unmet}`);

interface Expected {
  /** Each is in what the case prints. */
  readonly shows: readonly (string | RegExp)[];
  /** None of these is. */
  readonly never?: readonly (string | RegExp)[];
}

const cases: Readonly<Record<string, Expected>> = {
  'bind-volume-copy-up': { shows: [/^s-1 +\| seed$/m, 'host: [seed]'] },
  'cp-dot-new-dest': { shows: [/^rc 0$/m, /^\/tmp\/new:\na$/m], never: [/^\/tmp:\na$/m] },
  'external-without-create': {
    shows: ['tcompose network create bhext', /^[0-9a-f]{64}$/m, /^evol$/m],
    never: ['unknown command'],
  },
  'inline-config-change': { shows: [/^v=2$/m], never: [/^v=1$/m] },
  'ipv6-default-route': { shows: ['default via fd10:231:66::1'] },
  'network-gone': { shows: [/^a-1 +\| \d+\.\d+\.\d+\.\d+$/m], never: ['error:'] },
  'no-deps-service-namespace': { shows: [/^rc 0\n[\s\S]*^rc 0$/m], never: ['error:'] },
  'ports-range-large': { shows: ['Started'], never: ['error:'] },
  'readonly-configs': { shows: [/\| hello$/m, /\| sec$/m], never: ['error:'] },
  'restart-waits': { shows: [/^db .*\(healthy\)$/m, /^web Up/m, /^rc 1$/m], never: ['JOBRAN'] },
  // Nobody follows what `up -d` starts: its log keeps to its size, and says that its beginning is missing.
  'rotation-loss': { shows: [/^up, 1m: +100000$/m, /^logs -f, 1m: +\d{5,6}$/m, /^up, 10k: +100000$/m] },
  // Whoever is asked outside does not know the name, or is not there.
  'run-aliases': { shows: [/NXDOMAIN|SERVFAIL/], never: ['"salias"'] },
  'single-letter-volume': { shows: ['config rc 0', 's-1 exited with code 0'], never: ['error:'] },
  'single-service-follow': { shows: [/\| one\n[\s\S]*\| one$/m, 'logs -f ended, rc 124'] },
  'static-ip-stolen': { shows: [/^rc 0$/m], never: ['error:'] },
};

/** Longest a case may take, milliseconds. */
const limit = 300_000;

describe.skipIf(unmet !== undefined)(`reported cases${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let root: string;
  const environment = () => ({
    ...plainEnvironment(),
    TC: `${process.execPath} ${resolve('dist/tcompose.cjs')}`,
    TCOMPOSE_ROOT: root,
  });
  /** Ports, subnets and the names that are asked for are the cases' own: others on this machine may be at the same ones. */
  let resolver: Awaited<ReturnType<typeof startOwnResolver>> | undefined;
  beforeAll(async () => {
    enterOwnNetwork();
    if (process.getuid?.() === 0) resolver = await startOwnResolver();
    root = mkdtempSync('/tmp/tc-cases-');
  });
  afterAll(() => {
    spawnSync(process.execPath, [resolve('dist/tcompose.cjs'), ...endEngine], { env: environment() });
    rmSync(root, { recursive: true });
    resolver?.close();
  });

  it('have each an expectation here', () => {
    const known = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(known.map(({ name }) => name).filter((name) => cases[name] === undefined)).toEqual([]);
  });

  for (const [name, { shows, never = [] }] of Object.entries(cases)) {
    it(name, async () => {
      const [program = '', ...args] = [
        ...(resolver?.words ?? []),
        'bash',
        join(resolve(folder), name, 'run.sh'),
      ];
      const child = spawn(program, args, {
        env: environment(),
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: limit,
      });
      const said = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray());
      await once(child, 'close');
      const text = (await Promise.all(said)).flat().join('');
      for (const part of shows) expect(text).toMatch(part);
      for (const part of never) expect(text).not.toMatch(part);
    });
  }
});
