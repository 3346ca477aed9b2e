import { blobs, bytes, integer, long, type MessageOf, map, nested, text } from '../wire/message.ts';

/** Messages for the services of a client's session: files, credentials, secrets, agents (session/*.proto and fsutil). */

export const packetTypes = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;

/** `fsutil.types.Stat`. */
export const statShape = {
  path: text(1),
  /** Go's os.FileMode. */
  mode: integer(2),
  uid: integer(3),
  gid: integer(4),
  size: integer(5),
  /** Nanoseconds since 1970. */
  modified: long(6),
  linkName: text(7),
  major: integer(8),
  minor: integer(9),
  attributes: map(10, blobs),
};
export type WireStat = MessageOf<typeof statShape>;

/** `fsutil.types.Packet`. */
export const packetShape = { type: integer(1), stat: nested(2, statShape), id: integer(3), data: bytes(4) };
export type Packet = MessageOf<typeof packetShape>;

export const credentialsRequestShape = { host: text(1) };
export const credentialsResponseShape = { username: text(1), secret: text(2) };

export const secretRequestShape = { id: text(1) };
export const secretResponseShape = { data: bytes(1) };

export const agentRequestShape = { id: text(1) };

/** `BytesMessage`, which several services share. */
export const bytesMessageShape = { data: bytes(1) };
