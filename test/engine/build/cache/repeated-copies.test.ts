import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setExtendedAttribute } from '../../../../src/sys/xattr.ts';
import { until } from '../../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from '../builder.ts';
import { imageContent } from '../image-tree.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: copies that take files over: ${unmet}`);

const base = `FROM busybox
WORKDIR /srv/app
RUN mkdir src && echo below > src/replaced && chmod 700 src
`;
const text = `FROM base:1
COPY --chown=5:6 . .
`;

/** Files of a context: 3 directories of 20, and some of a kind of their own. */
function filesOf(): Record<string, string> {
  const files: Record<string, string> = {
    'src/replaced': 'above',
    'src/with\nline': 'a',
    'gone/x': 'x',
    top: 't',
  };
  for (let at = 0; at < 60; at++) files[`src/d${at % 3}/f${at}`] = `content ${at}\n`.repeat(at * 40);
  return files;
}

describe.skipIf(unmet !== undefined)('a copy that was made before of other content', () => {
  let builder: Builder;
  let context: string;

  beforeAll(async () => {
    builder = await startBuilder();
    expect((await builder.build({ text: base, tags: ['base:1'] })).error).toBeUndefined();
    context = builder.context('again', filesOf());
    linkSync(join(context, 'src/d0/f3'), join(context, 'src/d0/linked'));
    symlinkSync('f3', join(context, 'src/d0/symbolic'));
  });

  afterAll(async () => {
    if (builder !== undefined) expect(await builder.close()).toEqual([]);
  });

  async function layersOf(image: string | undefined): Promise<readonly string[]> {
    const { json } = await builder.engine.api<{ RootFS: { Layers: readonly string[] } }>(
      'GET',
      `/images/${image}/json`,
    );
    return json.RootFS.Layers;
  }

  const lib = (...parts: string[]): string => join(builder.engine.root, 'lib', ...parts);

  /** The copy's results, oldest first: their directories below `lib/build/s`. */
  function copies(): readonly string[] {
    return readdirSync(lib('build', 's'))
      .map((id) => lib('build', 's', id))
      .filter((one) => existsSync(join(one, 'copied')))
      .sort((a, b) => statSync(join(a, 'copied')).mtimeMs - statSync(join(b, 'copied')).mtimeMs);
  }

  /**
   * Builds what a context has now, with what is known and after that was forgotten, and compares.
   * @param look at the first one's result
   */
  async function builtTwice(
    request: { readonly context: string; readonly text: string },
    look: (result: string) => void,
  ) {
    const again = await builder.build(request);
    expect(again.error).toBeUndefined();
    const result = copies().at(-1)!;
    expect(existsSync(join(result, 'kept'))).toBe(true);
    look(result);
    const layers = await layersOf(again.image);
    const blob = blobOf(result);
    const content = gunzipSync(readFileSync(blob));
    expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).toBe(layers.at(-1));
    const tree = await imageContent(builder.engine.socket, again.image!);
    await builder.engine.api('POST', '/build/prune?all=1');
    const fresh = await builder.build(request);
    expect(fresh.error).toBeUndefined();
    expect(copies()).toHaveLength(1);
    expect(existsSync(join(copies()[0]!, 'kept'))).toBe(false);
    expect(await layersOf(fresh.image)).toEqual(layers);
    expect(blobOf(copies()[0]!)).toBe(blob);
    expect([...tree.tree]).toEqual([...(await imageContent(builder.engine.socket, fresh.image!)).tree]);
    expect(tree.tree.size).toBeGreaterThan(60);
  }

  /** The blob of the layer that a result became. */
  function blobOf(result: string): string {
    const record = JSON.parse(readFileSync(join(result, 'step.json'), 'utf8')) as {
      readonly layers: readonly { readonly layer: { readonly descriptor: { readonly digest: string } } }[];
    };
    return lib('blobs', 'sha256', record.layers[0]!.layer.descriptor.digest.slice('sha256:'.length));
  }

  /** Gives a file an extended attribute, which a copy of a context does not take. */
  function attribute(path: string): void {
    const fd = openSync(path, 'r');
    setExtendedAttribute(fd, 'user.note', Buffer.from('noted'));
    closeSync(fd);
  }

  const inode = (result: string, path: string): number => statSync(join(result, 'diff/srv/app', path)).ino;

  it('shares the files that are the same, and makes the layer that a first copy makes', async () => {
    const first = await builder.build({ context, text });
    expect(first.error).toBeUndefined();
    const [before] = copies();
    writeFileSync(join(context, 'src/d1/f4'), 'changed');
    utimesSync(join(context, 'src/d1/f7'), 1_600_000_000, 1_600_000_000);
    chmodSync(join(context, 'src/d1/f10'), 0o4711);
    rmSync(join(context, 'gone'), { recursive: true });
    attribute(join(context, 'src/d1/f13'));
    renameSync(join(context, 'src/d2/f5'), join(context, 'src/d2/renamed'));
    rmSync(join(context, 'src/d2/f8'));
    symlinkSync('f11', join(context, 'src/d2/f8'));
    await builtTwice({ context, text }, (result) => {
      for (const path of ['src/d1/f1', 'src/d1/f13', 'src/replaced', 'top', 'src/d2/f59'])
        expect(inode(result, path)).toBe(inode(before!, path));
      for (const path of ['src/d1/f4', 'src/d1/f7', 'src/d1/f10', 'src/d0/f3', 'src/d0/linked'])
        expect(inode(result, path)).not.toBe(inode(before!, path));
      expect(inode(result, 'src/d0/f3')).toBe(inode(result, 'src/d0/linked'));
    });
  });

  it('reads all files for the layer when the archive of the one before is damaged', async () => {
    const blob = blobOf(copies().at(-1)!);
    const bytes = readFileSync(blob);
    bytes.fill(0x55, bytes.length >> 1);
    writeFileSync(blob, bytes);
    writeFileSync(join(context, 'src/d0/f6'), 'changed as well');
    await builtTwice({ context, text }, () => {});
  });

  it('does so when what was noted of it is cut off', async () => {
    const [latest] = [...copies()].reverse();
    const noted = readFileSync(join(latest!, 'archive'));
    writeFileSync(join(latest!, 'archive'), noted.subarray(0, noted.length - 40));
    writeFileSync(join(context, 'src/d0/f9'), 'changed, too');
    await builtTwice({ context, text }, () => {});
  });

  it.each(['in one directory', 'in many directories', 'in deep directories'])(
    'takes all but one of hundreds of files over that are %s',
    async (shape) => {
      const count = 300;
      const pathOf = (at: number): string => {
        if (shape === 'in one directory') return `f${at}`;
        if (shape === 'in many directories') return `d${at % 150}/f${at}`;
        return `${Array.from({ length: Math.floor(at / 10) }, (_, depth) => `d${depth}`).join('/')}/f${at}`;
      };
      const paths = Array.from({ length: count }, (_, at) => pathOf(at));
      const many = builder.context(shape, Object.fromEntries(paths.map((path) => [path, path])));
      const request = { context: many, text: 'FROM scratch\nCOPY . /all/\n' };
      expect((await builder.build(request)).error).toBeUndefined();
      writeFileSync(join(many, paths[189]!), 'changed');
      const expected = paths.flatMap((path, at) => (at === 189 ? [] : [join('all', path)]));
      await builtTwice(request, (result) => {
        const [, ...kept] = readFileSync(join(result, 'kept'), 'utf8').split('\n');
        expect(kept.sort()).toEqual(expected.sort());
      });
    },
    60_000,
  );
});

describe.skipIf(unmet !== undefined)('an engine that is killed while a copy takes files over', () => {
  let builder: Builder;

  afterEach(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  it.each([
    'build:begun',
    'build:copied',
    'build:written',
    'build:kept',
    'build:packed',
    'build:noted',
    'build:recorded',
  ])(
    'at %s has the same layer afterwards',
    async (point) => {
      builder = await startBuilder({ TCOMPOSE_FAULT: `${point}@2` });
      const files = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`d${at % 5}/f${at}`, `${at}`]));
      const context = builder.context('c', files);
      const request = { context, text: 'FROM scratch\nCOPY . /all/\n' };
      const layers = async (image: string | undefined) =>
        (await builder.engine.api<{ RootFS: { Layers: readonly string[] } }>('GET', `/images/${image}/json`))
          .json.RootFS.Layers;
      expect((await builder.build(request)).error).toBeUndefined();
      writeFileSync(join(context, 'd1/f1'), 'changed');
      const pid = await builder.engine.enginePid();
      await builder.build(request).catch(() => undefined);
      await until(async () => (await builder.engine.enginePid()) !== pid, `the engine to die at ${point}`);
      await builder.engine.retry('GET', '/_ping');
      const next = await builder.build(request);
      expect(next.error).toBeUndefined();
      await builder.engine.api('POST', '/build/prune?all=1');
      const fresh = await builder.build(request);
      expect(await layers(next.image)).toEqual(await layers(fresh.image));
    },
    120_000,
  );
});
