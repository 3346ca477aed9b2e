import { WireError, WireReader, WireWriter, wireType } from './bytes.ts';

/**
 * Protocol buffer messages, version 3, by declared shapes: one member for each field, with its number and kind. Reading
 * skips fields that a shape does not name; writing skips members that have their initial value.
 */

/** How a field of a message is read and written. */
interface Field<T> {
  readonly number: number;
  readonly type: number;
  /** The value when the message lacks the field; a new one each time, since it may be added to. */
  initial(): T;
  /** Adds one occurrence: the last one counts, lists and maps grow. */
  read(reader: WireReader, before: T, depth: number): T;
  /** Writes the whole field with its tags; nothing for the initial value. */
  write(writer: WireWriter, value: T): void;
}

/** A value with a length prefix. */
interface Kind<T> {
  readonly initial: () => T;
  readonly from: (bytes: Buffer, depth: number) => T;
  readonly to: (value: T) => Uint8Array;
}

export type Shape<M> = { readonly [Name in keyof M]: Field<M[Name]> };

/** The message type of a shape. */
export type MessageOf<S> = { readonly [Name in keyof S]: S[Name] extends Field<infer T> ? T : never };

/** How deeply messages may be nested. */
const deepest = 32;

/** @throws WireError */
export function decode<M>(shape: Shape<M>, bytes: Buffer, depth = 0): M {
  if (depth > deepest) throw new WireError('messages are nested too deeply');
  const message: Record<string, unknown> = {};
  const fields = new Map<number, readonly [string, Field<unknown>]>();
  for (const [name, field] of Object.entries(shape) as [string, Field<unknown>][]) {
    message[name] = field.initial();
    fields.set(field.number, [name, field]);
  }
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    const type = Number(tag & 7n);
    const found = fields.get(Number(tag >> 3n));
    if (found === undefined || found[1].type !== type) reader.skip(type);
    else message[found[0]] = found[1].read(reader, message[found[0]], depth);
  }
  return message as M;
}

export function encode<M>(shape: Shape<M>, message: Partial<M>): Buffer {
  const writer = new WireWriter();
  for (const [name, field] of Object.entries(shape) as [string, Field<unknown>][]) {
    const value = (message as Record<string, unknown>)[name];
    if (value !== undefined) field.write(writer, value);
  }
  return writer.finish();
}

export const texts: Kind<string> = {
  initial: () => '',
  from: (value) => value.toString(),
  to: (value) => Buffer.from(value),
};

/** The value is a view into the message. */
export const blobs: Kind<Buffer> = {
  initial: () => Buffer.alloc(0),
  from: (value) => value,
  to: (value) => value,
};

/** Messages as elements of lists and maps. */
export const messages = <M>(shape: Shape<M>): Kind<Partial<M>> => ({
  initial: () => ({}),
  from: (value, depth) => decode(shape, value, depth + 1),
  to: (value) => encode(shape, value),
});

function single<T>(number: number, kind: Kind<T>, isInitial: (value: T) => boolean): Field<T> {
  return {
    number,
    type: wireType.bytes,
    initial: kind.initial,
    read: (reader, _before, depth) => kind.from(reader.bytes(), depth),
    write(writer, value) {
      if (isInitial(value)) return;
      writer.tag(number, wireType.bytes);
      writer.bytes(kind.to(value));
    },
  };
}

/** `string`. */
export const text = (number: number): Field<string> => single(number, texts, (value) => value === '');

/** `bytes`. */
export const bytes = (number: number): Field<Buffer> => single(number, blobs, ({ length }) => length === 0);

/** A nested message; undefined when the field is missing. */
export function nested<M>(number: number, shape: Shape<M>): Field<Partial<M> | undefined> {
  return {
    number,
    type: wireType.bytes,
    initial: () => undefined,
    read: (reader, _before, depth) => decode(shape, reader.bytes(), depth + 1),
    write(writer, value) {
      if (value === undefined) return;
      writer.tag(number, wireType.bytes);
      writer.bytes(encode(shape, value));
    },
  };
}

/** `repeated`, for kinds with a length prefix. */
export function list<T>(number: number, kind: Kind<T>): Field<readonly T[]> {
  return {
    number,
    type: wireType.bytes,
    initial: () => [],
    read(reader, before, depth) {
      (before as T[]).push(kind.from(reader.bytes(), depth));
      return before;
    },
    write(writer, values) {
      for (const value of values) {
        writer.tag(number, wireType.bytes);
        writer.bytes(kind.to(value));
      }
    },
  };
}

/** `map<string, …>`: each entry is a message of a key (1) and a value (2). */
export function map<T>(number: number, kind: Kind<T>): Field<ReadonlyMap<string, T>> {
  const entry = { key: text(1), value: single(2, kind, () => false) };
  return {
    number,
    type: wireType.bytes,
    initial: () => new Map(),
    read(reader, before, depth) {
      const { key, value } = decode<MessageOf<typeof entry>>(entry, reader.bytes(), depth + 1);
      (before as Map<string, T>).set(key, value);
      return before;
    },
    write(writer, values) {
      for (const [key, value] of values) {
        writer.tag(number, wireType.bytes);
        writer.bytes(encode<MessageOf<typeof entry>>(entry, { key, value }));
      }
    },
  };
}

function numeric<T>(
  number: number,
  initial: T,
  from: (value: bigint) => T,
  to: (value: T) => bigint,
): Field<T> {
  return {
    number,
    type: wireType.varint,
    initial: () => initial,
    read: (reader) => from(reader.varint()),
    write(writer, value) {
      if (value === initial) return;
      writer.tag(number, wireType.varint);
      writer.varint(to(value));
    },
  };
}

/** `int32`, `int64`, `uint32` and enumerations, as numbers: beyond 2^53 they lose their last digits. */
export const integer = (number: number): Field<number> =>
  numeric(
    number,
    0,
    (value) => Number(BigInt.asIntN(64, value)),
    (value) => BigInt(Math.trunc(value)),
  );

/** `int64` in full. */
export const long = (number: number): Field<bigint> =>
  numeric(
    number,
    0n,
    (value) => BigInt.asIntN(64, value),
    (value) => value,
  );

/** `bool`. */
export const flag = (number: number): Field<boolean> =>
  numeric(
    number,
    false,
    (value) => value !== 0n,
    (value) => (value ? 1n : 0n),
  );
