import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commandLimit, requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';

/**
 * Small projects with what Docker Compose prints of them. `NOTE` begins with the command line, variables in front; `expected-*` hold
 * what the references printed, the last line of their standard error being `exit <code>`.
 */
const folder = '../shared/faults/compose-cases';
const present = existsSync(folder);
const unmet = present ? requirements({ built: true }) : `${folder} is not here`;
if (unmet !== undefined) console.warn(`skipped: compose cases: ${unmet}`);

const references = ['2.40.3', 'compose-go-head'];
const places = mkdtempSync(join(tmpdir(), 'tcompose-cases-'));
afterAll(() => rmSync(places, { recursive: true }));

interface Printed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runCase(name: string): Printed {
  const cwd = join(places, name);
  cpSync(join(folder, name), cwd, { recursive: true });
  const command = /^command:(.*)$/m.exec(readFileSync(join(cwd, 'NOTE'), 'utf8'))?.[1] ?? '';
  const words = command.trim().split(/\s+/);
  const first = words.findIndex((word) => !/^\w+=/.test(word));
  const variables = Object.fromEntries(
    words.slice(0, first).map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [resolve('dist/tcompose.cjs'), ...words.slice(first)],
    { cwd, env: { ...plainEnvironment(), ...variables }, encoding: 'utf8', timeout: commandLimit },
  );
  return { status, stdout: stdout.replaceAll(`${cwd}`, `@REPORTS@/parity-cases/${name}`), stderr };
}

function expected(name: string, reference: string): Printed {
  const text = (stream: string) =>
    readFileSync(join(folder, name, `expected-${reference}.${stream}`), 'utf8');
  const [, stderr = '', code] = /^([\s\S]*?)exit (\d+)\s*$/.exec(text('stderr')) ?? [];
  return { status: Number(code), stdout: text('stdout'), stderr };
}

/** Without what the versions of Docker Compose differ in, and the line feed at the end, which its JSON lacks. */
const plain = (text: string): string =>
  text
    .replace(/bind:\n +create_host_path: true\n/g, 'bind: {}\n')
    .replace(/"bind": \{\s*"create_host_path": true\s*\}/g, '"bind": {}')
    .trimEnd();

/** What the reference says of a refusal, without the words it ends every such sentence with. */
const sentence = (stderr: string): string =>
  (stderr.trimEnd().split('\n').at(-1) ?? '').replace(/: invalid compose project$/, '');

describe.skipIf(unmet !== undefined)('compose cases', () => {
  test.each(present ? readdirSync(folder).sort() : [])('%s is as one of the references has it', (name) => {
    const printed = runCase(name);
    const wanted = references.map((reference) => expected(name, reference));
    expect(wanted.map(({ status }) => status)).toContain(printed.status);
    if (printed.status === 0)
      expect(wanted.map(({ stdout }) => plain(stdout))).toContain(plain(printed.stdout));
    else for (const { stderr } of wanted) expect(printed.stderr).toContain(sentence(stderr));
  });
});
