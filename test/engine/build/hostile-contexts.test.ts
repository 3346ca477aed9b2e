import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listExtendedAttributes, setExtendedAttribute } from '../../../src/sys/xattr.ts';
import { needs } from '../../support/abilities.ts';
import { until } from '../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

function setAttribute(path: string, name: string, value: Uint8Array): void {
  const fd = openSync(path, 'r');
  setExtendedAttribute(fd, name, value);
  closeSync(fd);
}

function attributesOf(path: string): readonly string[] {
  const fd = openSync(path, 'r');
  try {
    return listExtendedAttributes(fd);
  } finally {
    closeSync(fd);
  }
}

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: builds of hostile contexts: ${unmet}`);

describe.skipIf(unmet !== undefined)('a build', () => {
  let builder: Builder;
  let outside: string;

  beforeAll(async () => {
    builder = await startBuilder();
    outside = mkdtempSync(join(tmpdir(), 'tcompose-outside-'));
    writeFileSync(join(outside, 'secret'), 'of the machine');
  });

  afterAll(async () => {
    rmSync(outside, { recursive: true, force: true });
    expect(await builder?.close()).toEqual([]);
  });

  /** What is written of the target's tree. */
  async function tree(context: string, text: string): Promise<string> {
    const output = mkdtempSync(join(builder.place, 'out-'));
    const { error } = await builder.build({ context, text, localOutput: output });
    expect(error).toBeUndefined();
    return output;
  }

  it('brings nothing in through links that lead out, whatever their form', async () => {
    const context = builder.context('links', { 'd/f': 'inside' });
    symlinkSync(join(outside, 'secret'), join(context, 'absolute'));
    symlinkSync(`../../../../../../../..${outside}/secret`, join(context, 'relative'));
    symlinkSync(outside, join(context, 'd/directory'));
    symlinkSync('absolute', join(context, 'chained'));
    symlinkSync('/proc/self/root', join(context, 'magic'));
    for (const source of [
      'absolute',
      'relative',
      'd/directory/secret',
      'chained',
      `magic${outside}/secret`,
      'relativ[e]',
      'abs*',
    ]) {
      const { error } = await builder.build({ context, text: `FROM scratch\nCOPY ${source} /x\n` });
      expect(error?.message).toContain('not found');
    }
    const { error } = await builder.build({
      context,
      text: `FROM busybox\nRUN --mount=source=d/directory,target=/m cat /m/secret\n`,
    });
    expect(error?.message).toContain('not found');
    // As part of a directory they stay the links they are.
    const output = await tree(context, 'FROM scratch\nCOPY . /x\n');
    expect(lstatSync(join(output, 'x/absolute')).isSymbolicLink()).toBe(true);
  });

  it('takes devices, pipes and sockets for what they are, opens none, and reads no link loop', async (test) => {
    await needs(builder.engine, 'device-nodes', test);
    const context = builder.context('special', { a: 'a' });
    execFileSync('mknod', [join(context, 'zero'), 'c', '1', '5']);
    execFileSync('mkfifo', [join(context, 'pipe')]);
    const server = createServer().listen(join(context, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    linkSync(join(context, 'socket'), join(context, 'socket2'));
    server.close();
    symlinkSync('loop', join(context, 'loop'));
    symlinkSync('.', join(context, 'self'));
    const output = await tree(context, 'FROM scratch\nCOPY . /x\nCOPY pipe zero /y/\nADD zero pipe /z/\n');
    const kind = (path: string) => lstatSync(join(output, path));
    expect(kind('x/pipe').isFIFO() && kind('y/pipe').isFIFO() && kind('z/pipe').isFIFO()).toBe(true);
    expect(kind('x/zero').isCharacterDevice() && kind('z/zero').isCharacterDevice()).toBe(true);
    expect(kind('x/socket2').isFile() && kind('x/socket2').size === 0).toBe(true);
    expect(kind('x/self').isSymbolicLink()).toBe(true);
    const { error } = await builder.build({ context, text: 'FROM scratch\nCOPY loop/a /x\n' });
    expect(error?.message).toContain('too many links');
    const inside = await tree(context, 'FROM scratch\nCOPY self/self/self/a /x\n');
    expect(readFileSync(join(inside, 'x'), 'utf8')).toBe('a');
  });

  it('brings no extended attributes of this machine in, and keeps those that were made within', async () => {
    const context = builder.context('attributes', { f: 'f' });
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    // Only root gives files capabilities.
    const capable = process.getuid?.() === 0;
    const setCapability = (at: string): void => {
      if (capable) setAttribute(at, 'security.capability', capability);
    };
    setAttribute(join(context, 'f'), 'user.origin', Buffer.from('here'));
    setCapability(join(context, 'f'));
    const output = await tree(context, 'FROM scratch\nCOPY f /f\nCOPY . /all/\n');
    expect(attributesOf(join(output, 'f'))).toEqual([]);
    expect(attributesOf(join(output, 'all/f'))).toEqual([]);
    const inside = builder.context('attributes-inside', { f: 'f' });
    setAttribute(join(inside, 'f'), 'user.made', Buffer.from('within'));
    setCapability(join(inside, 'f'));
    execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-cf', join(inside, 'x.tar'), '-C', inside, 'f']);
    const text = 'FROM scratch AS a\nADD x.tar /\nFROM scratch\nCOPY --from=a --chown=5 f /f\n';
    const kept = await tree(inside, text);
    expect([...attributesOf(join(kept, 'f'))].sort()).toEqual([
      ...(capable ? ['security.capability'] : []),
      'user.made',
    ]);
  });

  it('says so of an archive that ends too early, and closes no file but its own', async () => {
    const context = builder.context('cut', { f: 'x'.repeat(300_000) });
    execFileSync('tar', ['-cf', join(context, 'cut.tar'), '-C', context, 'f']);
    truncateSync(join(context, 'cut.tar'), 100_000);
    const { error } = await builder.build({ context, text: 'FROM busybox\nADD cut.tar /x/\n' });
    expect(error?.where?.line).toBe(2);
    expect(error?.message).toContain('it is cut off');
  });

  it('copies many files, and one that is huge and has holes', async () => {
    const context = builder.context('many', {});
    for (let directory = 0; directory < 100; directory++) {
      mkdirSync(join(context, `m/${directory}`), { recursive: true });
      for (let file = 0; file < 100; file++) writeFileSync(join(context, `m/${directory}/${file}`), '');
    }
    writeFileSync(join(context, 'sparse'), 'begin');
    truncateSync(join(context, 'sparse'), 300 * 1024 * 1024);
    const text = 'FROM busybox\nCOPY . /x\nRUN find /x/m -type f | wc -l; stat -c %s /x/sparse\n';
    const built = await builder.build({ context, text });
    expect(built.error).toBeUndefined();
    expect(built.output).toEqual(['10000', String(300 * 1024 * 1024)]);
    const again = await builder.build({ context, text });
    expect(again.cached).toHaveLength(2);
  });

  it('says so where files change again and again while they are copied, and keeps what it says in its key', async () => {
    const context = builder.context('changing', {});
    for (let file = 0; file < 400; file++) writeFileSync(join(context, `f${file}`), 'x'.repeat(2000));
    const at = join(context, 'f399');
    const script = `const fs=require('fs');let n=0;setInterval(()=>{for(let i=0;i<20;i++)fs.writeFileSync(${JSON.stringify(at)},String(n++))},0)`;
    const { spawn } = await import('node:child_process');
    const writer = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    try {
      const { error, output } = await builder.build({
        context,
        text: 'FROM busybox\nCOPY . /x\nRUN ls /x | wc -l\n',
      });
      // Either a moment of quiet was found, or it is told.
      if (error === undefined) expect(output).toEqual(['400']);
      else expect(error.message).toContain('files changed again and again');
    } finally {
      writer.kill('SIGKILL');
      await new Promise((resolve) => writer.once('close', resolve));
    }
    writeFileSync(at, 'the last word');
    const { output } = await builder.build({ context, text: 'FROM busybox\nCOPY . /x\nRUN cat /x/f399\n' });
    expect(output).toEqual(['the last word']);
  });

  it('holds a command to its disk', async () => {
    const asked = await builder.build({
      text: `FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=1m dd if=/dev/zero of=/t/x bs=64k count=64\n`,
      noCache: true,
    });
    expect(asked.error?.message).toContain('exit code: 1');
    expect(asked.output.join('\n')).toContain('No space left on device');
  });

  it('gives a command no more processes than it is to have', async (context) => {
    await needs(builder.engine, 'limits', context);
    // The limit is read before anything leans on it; what then forks is bounded by itself, too.
    const limit = await builder.build({
      text: `FROM busybox\nRUN cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true\n`,
      noCache: true,
    });
    expect(limit.output).toEqual(['8192']);
  });

  it('leaves nothing of a build that is interrupted at a step, and what it had is right', async () => {
    const context = builder.context('interrupted', { a: 'a' });
    const text = 'FROM busybox\nCOPY a /a\nRUN echo one >/one\nRUN echo begun; sleep 300\n';
    for (const wanted of ['COPY a', 'echo one', 'begun']) {
      const stop = new AbortController();
      const build = builder.build(
        { context, text, tags: ['interrupted'], noCache: wanted !== 'begun' },
        {
          signal: stop.signal,
          onEvent: (event) => {
            const told = event.type === 'start' ? event.name : event.type === 'log' ? event.text : '';
            if (told.includes(wanted)) stop.abort();
          },
        },
      );
      await build.catch(() => undefined);
    }
    const { json } = await builder.engine.api<{ RepoTags: string[] }[]>('GET', '/images/json');
    expect(json.flatMap(({ RepoTags }) => RepoTags)).not.toContain('interrupted:latest');
    const after = await builder.build({
      context,
      text: 'FROM busybox\nCOPY a /a\nRUN echo one >/one\nRUN cat /a /one\n',
    });
    expect(after.output).toEqual(['aone']);
    const left = () =>
      ['lib/build/tmp', 'run/c'].flatMap((place) => readdirSync(join(builder.engine.root, place)));
    await until(() => left().length === 0, 'what is left of the steps to go');
  });

  it('goes on after its engine was killed in the middle of a step', async () => {
    const context = builder.context('killed', { a: 'a' });
    const text = 'FROM busybox\nCOPY a /k\nRUN echo kept >/kept\nRUN echo begun; sleep 300\n';
    const pid = await builder.engine.enginePid();
    await builder
      .build(
        { context, text, tags: ['killed'] },
        {
          onEvent: (event) => {
            if (event.type === 'log' && event.text.includes('begun')) process.kill(pid, 'SIGKILL');
          },
        },
      )
      .catch(() => undefined);
    await builder.engine.retry('GET', '/_ping');
    const after = await builder.build({
      context,
      text: 'FROM busybox\nCOPY a /k\nRUN echo kept >/kept\nRUN cat /k /kept\n',
    });
    expect(after.error).toBeUndefined();
    expect(after.output).toEqual(['akept']);
    await until(
      () => readdirSync(join(builder.engine.root, 'lib/build/tmp')).length === 0,
      'nothing to be left of the build',
    );
    expect(
      spawnSync('grep', ['-c', builder.engine.root, '/proc/self/mounts'], { encoding: 'utf8' }).stdout.trim(),
    ).toBe('0');
  });

  it('keeps the mode of a file that nobody but root may read', async () => {
    const context = builder.context('unreadable', { 'd/f': 'x' });
    chmodSync(join(context, 'd/f'), 0);
    const output = await tree(context, 'FROM scratch\nCOPY d /x\n');
    expect(lstatSync(join(output, 'x/f')).mode & 0o777).toBe(0);
  });
});
