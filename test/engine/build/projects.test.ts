import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, lutimesSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../support/abilities.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';
import { imageContent, type TreeEntry } from './image-tree.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: builds of projects: ${unmet}`);

interface Recipe {
  readonly dockerfile: string;
  readonly files: Readonly<Record<string, string>>;
}

interface RecordedProject extends Recipe {
  /** Shell commands run in the context before the build. */
  readonly setup?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What BuildKit made of it. */
  readonly expected: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly history: readonly (readonly [string, boolean])[];
    /** What the image has that busybox has not, or has otherwise. */
    readonly tree: Readonly<Record<string, TreeEntry>>;
    /** Output of a container of it. */
    readonly run?: string;
  };
}

const { tools, projects } = JSON.parse(
  readFileSync(new URL('../../../fixtures/builds/projects.json', import.meta.url), 'utf8'),
) as {
  readonly tools: Readonly<Record<string, Recipe>>;
  readonly projects: Readonly<Record<string, RecordedProject>>;
};

/** Time of every file of a context. */
const usualTime = 1_704_067_200;

describe.skipIf(unmet !== undefined)('projects as people have them, by what BuildKit made of them', () => {
  let builder: Builder;
  let base: ReadonlyMap<string, TreeEntry>;

  beforeAll(async () => {
    builder = await startBuilder();
    base = (await imageContent(builder.engine.socket, 'busybox:latest')).tree;
    for (const [tag, recipe] of Object.entries(tools)) {
      const context = written(`tool-${tag.replace(':', '-')}`, recipe);
      const { error } = await builder.build({ context, tags: [tag] });
      expect(error).toBeUndefined();
    }
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  function written(name: string, { dockerfile, files }: Recipe, setup = 'true'): string {
    const context = builder.context(name, { ...files, Dockerfile: dockerfile });
    settle(context, true);
    const done = spawnSync('sh', ['-ec', setup], { cwd: context, encoding: 'utf8' });
    expect(done.stderr).toBe('');
    settle(context, false);
    return context;
  }

  function settle(path: string, modes: boolean): void {
    const stat = lstatSync(path);
    if (stat.isDirectory()) for (const name of readdirSync(path)) settle(join(path, name), modes);
    if (modes) chmodSync(path, stat.isDirectory() ? 0o755 : 0o644);
    lutimesSync(path, usualTime, usualTime);
  }

  async function outputOf(image: string): Promise<string> {
    const { engine } = builder;
    const { json } = await engine.api<{ Id: string }>('POST', '/containers/create', {
      Image: image,
      Tty: true,
      HostConfig: { NetworkMode: 'none' },
    });
    await engine.api('POST', `/containers/${json.Id}/start`);
    await engine.api('POST', `/containers/${json.Id}/wait`);
    const { text } = await engine.api('GET', `/containers/${json.Id}/logs?stdout=1`);
    await engine.api('DELETE', `/containers/${json.Id}?force=1&v=1`);
    return text.replaceAll('\r\n', '\n');
  }

  /** What is not the base's; the program that the base consists of is told by its name, as it is another one elsewhere. */
  function added(tree: ReadonlyMap<string, TreeEntry>): Record<string, TreeEntry> {
    const program = base.get('/bin/busybox')!.sha256;
    const own = [...tree].filter(([path, entry]) => JSON.stringify(base.get(path)) !== JSON.stringify(entry));
    return Object.fromEntries(
      own.map(([path, entry]) => {
        if (entry.sha256 !== program) return [path, entry];
        const { size: _size, mtime: _time, ...rest } = entry;
        return [path, { ...rest, sha256: 'busybox' }];
      }),
    );
  }

  test.for(Object.entries(projects))('%s', async ([name, project], context) => {
    if (JSON.stringify(project).includes('mknod')) await needs(builder.engine, 'device-nodes', context);
    const { expected, env = {}, args = [] } = project;
    const place = written(name, project, project.setup);
    const given = (flag: string) => args.flatMap((one, at) => (one === flag ? [args[at + 1]!] : []));
    const pairs = (flag: string) => given(flag).map((one) => one.split(/=(.*)/s).slice(0, 2));
    const secrets = given('--secret').map((one) => {
      const {
        id = '',
        src,
        env: variable = '',
      } = Object.fromEntries(one.split(',').map((field) => field.split('=')));
      const value = src === undefined ? Buffer.from(env[variable] ?? '') : readFileSync(join(place, src));
      return [id, value.toString('base64')];
    });
    const { error } = await builder.build({
      context: place,
      tags: [name],
      args: Object.fromEntries(pairs('--build-arg')),
      contexts: Object.fromEntries(
        pairs('--build-context').map(([key, path = '']) => [key, join(place, path)]),
      ),
      secrets: Object.fromEntries(secrets),
      ...(given('--target')[0] === undefined ? {} : { target: given('--target')[0] }),
    });
    expect(error).toBeUndefined();
    const { config, history, tree } = await imageContent(builder.engine.socket, name);
    expect(added(tree)).toEqual(expected.tree);
    expect(config).toEqual(expected.config);
    // BuildKit 0.25 writes health checks of the history in another way than its successors.
    const told = history.map(([by, empty]) => [by.startsWith('HEALTHCHECK') ? 'HEALTHCHECK' : by, empty]);
    expect(told).toEqual(expected.history);
    if (expected.run !== undefined) expect(await outputOf(name)).toBe(expected.run);
  });
});
