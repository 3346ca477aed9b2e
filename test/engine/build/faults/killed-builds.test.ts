import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFaultPoints } from '../../../../src/engine/fault.ts';
import { requirements } from '../../../support/cli.ts';
import { until } from '../../../support/engine.ts';
import { readIfThere } from '../../../support/leaks.ts';
import { enterOwnNetwork } from '../../../support/own-network.ts';
import { type Builder, startBuilder, whyNoBuilder } from '../builder.ts';

// Trees that are compared have files of several owners, which only the machine's root reads.
const unmet = requirements({ root: true }) ?? whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: builds whose engine or client goes away: ${unmet}`);

/** Everything a build can be doing, made of nothing that differs from one time to the next. */
const dockerfile = (url: string) => `
FROM busybox AS one
COPY d /d
RUN echo one >/one && rm -r /d/gone && ln /one /linked
FROM busybox AS two
ADD ${url}/file /fetched
ADD archive.tar /archive/
RUN --mount=type=cache,target=/cache --mount=type=secret,id=s --mount=type=bind,source=d,target=/m,rw \\
    --mount=type=tmpfs,target=/t cat /m/f /run/secrets/s | sha1sum >/two && echo >>/cache/runs && touch /t/x /m/x
FROM busybox
COPY --from=one /one /linked /d /from/
COPY --from=two --link /two /fetched /archive /from/
WORKDIR /w
RUN echo begun; cat /from/* >all 2>/dev/null; chown 7:8 all; chmod 4711 all
`;

describe.skipIf(unmet !== undefined)('a build', () => {
  /** One for all: what a build that was cut leaves must not be in the way of the next ones either. */
  let builder: Builder;
  let web: Server;
  let text: string;
  let context: string;
  /** What a build makes that nothing has gone before. */
  let clean: string;
  const faults = mkdtempSync(join(tmpdir(), 'tcompose-faults-'));
  const fault = join(faults, 'fault');

  beforeAll(async () => {
    // In the network that the engines will be in.
    enterOwnNetwork();
    web = createServer((_request, response) => void response.end('of the web'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    text = dockerfile(`http://127.0.0.1:${(web.address() as AddressInfo).port}`);
    builder = await startBuilder({ TCOMPOSE_FAULT: fault });
    context = builder.context('c', { 'd/f': 'f', 'd/gone/g': 'g', 'packed/p': 'p' });
    execFileSync('tar', ['-cf', join(context, 'archive.tar'), '-C', join(context, 'packed'), '.']);
    clean = await tree(builder, context);
    expect(clean).toContain('w/all 4711 7:8');
    await forget(builder);
  });

  afterAll(async () => {
    web.close();
    const leaks = await builder?.close();
    rmSync(faults, { recursive: true });
    expect(leaks).toEqual([]);
  });

  /** Nothing of builds is kept any more, and no image but the first. */
  const forget = async (at: Builder): Promise<void> => {
    for (const tag of await tagsOf(at)) await at.engine.api('DELETE', `/images/${tag}?force=1`);
    await at.engine.api('POST', '/build/prune?all=1');
    rmSync(join(at.place, 'cache'), { recursive: true, force: true });
    expect(await tagsOf(at)).toEqual([]);
  };

  const asked = (at: Builder, context: string) => ({
    context,
    text,
    tags: ['made:1', 'made:2'],
    secrets: { s: Buffer.from('unwritten-7391').toString('base64') },
    cacheTo: [`type=local,dest=${join(at.place, 'cache')},mode=max`],
  });

  /** Ways to have a build pass every point; each ends with an error when the engine does. */
  const runAt = (at: Builder, context: string, point: string, signal: AbortSignal): Promise<unknown> => {
    if (point === 'build:sent') return classicBuild(at, context, signal);
    const { cacheTo, tags, ...common } = asked(at, context);
    if (point === 'build:exported')
      return at.build({ ...common, localOutput: mkdtempSync(join(at.place, 'cut-')) }, { signal });
    // Two at a time, which have all steps in common.
    return Promise.allSettled([
      at.build({ ...common, tags, cacheTo }, { signal }),
      at.build({ ...common, tags: ['other:1'] }, { signal }),
    ]);
  };

  async function tree(at: Builder, context: string): Promise<string> {
    const localOutput = mkdtempSync(join(at.place, 'out-'));
    const { tags: _, cacheTo: __, ...request } = asked(at, context);
    const { error } = await at.build({ ...request, localOutput });
    expect(error).toBeUndefined();
    return listing(localOutput);
  }

  /** What the next build makes is what one makes that nothing has gone before, and of it nothing has to be made again. */
  async function expectRight(at: Builder, context: string): Promise<void> {
    expect(await tree(at, context)).toBe(clean);
    const request = asked(at, context);
    const again = await at.build(request);
    expect(again.error).toBeUndefined();
    const steps = again.events.flatMap((event) => (event.type === 'end' ? [event] : []));
    // The address is asked again each time.
    const made = steps.filter(({ outcome }) => outcome !== 'cached').map(({ name }) => name);
    expect(made.filter((name) => !/FROM|^http/.test(name))).toEqual([]);
    const inImage = mkdtempSync(join(at.place, 'out-'));
    const fromImage = await at.build({ text: `FROM made:2\n`, localOutput: inImage });
    expect(fromImage.error).toBeUndefined();
    // What was kept for other engines is whole.
    await at.engine.api('POST', '/build/prune?all=1');
    const imported = await at.build({
      ...request,
      cacheTo: [],
      cacheFrom: [`type=local,src=${join(at.place, 'cache')}`],
    });
    expect(imported.error).toBeUndefined();
    expect(imported.events.filter(({ type }) => type === 'warning')).toEqual([]);
    expect(imported.cached.some((name) => name.includes('RUN echo begun'))).toBe(true);
    expect(listing(inImage)).toBe(clean);
  }

  async function expectNothingLeft(at: Builder): Promise<void> {
    const { root } = at.engine;
    const left = () =>
      ['lib/build/tmp', 'lib/tmp', 'run/c'].flatMap((directory) =>
        readdirSync(join(root, directory)).map((name) => `${directory}/${name}`),
      );
    await until(() => left().length === 0, `nothing to be left: ${left()}`).catch(() => {});
    expect(left()).toEqual([]);
    expect(readdirSync(join(root, 'lib/build/mounts')).filter((name) => name.endsWith('.new'))).toEqual([]);
    const { json } = await at.engine.api<{ BuildCache: { InUse: boolean }[] }>(
      'GET',
      '/system/df?type=build-cache',
    );
    expect(json.BuildCache.filter(({ InUse }) => InUse)).toEqual([]);
    expect(spawnSync('grep', ['-rl', 'unwritten-7391', join(root, 'lib')], { encoding: 'utf8' }).stdout).toBe(
      '',
    );
    // The last build's client has its answer before its containers' cgroups are gone; then there is none.
    const groups = spawnSync('find', [
      '/sys/fs/cgroup',
      '-path',
      `*tcompose-${instanceOf(root)}/*`,
      '-type',
      'd',
    ]);
    expect(groups.stdout.toString()).toBe('');
  }

  /** Waits until no build has anything in use any more. */
  const ended = (at: Builder) =>
    until(async () => {
      const { json } = await at.engine.api<{ BuildCache: { InUse: boolean }[] }>(
        'GET',
        '/system/df?type=build-cache',
      );
      const left = readdirSync(join(at.engine.root, 'lib/build/tmp'));
      return left.length === 0 && !json.BuildCache.some(({ InUse }) => InUse);
    }, 'builds to end');

  const isBeforeTags = (point: (typeof buildFaultPoints)[number]): boolean =>
    point === 'build:exported' ||
    buildFaultPoints.indexOf(point) < buildFaultPoints.indexOf('build:recorded');

  const tagsOf = async (at: Builder): Promise<readonly string[]> => {
    const { json } = await at.engine.retry<{ RepoTags: string[] | null }[]>('GET', '/images/json');
    return json.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => !/^(busybox|tcompose)/.test(tag));
  };

  it.each(buildFaultPoints)(
    'whose engine is killed at %s leaves nothing, and the next one is right',
    async (point) => {
      writeFileSync(fault, point);
      const first = await builder.engine.enginePid();
      await runAt(builder, context, point, new AbortController().signal).catch(() => undefined);
      await until(async () => (await builder.engine.enginePid()) !== first, `the engine to die at ${point}`);
      if (isBeforeTags(point)) expect(await tagsOf(builder)).toEqual([]);
      await expectRight(builder, context);
      await expectNothingLeft(builder);
      await forget(builder);
    },
    180_000,
  );

  it('whose engine is killed while a repository is fetched leaves no git, and the next one is right', async () => {
    // A server that never answers: it sees that somebody asks, and that they are gone.
    const asking = new Set<Socket>();
    const silent = createTcpServer((socket) => {
      asking.add(socket.on('error', () => {}).on('close', () => asking.delete(socket)));
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = silent.address() as AddressInfo;
      const first = await builder.engine.enginePid();
      const request = { text: `FROM busybox\nADD http://127.0.0.1:${port}/a.git /a\n` };
      const gone = builder.build(request).catch(() => undefined);
      await until(() => asking.size > 0, 'git to ask');
      process.kill(first, 'SIGKILL');
      await gone;
      await until(() => asking.size === 0, 'git to end');
      await until(async () => (await builder.engine.enginePid()) !== first, 'the next engine');
      await expectRight(builder, context);
      await expectNothingLeft(builder);
      await forget(builder);
    } finally {
      silent.close();
    }
  }, 180_000);

  it.each(buildFaultPoints)(
    'whose client goes away at %s leaves nothing, and the next one is right',
    async (point) => {
      writeFileSync(fault, `${point}!`);
      const pid = await builder.engine.enginePid();
      const stop = new AbortController();
      const gone = runAt(builder, context, point, stop.signal).catch(() => undefined);
      await until(
        () => /^State:\s+T/m.test(readIfThere(`/proc/${pid}/status`)),
        `the engine to stop at ${point}`,
      );
      stop.abort();
      await gone;
      process.kill(pid, 'SIGCONT');
      await ended(builder);
      // Of the two builds the one that was stopped has its names.
      expect((await tagsOf(builder)).length > 0).toBe(!isBeforeTags(point));
      await expectRight(builder, context);
      expect(await builder.engine.enginePid()).toBe(pid);
      await expectNothingLeft(builder);
      await forget(builder);
    },
    180_000,
  );
});

const instanceOf = (root: string): string =>
  readIfThere(join(root, 'lib/instance')).trim().replaceAll('"', '');

/** A tree's names, kinds, modes, owners, links and contents, a line each. */
function listing(top: string): string {
  const lines: string[] = [];
  const seen = new Map<number, string>();
  const walk = (path: string): void => {
    for (const name of readdirSync(join(top, path)).sort()) {
      const at = join(path, name);
      const { mode, uid, gid, ino, nlink } = lstatSync(join(top, at));
      const kind = mode & 0o170000;
      const same = kind === 0o100000 && nlink > 1 ? seen.get(ino) : undefined;
      seen.set(ino, at);
      const content =
        same !== undefined
          ? `as ${same}`
          : kind === 0o120000
            ? readlinkSync(join(top, at))
            : kind === 0o100000
              ? createHash('sha1')
                  .update(readFileSync(join(top, at)))
                  .digest('hex')
              : kind.toString(8);
      lines.push(`${at} ${(mode & 0o7777).toString(8)} ${uid}:${gid} ${content}`);
      if (kind === 0o040000) walk(at);
    }
  };
  walk('');
  return lines.join('\n');
}

/** A build whose context is sent as a tar. */
async function classicBuild({ engine, place }: Builder, context: string, signal: AbortSignal): Promise<void> {
  writeFileSync(join(context, 'Dockerfile'), 'FROM busybox\nCOPY d /d\n');
  const tar = join(place, 'context.tar');
  execFileSync('tar', ['-cf', tar, '-C', context, '.']);
  rmSync(join(context, 'Dockerfile'));
  await new Promise<void>((resolve, reject) => {
    const options = { socketPath: engine.socket, method: 'POST', path: '/build?t=classic:1', signal };
    httpRequest(options, (answer) => answer.resume().on('end', resolve).on('error', reject))
      .on('error', reject)
      .end(readFileSync(tar));
  });
}
