import {
  blobs,
  bytes,
  flag,
  integer,
  list,
  type MessageOf,
  map,
  messages,
  nested,
  text,
  texts,
} from '../wire/message.ts';

/** `google.protobuf.Timestamp`. */
export const timestampShape = { seconds: integer(1), nanos: integer(2) };

/** `pb.Definition` (solver/pb/ops.proto): a graph of operations, with metadata for each by its digest. */
export const definitionShape = { def: list(1, blobs), metadata: map(2, messages({})) };

/** `pb.Op`: only operations that name an image. */
export const operationShape = {
  inputs: list(1, messages({ digest: text(1), index: integer(2) })),
  source: nested(3, { identifier: text(1), attrs: map(2, texts) }),
};

/** `pb.Platform`. */
export const platformShape = {
  architecture: text(1),
  os: text(2),
  variant: text(3),
};

const positionShape = { line: integer(1), character: integer(2) };
/** `pb.Range`: lines from 1. */
export const rangeShape = { start: nested(1, positionShape), end: nested(2, positionShape) };

/** `pb.SourceInfo`: a file that steps refer to. */
export const sourceInfoShape = { filename: text(1), data: bytes(2), language: text(4) };

/** `errdefs.Source`: a detail of a status that makes the client print the lines. */
export const sourceShape = { info: nested(1, sourceInfoShape), ranges: list(2, messages(rangeShape)) };
export type Source = MessageOf<typeof sourceShape>;

/** `moby.buildkit.v1.types.WorkerRecord` (api/types/worker.proto). */
export const workerShape = {
  id: text(1),
  labels: map(2, texts),
  platforms: list(3, messages(platformShape)),
  version: nested(5, { package: text(1), version: text(2), revision: text(3) }),
};

/** `moby.buildkit.v1.apicaps.APICap`. */
export const capabilityShape = { id: text(1), enabled: flag(2) };
