import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forgetCredentials, keepCredentials } from '../../../../src/cli/credentials/store-credentials.ts';

let home: string;
let file: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  file = join(home, 'docker', 'config.json');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const env = () => ({ PATH: `${join(home, 'bin')}:${process.env.PATH}` });
const stored = () => JSON.parse(readFileSync(file, 'utf8'));
const write = (content: unknown) => {
  mkdirSync(join(home, 'docker'), { recursive: true });
  writeFileSync(file, JSON.stringify(content), { mode: 0o644 });
};

it('keeps credentials for the owner alone, with whatever else is in the file', async () => {
  write({ HttpHeaders: { a: 'b' }, auths: { old: { auth: 'x' } }, unknown: [1] });
  expect(await keepCredentials(file, 'reg:5', { username: 'u', password: 'p:q' }, env())).toBe(true);
  expect(stored()).toEqual({
    HttpHeaders: { a: 'b' },
    auths: { old: { auth: 'x' }, 'reg:5': { auth: 'dTpwOnE=' } },
    unknown: [1],
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(home, 'docker'))).toEqual(['config.json']);
});

it('makes the directory, keeps a token, and writes through a link', async () => {
  await keepCredentials(file, 'reg', { username: 'u', identitytoken: 't' }, env());
  expect(stored().auths.reg).toEqual({ auth: 'dTo=', identitytoken: 't' });
  const link = join(home, 'link.json');
  symlinkSync(file, link);
  await keepCredentials(link, 'other', { username: 'u', password: 'p' }, env());
  expect(Object.keys(stored().auths)).toEqual(['reg', 'other']);
});

it('leaves a file alone that it cannot read', async () => {
  mkdirSync(join(home, 'docker'));
  writeFileSync(file, '{ broken');
  await expect(keepCredentials(file, 'reg', { username: 'u', password: 'p' }, env())).rejects.toMatchObject({
    code: 'CLI_CREDENTIALS',
  });
  expect(readFileSync(file, 'utf8')).toBe('{ broken');
});

it('gives them to the helper that the file names, and takes them from it', async () => {
  mkdirSync(join(home, 'bin'));
  const program = join(home, 'bin', 'docker-credential-t');
  writeFileSync(program, `#!/bin/sh\necho "$1" >>${home}/calls\ncat >>${home}/calls\n`);
  chmodSync(program, 0o755);
  write({ credHelpers: { 'reg:5': 't' } });
  expect(await keepCredentials(file, 'reg:5', { username: 'u', password: 'p' }, env())).toBe(false);
  expect(stored().auths).toEqual({ 'reg:5': {} });
  expect(await forgetCredentials(file, 'reg:5', env())).toBeUndefined();
  expect(stored().auths).toEqual({});
  expect(readFileSync(join(home, 'calls'), 'utf8')).toBe(
    'store\n{"ServerURL":"reg:5","Username":"u","Secret":"p"}erase\nreg:5',
  );
});

it('forgets every spelling of a host and no name space', async () => {
  write({
    auths: {
      'https://reg/v2/': { auth: 'x' },
      reg: { auth: 'x' },
      'reg/ns': { auth: 'x' },
      other: { auth: 'x' },
    },
  });
  await forgetCredentials(file, 'reg', env());
  expect(Object.keys(stored().auths)).toEqual(['reg/ns', 'other']);
});
