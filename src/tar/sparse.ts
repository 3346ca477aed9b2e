import { archiveError, shownName } from './archive-error.ts';
import { blockSize, numberIn } from './header.ts';
import type { PaxList } from './pax.ts';

/** Where the pieces of a file with holes are: pairs of offset and length, in order. */
export interface SparseMap {
  /** Size of the file including its holes. */
  readonly size: number;
  readonly pieces: readonly (readonly [offset: number, length: number])[];
  /** The file's real name, if the header has an artificial one. */
  readonly name?: string;
}

/** Most pieces of a map: it is held in memory. */
const mostPieces = 1_000_000;
const bad = (name: string) => archiveError(`${shownName(name)} is a sparse file whose map makes no sense`);

/**
 * @throws TcomposeError IMAGE_ARCHIVE unless the pieces are in order, inside the file, and together as long as what is
 * stored
 */
export function checkedMap(map: SparseMap, stored: number, name: string): SparseMap {
  let at = 0;
  let sum = 0;
  for (const [offset, length] of map.pieces) {
    if (!Number.isSafeInteger(offset + length) || offset < at || length < 0) throw bad(name);
    at = offset + length;
    sum += length;
  }
  if (!Number.isSafeInteger(map.size) || at > map.size || sum !== stored) throw bad(name);
  return map;
}

/**
 * The extended headers of a sparse file (GNU tar manual, "Sparse Formats"), in the formats 0.0 and 0.1, and where 1.0
 * begins.
 */
export type PaxSparse =
  | { readonly kind: 'map'; readonly map: SparseMap }
  /** Format 1.0: the map precedes the data. */
  | { readonly kind: 'in-data'; readonly size: number; readonly name?: string };

const whole = (text: string | undefined): number =>
  text !== undefined && /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;

/** Undefined when the records don't describe a sparse file. @throws TcomposeError IMAGE_ARCHIVE */
export function paxSparse(records: PaxList, name: string): PaxSparse | undefined {
  const last = new Map(records.map(([key, value]) => [key, value.toString('latin1')]));
  const version = `${last.get('GNU.sparse.major') ?? '0'}.${last.get('GNU.sparse.minor') ?? '0'}`;
  const mapped = ['GNU.sparse.map', 'GNU.sparse.offset', 'GNU.sparse.numbytes'].some((key) => last.has(key));
  if (!mapped && (version === '0.0' || version === '0.1')) return undefined;
  const trueName = last.get('GNU.sparse.name');
  const named = trueName === undefined || trueName === '' ? {} : { name: trueName };
  const size = whole(last.get('GNU.sparse.realsize') ?? last.get('GNU.sparse.size'));
  if (version === '1.0') {
    if (size < 0) throw bad(name);
    return { kind: 'in-data', size, ...named };
  }
  const numbers = last.has('GNU.sparse.map')
    ? last
        .get('GNU.sparse.map')!
        .split(',')
        .filter((part) => part !== '')
        .map(whole)
    : records
        .filter(([key]) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
        .map(([, value]) => whole(value.toString('latin1')));
  if (size < 0 || numbers.includes(-1) || numbers.length % 2 !== 0) throw bad(name);
  return { kind: 'map', map: { size, pieces: paired(numbers), ...named } };
}

function paired(numbers: readonly number[]): [number, number][] {
  return Array.from({ length: numbers.length / 2 }, (_, index) => [
    numbers[2 * index]!,
    numbers[2 * index + 1]!,
  ]);
}

/** Takes the bytes of the next block of 512. */
type NextBlock = () => Promise<Buffer>;

/** The map of format 1.0: decimal numbers, one per line, in separate blocks. */
export async function readMapInData(
  next: NextBlock,
  size: number,
  name: string,
): Promise<SparseMap & { readonly bytes: number }> {
  let text = '';
  let bytes = 0;
  const lines = async (count: number): Promise<string[]> => {
    for (;;) {
      const parts = text.split('\n');
      if (parts.length > count) return parts;
      text += (await next()).toString('latin1');
      bytes += blockSize;
      if (text.length > 32 * (count + 1) + blockSize) throw bad(name);
    }
  };
  const count = whole((await lines(1))[0]);
  if (count < 0 || count > mostPieces) throw bad(name);
  const numbers: number[] = [];
  text = text.slice(text.indexOf('\n') + 1);
  while (numbers.length < 2 * count) {
    const parts = text.split('\n');
    text = parts.pop()!;
    numbers.push(...parts.map(whole).slice(0, 2 * count - numbers.length));
    if (numbers.length >= 2 * count) break;
    if (text.length > 20) throw bad(name);
    text += (await next()).toString('latin1');
    bytes += blockSize;
  }
  if (numbers.includes(-1)) throw bad(name);
  return { size, pieces: paired(numbers), bytes };
}

/** The map of an old GNU header (type S), which continues in separate blocks if it is long. */
export async function readOldMap(header: Buffer, next: NextBlock, name: string): Promise<SparseMap> {
  const pieces: [number, number][] = [];
  const take = (block: Buffer, start: number, most: number): void => {
    for (let index = 0; index < most; index++) {
      const at = start + 24 * index;
      if (block[at] === 0 && block[at + 12] === 0) return;
      pieces.push([numberIn(block, at, 12), numberIn(block, at + 12, 12)]);
    }
  };
  take(header, 386, 4);
  for (let more = header[482] !== 0; more; ) {
    const block = await next();
    take(block, 0, 21);
    more = block[504] !== 0;
    if (pieces.length > mostPieces) throw bad(name);
  }
  return { size: numberIn(header, 483, 12), pieces };
}
