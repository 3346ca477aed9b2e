import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cameWithLingering, unitName, unitText } from '../../../../../src/cli/engine/service/unit-file.ts';

const golden = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../../../fixtures/engine-service', name), 'utf8');

it('the unit of root starts with the machine and stops containers with it', () => {
  const text = unitText({
    scope: 'system',
    program: ['/usr/bin/node', '/usr/lib/node_modules/tcompose/dist/tcompose.cjs'],
    environment: {},
    lingering: false,
    stopsContainers: true,
  });
  expect(text).toBe(golden('system.service'));
  expect(cameWithLingering(text)).toBe(false);
});

it('the unit of a user says by what the engine finds its directories, in words that systemd takes as they are', () => {
  const text = unitText({
    scope: 'user',
    program: ['/home/ann/.nvm/v22/bin/node', '/home/ann/a dir/$x/tcompose.cjs'],
    environment: { TCOMPOSE_ROOT: '/home/ann/my "50%" $root', XDG_DATA_HOME: '/data/ann' },
    lingering: true,
    stopsContainers: false,
  });
  expect(text).toBe(golden('user.service'));
  expect(cameWithLingering(text)).toBe(true);
});

it('no value can add a line', () => {
  const text = unitText({
    scope: 'user',
    program: ['/n'],
    environment: { TCOMPOSE_ROOT: '/a\nExecStart=/bin/evil' },
    lingering: false,
    stopsContainers: true,
  });
  expect(text).toContain('Environment="TCOMPOSE_ROOT=/a\\nExecStart=/bin/evil"\n');
  expect(text.match(/^ExecStart=/gm)).toHaveLength(1);
});

it('each engine root has a unit of its own', () => {
  expect(unitName(undefined)).toBe('tcompose.service');
  expect(unitName('/a')).toMatch(/^tcompose-[0-9a-f]{8}\.service$/);
  expect(unitName('/a')).not.toBe(unitName('/b'));
});
