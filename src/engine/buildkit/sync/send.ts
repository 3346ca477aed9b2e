import { closeSync, read as readCallback } from 'node:fs';
import { promisify } from 'node:util';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { deviceNumber } from '../../../confined/device-number.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { joined, textOfPath } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';
import { type Packet, packetShape, packetTypes, type WireStat } from '../messages/session.ts';
import type { OpenCall } from '../wire/call.ts';
import { decode, encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import { goModeOf } from './stat.ts';

const readAsync = promisify(readCallback);
/** Bytes of a file in one packet. */
const piece = 32 * 1024;

/**
 * Sends a tree by the protocol of fsutil: first all entries in order, then the content that the other end requests.
 * @throws GrpcError
 */
export async function sendTree(call: OpenCall, root: ConfinedDirectory): Promise<void> {
  const say = (packet: Partial<Packet>) => call.send(encode<Packet>(packetShape, packet));
  const paths: string[] = [];
  const asked: number[] = [];
  const state: { over: 'open' | 'finished' | GrpcError; wake: () => void } = {
    over: 'open',
    wake: () => undefined,
  };
  const end = (over: typeof state.over): void => {
    if (state.over === 'open') state.over = over;
    state.wake();
  };
  // Requests are read while the tree is being listed; otherwise both ends might wait for each other.
  const hearing = hear(call, ({ type, id, data }) => {
    if (type === packetTypes.request) asked.push(id);
    else if (type === packetTypes.finish) end('finished');
    else if (type === packetTypes.error) end(new GrpcError('unknown', data.toString().slice(0, 4096)));
    state.wake();
  }).then(() => end(new GrpcError('unavailable', 'the client stopped taking files')), end);
  for await (const stat of statsOf(root, paths)) {
    if (state.over instanceof GrpcError) throw state.over;
    await say({ type: packetTypes.stat, stat });
  }
  await say({ type: packetTypes.stat });
  for (;;) {
    if (state.over instanceof GrpcError) throw state.over;
    const id = asked.shift();
    if (id !== undefined) await sendFile(root, paths[id], id, say);
    else if (state.over === 'finished') break;
    else
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
  }
  await say({ type: packetTypes.finish });
  call.end();
  await hearing;
}

async function hear(call: OpenCall, take: (packet: Packet) => void): Promise<void> {
  for await (const message of call.answers) take(decode<Packet>(packetShape, message));
}

/** All entries of the tree, in the order in which they are listed; the paths are stored by number. */
async function* statsOf(root: ConfinedDirectory, paths: string[]): AsyncGenerator<Partial<WireStat>> {
  const turn = turns();
  const links = new Map<string, string>();
  async function* below(path: string): AsyncGenerator<Partial<WireStat>> {
    const directory = root.find(path);
    if (directory === undefined) return;
    const names = await root.names(directory).finally(() => directory.close());
    for (const name of names) {
      await turn();
      const at = joined(path, name);
      const entry = root.find(at);
      if (entry === undefined) continue;
      const stat = statOf(entry, links);
      const enter = entry.stat.isDirectory();
      entry.close();
      if (stat === undefined) continue;
      paths.push(at);
      yield stat;
      if (enter) yield* below(at);
    }
  }
  yield* below('');
}

function statOf(entry: ConfinedEntry, links: Map<string, string>): Partial<WireStat> | undefined {
  const { stat } = entry;
  const kind = stat.isDirectory()
    ? 'directory'
    : stat.isFile()
      ? 'file'
      : stat.isSymbolicLink()
        ? 'link'
        : stat.isFIFO()
          ? 'pipe'
          : stat.isCharacterDevice()
            ? 'character'
            : stat.isBlockDevice()
              ? 'block'
              : undefined;
  if (kind === undefined) return undefined;
  const path = textOfPath(entry.path);
  const inode = `${stat.dev}:${stat.ino}`;
  const first = kind === 'file' && stat.nlink > 1 ? links.get(inode) : undefined;
  if (kind === 'file' && stat.nlink > 1 && first === undefined) links.set(inode, path);
  const { major, minor } =
    kind === 'character' || kind === 'block' ? deviceNumber(stat.rdev) : { major: 0, minor: 0 };
  return {
    path,
    mode: goModeOf(kind, stat.mode & 0o7777),
    uid: stat.uid,
    gid: stat.gid,
    size: kind === 'file' ? stat.size : 0,
    modified: entry.modified(),
    linkName: kind === 'link' ? textOfPath(entry.linkText()) : (first ?? ''),
    major,
    minor,
  };
}

async function sendFile(
  root: ConfinedDirectory,
  path: string | undefined,
  id: number,
  say: (packet: Partial<Packet>) => Promise<void>,
): Promise<void> {
  const entry = path === undefined ? undefined : root.find(path);
  if (!entry?.stat.isFile()) {
    entry?.close();
    throw new GrpcError('invalid-argument', `there is no file ${id} to send`);
  }
  const fd = entry.open();
  entry.close();
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(piece);
      const { bytesRead } = await readAsync(fd, buffer, 0, piece, null);
      await say({ type: packetTypes.data, id, data: buffer.subarray(0, bytesRead) });
      if (bytesRead === 0) return;
    }
  } finally {
    closeSync(fd);
  }
}
