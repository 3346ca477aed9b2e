import type { Change, ChangeKind } from './change.ts';

/** The watcher process's output (src/runtime/native/watch/watch.h). Paths are bytes in latin1. */
export type WatchRecord =
  /** Asks whether to enter this directory. Answered by `answer`. */
  | { readonly type: 'ask'; readonly id: number; readonly path: string }
  | { readonly type: 'change'; readonly change: Change }
  /** Everything is being watched: how many directories by the kernel, by polling, or both; and their total. */
  | {
      readonly type: 'ready';
      readonly watched: number;
      readonly polled: number;
      readonly directories: number;
    }
  /** The limit of inotify watches, or of instances, is reached; from this directory on directories are polled. */
  | { readonly type: 'limit'; readonly of: 'watches' | 'instances'; readonly path: string }
  /** A file system that does not report changes. */
  | { readonly type: 'silent'; readonly path: string }
  | { readonly type: 'unreadable'; readonly path: string }
  /** The kernel lost events; everything is being compared. */
  | { readonly type: 'overflow' };

const kinds: Readonly<Record<string, ChangeKind>> = {
  f: 'file',
  d: 'directory',
  l: 'link',
  o: 'other',
  '-': 'gone',
  '~': 'gone-directory',
};

/** Splits the watcher's output, in whatever pieces it arrives. Unknown records are skipped. */
export class RecordReader {
  #rest: Buffer = Buffer.alloc(0);

  read(piece: Buffer): readonly WatchRecord[] {
    const data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const records: WatchRecord[] = [];
    let start = 0;
    for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, start)) {
      const record = decode(data.toString('latin1', start, end));
      if (record !== undefined) records.push(record);
      start = end + 1;
    }
    this.#rest = Buffer.from(data.subarray(start));
    return records;
  }
}

function decode(text: string): WatchRecord | undefined {
  const rest = text.slice(1);
  switch (text[0]) {
    case '?': {
      const space = rest.indexOf(' ');
      return { type: 'ask', id: Number(rest.slice(0, space)), path: rest.slice(space + 1) };
    }
    case '=': {
      const kind = kinds[rest[0] ?? ''];
      if (kind === undefined) return undefined;
      return { type: 'change', change: { path: rest.slice(2), kind, settled: rest[1] === '!' } };
    }
    case 'R': {
      const [watched = 0, polled = 0, directories = 0] = rest.split(' ').map(Number);
      return { type: 'ready', watched, polled, directories };
    }
    case 'L':
      return { type: 'limit', of: 'watches', path: rest };
    case 'I':
      return { type: 'limit', of: 'instances', path: rest };
    case 'M':
      return { type: 'silent', path: rest };
    case 'X':
      return { type: 'unreadable', path: rest };
    case 'O':
      return { type: 'overflow' };
    default:
      return undefined;
  }
}

const command = (letter: string, text = ''): Buffer => Buffer.from(`${letter}${text}\0`, 'latin1');

/** The watcher's input. */
export const commands = {
  watch: (path: string): Buffer => command('W', path),
  stop: (path: string): Buffer => command('S', path),
  answer: (id: number, enter: boolean): Buffer => command(enter ? '+' : '-', String(id)),
  /** Nothing more follows: report when everything is being watched. */
  go: (): Buffer => command('G'),
  /** Poll everything at intervals. */
  poll: (): Buffer => command('P'),
  compare: (): Buffer => command('R'),
} as const;

/** Paths without those inside another one, as the watcher needs them. */
export function topmost(paths: Iterable<string>): readonly string[] {
  const found: string[] = [];
  for (const path of [...new Set(paths)].sort((a, b) => (withSlash(a) < withSlash(b) ? -1 : 1))) {
    const last = found.at(-1);
    if (last === undefined || !withSlash(path).startsWith(withSlash(last))) found.push(path);
  }
  return found;
}

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
