import { TcomposeError } from '../../errors.ts';
import type { ByteReader, ByteWriter } from './byte-codec.ts';

/** A codec's structure as data: C's tables and structures are generated from it (scripts/generate-plan.mjs). */
export type Shape =
  | {
      readonly kind:
        | 'text'
        | 'flag'
        | 'number'
        | 'octal'
        | 'hex'
        | 'signed'
        | 'size'
        | 'wide'
        | 'mask'
        | 'limit'
        | 'bytes'
        | 'program'
        | 'namespace';
    }
  /** `name` is the enumeration's name in C. */
  | { readonly kind: 'choice'; readonly name: string; readonly values: readonly (string | number)[] }
  | { readonly kind: 'optional' | 'list'; readonly inner: Shape }
  /** `name` is the structure's name in C; without one it is part of what contains it. */
  | { readonly kind: 'record'; readonly name?: string; readonly fields: Readonly<Record<string, Shape>> }
  /** `name` is a prefix of the names of the structure and the enumeration in C. */
  | { readonly kind: 'op'; readonly name: string; readonly ops: Readonly<Record<string, Shape>> };

/** How one kind of value is written, read and printed. Tables of these describe the launch plan (plan-fields.ts). */
export interface FieldCodec<T> {
  readonly shape: Shape;
  readonly write: (out: ByteWriter, value: T) => void;
  readonly read: (input: ByteReader) => T;
  readonly format: (value: T) => string;
}

/** Strings in double quotes; `"`, `\` and control characters as \xNN. */
export const text: FieldCodec<string> = {
  shape: { kind: 'text' },
  write: (out, value) => {
    if (value.includes('\0'))
      throw new TcomposeError('RUNTIME_PLAN', `a string of the plan holds NUL: ${JSON.stringify(value)}`);
    out.string(value);
  },
  read: (input) => input.string(),
  format: (value) => {
    const asSent = Buffer.from(value).toString('utf8');
    const quoted = asSent.replace(
      /["\\\x00-\x1f\x7f]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
    return `"${quoted}"`;
  },
};

/** A boolean, one byte. */
export const flag: FieldCodec<boolean> = {
  shape: { kind: 'flag' },
  write: (out, value) => out.u8(value ? 1 : 0),
  read: (input) => {
    const value = input.u8();
    return value <= 1 ? value === 1 : input.fail(`a truth value is ${value}`);
  },
  format: (value) => (value ? 'yes' : 'no'),
};

function unsigned(kind: 'number' | 'octal' | 'hex', format: (value: number) => string): FieldCodec<number> {
  return {
    shape: { kind },
    write: (out, value) => out.u32(inRange(value, 0, 0xffff_ffff)),
    read: (input) => input.u32(),
    format,
  };
}

/** u32, decimal. */
export const number = unsigned('number', String);
/** u32, shown in octal: file modes. */
export const octal = unsigned('octal', (value) => `0${value.toString(8)}`);
/** u32, shown in hexadecimal: flags. */
export const hex = unsigned('hex', (value) => `0x${value.toString(16)}`);

/** An integer, encoded as i32. */
export const signed: FieldCodec<number> = {
  shape: { kind: 'signed' },
  write: (out, value) => out.i32(inRange(value, -0x8000_0000, 0x7fff_ffff)),
  read: (input) => input.i32(),
  format: String,
};

/** A byte count as a JavaScript number, encoded as u64. */
export const size: FieldCodec<number> = {
  shape: { kind: 'size' },
  write: (out, value) => out.u64(BigInt(inRange(value, 0, Number.MAX_SAFE_INTEGER))),
  read: (input) => {
    const value = input.u64();
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : input.fail(`a size is ${value}`);
  },
  format: String,
};

function wide(
  kind: 'wide' | 'mask' | 'limit',
  format: (value: bigint) => string,
  least: bigint,
): FieldCodec<bigint> {
  return {
    shape: { kind },
    write: (out, value) => {
      if (value < least || value > 0xffff_ffff_ffff_ffffn)
        throw new TcomposeError('RUNTIME_PLAN', `${value} does not fit the plan's field`);
      out.u64(value);
    },
    read: (input) => {
      const value = input.u64();
      return least < 0n && value === 0xffff_ffff_ffff_ffffn ? -1n : value;
    },
    format,
  };
}

/** u64, decimal. */
export const wideNumber = wide('wide', String, 0n);
/** u64 as a bit mask. */
export const mask = wide('mask', (value) => `0x${value.toString(16)}`, 0n);
/** u64 with -1n, all bits set, for "no limit". */
export const limit = wide('limit', (value) => (value === -1n ? 'unlimited' : String(value)), -1n);

/** Bytes shown in hexadecimal (netlink messages). */
export const bytes: FieldCodec<Uint8Array> = {
  shape: { kind: 'bytes' },
  write: (out, value) => out.bytes(value),
  read: (input) => input.bytes(),
  format: (value) => Buffer.from(value).toString('hex') || '-',
};

/** Bytes shown by size and FNV-1a hash (BPF programs). */
export const program: FieldCodec<Uint8Array> = {
  ...bytes,
  shape: { kind: 'program' },
  format: (value) => {
    let hash = 0x811c9dc5;
    for (const byte of value) hash = Math.imul(hash ^ byte, 0x01000193);
    return `${value.length}-bytes:${(hash >>> 0).toString(16).padStart(8, '0')}`;
  },
};

/** One of `names`, encoded as its index. `name` is the enumeration's name in C. */
export function choice<T extends string | number>(name: string, ...names: readonly T[]): FieldCodec<T> {
  return {
    shape: { kind: 'choice', name, values: names },
    write: (out, value) => {
      const index = names.indexOf(value);
      if (index < 0) throw new TcomposeError('RUNTIME_PLAN', `${value} is not one of ${names.join(', ')}`);
      out.u8(index);
    },
    read: (input) => {
      const index = input.u8();
      return names[index] ?? input.fail(`a value ${index} is not one of ${names.join(', ')}`);
    },
    format: String,
  };
}

/** u8 0 when absent, else 1 and the value. Shown as `-` when absent. */
export function optional<T>(inner: FieldCodec<T>): FieldCodec<T | undefined> {
  return {
    shape: { kind: 'optional', inner: inner.shape },
    write: (out, value) => {
      out.u8(value === undefined ? 0 : 1);
      if (value !== undefined) inner.write(out, value);
    },
    read: (input) => (flag.read(input) ? inner.read(input) : undefined),
    format: (value) => (value === undefined ? '-' : inner.format(value)),
  };
}

/** u32 count and the elements. Shown as `[a b]`. */
export function listOf<T>(inner: FieldCodec<T>): FieldCodec<readonly T[]> {
  return {
    shape: { kind: 'list', inner: inner.shape },
    write: (out, values) => {
      out.u32(values.length);
      for (const value of values) inner.write(out, value);
    },
    read: (input) => Array.from({ length: input.count() }, () => inner.read(input)),
    format: (values) => `[${values.map(inner.format).join(' ')}]`,
  };
}

export type Fields<T> = { readonly [K in keyof T]-?: FieldCodec<T[K]> };

/** The fields one after another in the order of the table. Shown as `a=… b=…`. `name` is the structure's name in C. */
export function record<T>(fields: Fields<T>, name?: string): FieldCodec<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return {
    shape: {
      kind: 'record',
      ...(name === undefined ? {} : { name }),
      fields: Object.fromEntries(names.map((field) => [field, fields[field].shape])),
    },
    write: (out, value) => {
      for (const name of names) fields[name].write(out, value[name]);
    },
    read: (input) => {
      const value: Partial<T> = {};
      for (const name of names) {
        const field = fields[name].read(input);
        if (field !== undefined) value[name] = field;
      }
      return value as T;
    },
    format: (value) => names.map((name) => `${name}=${fields[name].format(value[name])}`).join(' '),
  };
}

type Tagged = { readonly op: string };
/** The fields of one op of a union. */
export type OpFields<T extends Tagged, K extends T['op']> = Omit<Extract<T, { op: K }>, 'op'>;
export type OpTable<T extends Tagged> = {
  readonly [K in T['op']]: FieldCodec<OpFields<T, K>>;
};

/** u8 index of the op in the table (from 0), then its record. Shown as `op a=… b=…`. `cName` is a prefix of the names in C. */
export function op<T extends Tagged>(cName: string, table: OpTable<T>): FieldCodec<T> {
  const names = Object.keys(table) as T['op'][];
  const codecs = names.map((name) => table[name] as FieldCodec<unknown>);
  const codecOf = (value: T) => {
    const index = names.indexOf(value.op);
    const codec = codecs[index];
    if (codec === undefined)
      throw new TcomposeError('RUNTIME_PLAN', `the plan has an unknown op ${value.op}`);
    return { index, codec };
  };
  return {
    shape: {
      kind: 'op',
      name: cName,
      ops: Object.fromEntries(names.map((name) => [name, table[name].shape])),
    },
    write: (out, value) => {
      const { index, codec } = codecOf(value);
      out.u8(index);
      codec.write(out, value);
    },
    read: (input) => {
      const index = input.u8();
      const codec = codecs[index] ?? input.fail(`an op has the unknown code ${index}`);
      return { op: names[index], ...(codec.read(input) as object) } as unknown as T;
    },
    format: (value) => `${value.op} ${codecOf(value).codec.format(value)}`.trimEnd(),
  };
}

function inRange(value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new TcomposeError('RUNTIME_PLAN', `${value} does not fit the plan's field`);
  return value;
}
