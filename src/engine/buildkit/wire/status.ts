import { bytes, decode, encode, integer, list, type MessageOf, messages, text } from './message.ts';

/** Status codes of gRPC (its documentation, "Status codes") that are in use. */
const codes = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  'invalid-argument': 3,
  'deadline-exceeded': 4,
  'not-found': 5,
  'already-exists': 6,
  'permission-denied': 7,
  'resource-exhausted': 8,
  'failed-precondition': 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

export type GrpcCode = keyof typeof codes;

/** `google.protobuf.Any`. */
export const anyShape = { url: text(1), value: bytes(2) };
/** `google.rpc.Status`. */
export const statusShape = { code: integer(1), message: text(2), details: list(3, messages(anyShape)) };
export type Status = MessageOf<typeof statusShape>;
export type Detail = MessageOf<typeof anyShape>;

/** A call that did not succeed. */
export class GrpcError extends Error {
  readonly code: GrpcCode;
  readonly details: readonly Partial<Detail>[];
  constructor(code: GrpcCode, message: string, details: readonly Partial<Detail>[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** The code by its number; `unknown` for an unknown one. */
export const codeOf = (number: number): GrpcCode =>
  (Object.keys(codes) as GrpcCode[]).find((name) => codes[name] === number) ?? 'unknown';

/** Trailers that report how a call ended; success if there is no error. */
export function trailersOf(error: GrpcError | undefined): Record<string, string> {
  if (error === undefined) return { 'grpc-status': '0' };
  const { code, message, details } = error;
  const number = codes[code];
  return {
    'grpc-status': String(number),
    'grpc-message': escaped(message),
    ...(details.length === 0
      ? {}
      : {
          'grpc-status-details-bin': encode<Status>(statusShape, { code: number, message, details })
            .toString('base64')
            .replace(/=+$/, ''),
        }),
  };
}

/** The error that trailers report; undefined for a call that succeeded. */
export function errorOf(trailers: Readonly<Record<string, unknown>>): GrpcError | undefined {
  const number = Number(trailers['grpc-status'] ?? Number.NaN);
  if (number === 0) return undefined;
  if (Number.isNaN(number)) return new GrpcError('unknown', 'the answer has no status');
  return new GrpcError(codeOf(number), unescaped(String(trailers['grpc-message'] ?? '')));
}

/** The error of a `google.rpc.Status`. */
export const errorOfStatus = ({ code = 2, message = '', details = [] }: Partial<Status>): GrpcError =>
  new GrpcError(codeOf(code), message, details);

/** The status in `grpc-status-details-bin`. */
export const decodeStatus = (base64: string): Status => decode(statusShape, Buffer.from(base64, 'base64'));

/** Percent-encodes everything but printable ASCII, and `%`. */
const escaped = (message: string): string =>
  [...Buffer.from(message)]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');

function unescaped(message: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at++) {
    const hex = message[at] === '%' ? /^[0-9a-f]{2}/i.exec(message.slice(at + 1, at + 3)) : null;
    if (hex === null) bytes.push(...Buffer.from(message[at]!));
    else {
      bytes.push(Number.parseInt(hex[0], 16));
      at += 2;
    }
  }
  return Buffer.from(bytes).toString();
}
