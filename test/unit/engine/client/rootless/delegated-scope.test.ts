import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scopeCommand, scopeRefused } from '../../../../../src/engine/client/rootless/delegated-scope.ts';
import { runInNamespaces } from '../../../../../src/engine/client/rootless/run-in-namespaces.ts';

const unified = '31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:1 - cgroup2 cgroup2 rw,nsdelegate';
const controller = '32 23 0:29 / /sys/fs/cgroup/memory rw shared:2 - cgroup cgroup rw,memory';

describe('a scope of the user’s systemd', () => {
  const session = (change: object = {}) => ({
    env: { XDG_RUNTIME_DIR: '/run/user/1000' } as Record<string, string>,
    mountinfo: unified,
    exists: (path: string) => path === '/run/user/1000/bus',
    program: (name: string) => (name === 'systemd-run' ? '/usr/bin/systemd-run' : undefined),
    ...change,
  });

  it('is asked for with its control group delegated', () => {
    expect(scopeCommand(session(), '/run/user/1000/tcompose')).toEqual([
      '/usr/bin/systemd-run',
      '--user',
      '--scope',
      '--quiet',
      '--collect',
      '--property=Delegate=yes',
      '--property=Before=tcompose.service',
      '--property=TimeoutStopSec=15',
      '--description=tcompose engine of /run/user/1000/tcompose',
      '--',
    ]);
  });

  it.each([
    ['a group is named', { env: { XDG_RUNTIME_DIR: '/run/user/1000', TCOMPOSE_CGROUP: '/jobs/7' } }],
    ['there is no bus', { exists: () => false }],
    ['nobody says where the bus is', { env: {} }],
    ['control groups are v1', { mountinfo: `${unified}\n${controller}` }],
    ['there are none', { mountinfo: '' }],
    ['there is no systemd-run', { program: () => undefined }],
  ])('is not asked for where %s', (_, change) => {
    expect(scopeCommand(session(change), '/run')).toEqual([]);
  });

  it('that is refused is told with systemd’s own words', () => {
    expect(scopeRefused('x\nFailed to start transient scope unit: Access denied')).toContain(
      '(Failed to start transient scope unit: Access denied)',
    );
  });
});

describe('a mode of the shim that is run in a scope', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'tcompose-scope-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const script = (name: string, text: string): string => {
    writeFileSync(join(place, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(place, name), 0o755);
    return join(place, name);
  };
  const said = () => readFileSync(join(place, 'said'), 'utf8');
  const shimText = () => `echo "shim $TCOMPOSE_CGROUP $*" >> ${place}/said`;

  it('is told to take the group it is started in', async () => {
    const scope = script('systemd-run', `echo asked >> ${place}/said; shift; exec "$@"`);
    const shim = script('shim', shimText());
    const env = { PATH: process.env.PATH };
    const warned: string[] = [];
    const options = { env, scope: [scope, '--'], warn: (text: string) => void warned.push(text) };
    expect(await runInNamespaces(shim, place, ['keeper'], options)).toMatchObject({ code: 0 });
    expect(said()).toBe(`asked\nshim own rootless ${place} 0 -- keeper\n`);
    expect(warned).toEqual([]);
  });

  it('is run without one, and not told of any, when systemd refuses', async () => {
    const scope = script('systemd-run', 'echo "Failed to start transient scope unit" >&2; exit 1');
    const shim = script('shim', shimText());
    const env = { PATH: process.env.PATH };
    const warned: string[] = [];
    const options = { env, scope: [scope, '--'], warn: (text: string) => void warned.push(text) };
    expect(await runInNamespaces(shim, place, ['keeper'], options)).toMatchObject({ code: 0 });
    expect(said()).toBe(`shim  rootless ${place} 0 -- keeper\n`);
    expect(warned).toEqual([expect.stringContaining('(Failed to start transient scope unit)')]);
  });
});
