import { badParameter } from '../http/failure.ts';

/** Names that the docker CLI gives to keys, with the bytes that a terminal sends. */
const controlKeys: Readonly<Record<string, number>> = {
  'ctrl-@': 0,
  'ctrl-[': 27,
  'ctrl-\\': 28,
  'ctrl-]': 29,
  'ctrl-^': 30,
  'ctrl-_': 31,
  DEL: 127,
};

/** `ctrl-p,ctrl-q`, `a,ctrl-x`, … as bytes; empty for none. Throws 400. */
export function parseDetachKeys(text: string | null | undefined): Buffer {
  if (!text) return Buffer.alloc(0);
  const bytes = text.split(',').map((key) => {
    if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0);
    const letter = /^ctrl-([a-z])$/.exec(key)?.[1];
    return letter === undefined ? controlKeys[key] : letter.charCodeAt(0) - 96;
  });
  if (bytes.some((byte) => byte === undefined)) throw badParameter(`Invalid detach keys (${text}) provided`);
  return Buffer.from(bytes as number[]);
}

/** The outcome for a piece of typed bytes. */
export interface Typed {
  /** Bytes for the terminal. */
  readonly pass: Buffer;
  /** The keys were typed: the rest is discarded. */
  readonly detached: boolean;
}

/**
 * Looks for the keys in what is typed, piece by piece. Bytes that may be the beginning of the keys are held back until
 * the next piece decides; if it does not complete them, they are passed on.
 */
export function detachFilter(keys: Buffer): (piece: Buffer) => Typed {
  let held = 0;
  return (piece) => {
    if (keys.length === 0) return { pass: piece, detached: false };
    const out: number[] = [];
    for (const byte of piece) {
      while (held > 0 && byte !== keys[held]) held = release(keys, held, out);
      if (byte === keys[held]) held++;
      else out.push(byte);
      if (held === keys.length) return { pass: Buffer.from(out), detached: true };
    }
    return { pass: Buffer.from(out), detached: false };
  };
}

/** Passes on the first of the held bytes, and as many more as can't begin the keys; returns how many are still held. */
function release(keys: Buffer, held: number, out: number[]): number {
  for (let gone = 1; gone <= held; gone++) {
    out.push(keys[gone - 1]!);
    if (keys.subarray(gone, held).equals(keys.subarray(0, held - gone))) return held - gone;
  }
  return 0;
}
