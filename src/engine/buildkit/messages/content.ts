import { bytes, integer, nested, text } from '../wire/message.ts';

/** Messages of `containerd.services.content.v1.Content` (content.proto), which a client answers for its directories of blobs. */

export const readContentRequestShape = { digest: text(1), offset: integer(2), size: integer(3) };
export const readContentResponseShape = { offset: integer(1), data: bytes(2) };

export const infoRequestShape = { digest: text(1) };
export const infoResponseShape = { info: nested(1, { digest: text(1), size: integer(2) }) };

export const writeActions = { stat: 0, write: 1, commit: 2 } as const;
export const writeContentRequestShape = {
  action: integer(1),
  ref: text(2),
  total: integer(3),
  expected: text(4),
  offset: integer(5),
  data: bytes(6),
};
export const writeContentResponseShape = { action: integer(1), offset: integer(4) };
