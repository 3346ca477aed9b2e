import { chmodSync, existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OciHook } from '../../../src/runtime/spec/oci-types.ts';
import { type BundleRoom, leftOver, makeBundleRoom } from '../../support/bundle.ts';
import { type OciRuntime, ociRuntime, whyNoRuntime } from '../../support/oci-cli.ts';

const reason = whyNoRuntime();
if (reason !== undefined) console.log(`skipped: ${reason}`);

const early = ['prestart', 'createRuntime', 'createContainer'] as const;
const all = [...early, 'startContainer', 'poststart', 'poststop'] as const;

/** What a hook of these tests writes down: a line of its state, then where it is. */
interface Seen {
  readonly state: { status: string; pid: number; id: string; bundle: string; annotations?: object };
  readonly mount: string;
  readonly hostname: string;
  readonly env: string;
  readonly name: string;
}

describe.skipIf(reason !== undefined)('hooks', () => {
  let room: BundleRoom;
  let oci: OciRuntime;
  let seen: string;
  let script: string;
  beforeAll(() => {
    room = makeBundleRoom();
    oci = ociRuntime(room);
    seen = join(room.dir, 'seen');
    // The same place inside and outside: a bind makes it so for hooks that run in the container.
    script = join(room.dir, 'hook');
    const lines = [
      '#!/bin/sh',
      `file=${seen}; test -e $file || file=/seen`,
      'state=$(cat)',
      'echo "{\\"state\\":$state,\\"mount\\":\\"$(readlink /proc/self/ns/mnt)\\",\\"hostname\\":\\"$(hostname)\\",\\"env\\":\\"$HOOK\\",\\"name\\":\\"$1\\"}" >> $file',
    ];
    writeFileSync(script, `${lines.join('\n')}\n`);
    chmodSync(script, 0o755);
  });
  afterAll(() => room.close());

  const inside = () => [
    { destination: '/seen', type: 'bind', source: seen, options: ['bind', 'rw'] },
    { destination: '/hook', type: 'bind', source: script, options: ['bind', 'ro'] },
  ];
  const hook = (name: string, path = script): OciHook => ({
    path,
    args: ['hook', name],
    env: [`HOOK=of ${name}`, 'PATH=/usr/bin:/bin'],
    timeout: 20,
  });
  const whatWasSeen = (): Seen[] =>
    readFileSync(seen, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Seen);

  it('run at their points, in their namespaces, with the state on stdin', () => {
    writeFileSync(seen, '');
    const hooks = Object.fromEntries(
      all.map((point) => [point, [hook(point, point === 'startContainer' ? '/hook' : script)]]),
    );
    const bundle = oci.bundle(['sh', '-c', 'wc -l < /seen'], {
      hooks,
      mounts: inside(),
      hostname: 'within',
      annotations: { 'org.example': 'x' },
    });
    const ran = oci.call('run', '--bundle', bundle, 'hooked');
    expect(ran).toMatchObject({ status: 0, err: '' });
    const records = whatWasSeen();
    expect(records.map(({ name }) => name).filter((name) => name !== 'poststart')).toEqual(
      all.filter((point) => point !== 'poststart'),
    );
    // The command may have ended before, so only the four that are ahead of it are certain.
    expect(Number(ran.out)).toBeGreaterThanOrEqual(4);
    const of = (name: string) => records.find((record) => record.name === name)!;
    const statuses = Object.fromEntries(records.map(({ name, state }) => [name, state.status]));
    expect(statuses).toEqual({
      prestart: 'created',
      createRuntime: 'creating',
      createContainer: 'creating',
      startContainer: 'created',
      poststart: 'running',
      poststop: 'stopped',
    });
    const here = readlinkSync('/proc/self/ns/mnt');
    for (const name of all) {
      const { state, env, mount, hostname } = of(name);
      expect(state).toMatchObject({ id: 'hooked', bundle, annotations: { 'org.example': 'x' } });
      expect(env).toBe(`of ${name}`);
      const contained = name === 'createContainer' || name === 'startContainer';
      expect(mount === here, name).toBe(!contained);
      expect(hostname === 'within', name).toBe(contained);
    }
    const pids = new Set(all.filter((name) => name !== 'poststop').map((name) => of(name).state.pid));
    expect([...pids]).toHaveLength(1);
    expect(leftOver(room)).toEqual([]);
  });

  it.each(early)('end the creation when %s fails, and poststop still runs', (point) => {
    writeFileSync(seen, '');
    const failing = { path: '/bin/sh', args: ['sh', '-c', 'echo no luck >&2; exit 3'] };
    const hooks = { [point]: [hook('first'), failing, hook('never')], poststop: [hook('poststop')] };
    const bundle = oci.bundle(['sh', '-c', 'echo ran >> /seen'], { hooks, mounts: inside() });
    const { status, err } = oci.call('create', '--bundle', bundle, 'fails');
    expect(status).not.toBe(0);
    expect(err).toMatch(new RegExp(`${point} hook /bin/sh ended with code 3: no luck`));
    expect(whatWasSeen().map(({ name }) => name)).toEqual(['first', 'poststop']);
    expect(oci.call('state', 'fails').err).toMatch(/does not exist/);
    expect(leftOver(room)).toEqual([]);
  });

  it('keep the command from running when startContainer fails', () => {
    writeFileSync(seen, '');
    const hooks = { startContainer: [{ path: '/bin/false' }] };
    const bundle = oci.bundle(['sh', '-c', 'echo ran >> /seen'], { hooks, mounts: inside() });
    const { status, err } = oci.call('run', '--bundle', bundle, 'unstarted');
    expect(status).not.toBe(0);
    expect(err).toMatch(/startContainer hook \/bin\/false ended with code 1/);
    expect(readFileSync(seen, 'utf8')).toBe('');
    // With a terminal the shim stays between, and the rule is the same.
    const terminal = oci.bundle(['sh', '-c', 'echo ran >> /seen'], {
      hooks,
      mounts: inside(),
      process: { terminal: true },
    });
    const pumped = oci.call('run', '--bundle', terminal, 'unstarted');
    expect(pumped.err).toMatch(/startContainer hook \/bin\/false ended with code 1/);
    expect(readFileSync(seen, 'utf8')).toBe('');
    expect(leftOver(room)).toEqual([]);
  });

  it('are warned of when one after the start or the deletion fails, and the others go on', () => {
    writeFileSync(seen, '');
    const bad = { path: '/bin/false' };
    const hooks = { poststart: [bad, hook('poststart')], poststop: [bad, hook('poststop')] };
    const bundle = oci.bundle(['true'], { hooks });
    const { status, err } = oci.call('run', '--bundle', bundle, 'warned');
    expect(status).toBe(0);
    expect(err).toMatch(/poststart hook \/bin\/false failed: exit code 1/);
    expect(err).toMatch(/poststop hook \/bin\/false failed: exit code 1/);
    expect(whatWasSeen().map(({ name }) => name)).toEqual(['poststart', 'poststop']);
  });

  it('are killed when their time is over, also those that neither read nor end', () => {
    const slow = { path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 };
    const created = oci.call(
      'create',
      '--bundle',
      oci.bundle(['true'], { hooks: { createRuntime: [slow] } }),
      'slow',
    );
    expect(created.err).toMatch(/createRuntime hook \/bin\/sleep took longer than 1 s/);
    const late = oci.call('run', '--bundle', oci.bundle(['true'], { hooks: { poststop: [slow] } }), 'late');
    expect(late.err).toMatch(/poststop hook \/bin\/sleep failed: it took longer than 1 s/);
    expect(late.status).toBe(0);
    expect(leftOver(room)).toEqual([]);
  });

  it('have no descriptor but their stdio', () => {
    const file = join(room.dir, 'descriptors');
    rmSync(file, { force: true });
    const list = { path: '/bin/sh', args: ['sh', '-c', `exec >> ${file} 2>&1; exec ls /proc/self/fd`] };
    const hooks = { createRuntime: [list], createContainer: [list] };
    const bundle = oci.bundle(['true'], {
      hooks,
      mounts: [{ destination: room.dir, type: 'bind', source: room.dir, options: ['bind'] }],
    });
    expect(oci.call('run', '--bundle', bundle, 'bare').status).toBe(0);
    expect(existsSync(file)).toBe(true);
    // The fourth is the directory that is read.
    expect(new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean))).toEqual(
      new Set(['0', '1', '2', '3']),
    );
  });
});
