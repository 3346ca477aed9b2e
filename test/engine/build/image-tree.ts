import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';

/** A file of an image's tree, in the form of fixtures/builds. */
export type TreeEntry = Readonly<Record<string, string | number>>;

export interface ImageContent {
  readonly config: Readonly<Record<string, unknown>>;
  /** What each entry was made by, and whether it is without a layer. */
  readonly history: readonly (readonly [string, boolean])[];
  readonly tree: ReadonlyMap<string, TreeEntry>;
}

/** What an image of an engine has, read as any client would: from its archive. */
export async function imageContent(socketPath: string, name: string): Promise<ImageContent> {
  const files = new Map<string, Buffer>();
  for await (const [header, data] of entriesOf(await fetched(socketPath, `/images/${name}/get`)))
    files.set(header.name, data);
  const json = <T>(path: string): T => JSON.parse(files.get(path)!.toString()) as T;
  const [manifest] = json<{ Config: string; Layers: string[] }[]>('manifest.json');
  const { config = {}, history = [] } = json<{
    config?: Record<string, unknown>;
    history?: { created_by?: string; empty_layer?: boolean }[];
  }>(manifest!.Config);
  const tree = new Map<string, TreeEntry>();
  for (const layer of manifest!.Layers) await lay(tree, files.get(layer)!);
  return {
    config: Object.fromEntries(Object.entries(config).filter(([, value]) => says(value))),
    history: history.flatMap(({ created_by: by, empty_layer: empty = false }) =>
      by === undefined ? [] : [[by, empty] as const],
    ),
    tree,
  };
}

function says(value: unknown): boolean {
  if (value === null || value === '' || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

async function fetched(socketPath: string, path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    get({ socketPath, path }, (answer) => {
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', resolve);
      answer.on('error', reject);
    }).on('error', reject);
  });
  return Buffer.concat(parts);
}

async function* entriesOf(tar: Buffer): AsyncGenerator<readonly [Header, Buffer]> {
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    yield [entry.header, Buffer.concat(parts)];
  }
}

const plain = (layer: Buffer): Buffer => (layer.readUInt16BE(0) === 0x1f8b ? gunzipSync(layer) : layer);

async function lay(tree: Map<string, TreeEntry>, layer: Buffer): Promise<void> {
  const added: [string, TreeEntry][] = [];
  const remove = (path: string, itself: boolean): void => {
    for (const one of [...tree.keys()])
      if ((itself && one === path) || one.startsWith(`${path}/`)) tree.delete(one);
  };
  for await (const [header, data] of entriesOf(plain(layer))) {
    const path = `/${header.name.replace(/^\.\//, '').replace(/\/$/, '')}`;
    const [, parent = '', name = ''] = /^(.*)\/([^/]*)$/.exec(path) ?? [];
    if (name === '.wh..wh..opq') remove(parent, false);
    else if (name.startsWith('.wh.')) remove(`${parent}/${name.slice(4)}`, true);
    else if (name !== '' && name !== '.') added.push([path, entryOf(header, data)]);
  }
  for (const [path, entry] of added) tree.set(path, entry);
}

const types: Readonly<Record<string, string>> = {
  directory: 'dir',
  'character-device': 'char',
  fifo: 'fifo',
};

/** Times of files that a build did not make: those are of the day the cases were recorded. */
const latest = 1_720_000_000;

function entryOf({ type, mode, uid, gid, linkname, size, mtime }: Header, data: Buffer): TreeEntry {
  const owner = `${uid}:${gid}`;
  if (type === 'symlink') return { type, target: linkname ?? '', owner };
  if (type === 'link') return { type: 'hardlink', to: `/${(linkname ?? '').replace(/^\//, '')}` };
  const common = { mode: ((mode ?? 0) & 0o7777).toString(8).padStart(4, '0'), owner };
  if (type !== 'file') return { type: types[type ?? ''] ?? String(type), ...common };
  const sha256 = createHash('sha256').update(data).digest('hex').slice(0, 10);
  const time = Math.floor((mtime?.getTime() ?? 0) / 1000);
  return {
    type,
    ...common,
    sha256,
    size: size ?? 0,
    ...(time > 1 && time < latest ? { mtime: time } : {}),
  };
}
