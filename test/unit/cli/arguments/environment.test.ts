import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withComposeVariables } from '../../../../src/cli/arguments/environment.ts';
import { currentDirectory } from '../../../../src/cli/current-directory.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tcompose-environment-'));
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, '.env'), 'COMPOSE_REMOVE_ORPHANS=1\nTAG=2\nCOMPOSE_PROFILES=$TAG\n');
  writeFileSync(join(directory, 'sub/.env'), 'COMPOSE_ANSI=never\n');
  writeFileSync(join(directory, 'other.env'), 'COMPOSE_PROGRESS=plain\n');
  writeFileSync(join(directory, 'none.env'), 'TAG=1\n');
  writeFileSync(join(directory, 'bad.env'), 'COMPOSE_ANSI never"\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('COMPOSE_* variables of environment files', () => {
  const none = { files: [], projectDirectory: undefined, envFiles: [] };
  test.each<[string, Parameters<typeof withComposeVariables>[0], Record<string, string>, object]>([
    [
      '.env of this directory, and no others',
      none,
      {},
      { COMPOSE_REMOVE_ORPHANS: '1', COMPOSE_PROFILES: '2' },
    ],
    [
      'what the environment has',
      none,
      { COMPOSE_PROFILES: '' },
      { COMPOSE_REMOVE_ORPHANS: '1', COMPOSE_PROFILES: '' },
    ],
    ['.env beside the first -f', { ...none, files: ['-', 'sub/c.yaml'] }, {}, { COMPOSE_ANSI: 'never' }],
    [
      '.env of --project-directory',
      { ...none, files: ['x/y'], projectDirectory: 'sub' },
      {},
      { COMPOSE_ANSI: 'never' },
    ],
    ['--env-file in its place', { ...none, envFiles: ['other.env'] }, {}, { COMPOSE_PROGRESS: 'plain' }],
    [
      'the files of COMPOSE_ENV_FILES',
      none,
      { COMPOSE_ENV_FILES: 'none.env,other.env' },
      { COMPOSE_ENV_FILES: 'none.env,other.env', COMPOSE_PROGRESS: 'plain' },
    ],
    [
      'nothing when no file is to be read',
      none,
      { COMPOSE_DISABLE_ENV_FILE: '1' },
      { COMPOSE_DISABLE_ENV_FILE: '1' },
    ],
    ['nothing of a file that is missing', { ...none, envFiles: ['gone.env'] }, {}, {}],
    ['nothing of a file that is faulty', { ...none, envFiles: ['bad.env'] }, {}, {}],
  ])('are %s', async (_, globals, env, expected) => {
    expect(await withComposeVariables(globals, env, () => directory)).toEqual(expected);
  });

  test('leave the environment itself alone when there are none', async () => {
    const env = { A: '1' };
    expect(await withComposeVariables({ ...none, envFiles: ['none.env'] }, env, () => directory)).toBe(env);
  });
});

test('the current directory is called as the shell calls it, when that is it', () => {
  const link = join(directory, 'current');
  symlinkSync(process.cwd(), link);
  expect(currentDirectory({ PWD: link })).toBe(link);
  for (const PWD of [undefined, '', join(directory, 'sub'), '/no/such/place', 'relative'])
    expect(currentDirectory({ PWD })).toBe(process.cwd());
});
