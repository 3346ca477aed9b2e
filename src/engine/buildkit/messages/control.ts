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
import { definitionShape, rangeShape, sourceInfoShape, timestampShape, workerShape } from './operations.ts';

/** Messages of `moby.buildkit.v1.Control` (api/services/control/control.proto): only the fields in use. */

const exporterShape = { type: text(1), attrs: map(2, texts) };
const cacheShape = {
  exports: list(4, messages(exporterShape)),
  imports: list(5, messages(exporterShape)),
};

export const solveRequestShape = {
  ref: text(1),
  definition: nested(2, definitionShape),
  /** From before there could be several. */
  exporter: text(3),
  exporterAttrs: map(4, texts),
  session: text(5),
  frontend: text(6),
  frontendAttrs: map(7, texts),
  cache: nested(8, cacheShape),
  entitlements: list(9, texts),
  frontendInputs: map(10, messages(definitionShape)),
  exporters: list(13, messages(exporterShape)),
};
export type SolveRequest = MessageOf<typeof solveRequestShape>;
export type Exporter = MessageOf<typeof exporterShape>;

export const solveResponseShape = { exporterResponse: map(1, texts) };

export const statusRequestShape = { ref: text(1) };

export const vertexShape = {
  digest: text(1),
  inputs: list(2, texts),
  name: text(3),
  cached: flag(4),
  started: nested(5, timestampShape),
  completed: nested(6, timestampShape),
  error: text(7),
};
export type Vertex = MessageOf<typeof vertexShape>;

const vertexStatusShape = {
  id: text(1),
  vertex: text(2),
  name: text(3),
  current: integer(4),
  total: integer(5),
  timestamp: nested(6, timestampShape),
  started: nested(7, timestampShape),
  completed: nested(8, timestampShape),
};

const vertexLogShape = {
  vertex: text(1),
  timestamp: nested(2, timestampShape),
  /** 1 standard output, 2 standard error. */
  stream: integer(3),
  message: bytes(4),
};

const vertexWarningShape = {
  vertex: text(1),
  level: integer(2),
  short: bytes(3),
  detail: list(4, blobs),
  url: text(5),
  info: nested(6, sourceInfoShape),
  ranges: list(7, messages(rangeShape)),
};

export const statusResponseShape = {
  vertexes: list(1, messages(vertexShape)),
  statuses: list(2, messages(vertexStatusShape)),
  logs: list(3, messages(vertexLogShape)),
  warnings: list(4, messages(vertexWarningShape)),
};
export type StatusResponse = MessageOf<typeof statusResponseShape>;

export const listWorkersResponseShape = { record: list(1, messages(workerShape)) };

export const infoResponseShape = {
  version: nested(1, { package: text(1), version: text(2), revision: text(3) }),
};

export const usageRecordShape = {
  id: text(1),
  mutable: flag(2),
  inUse: flag(3),
  size: integer(4),
  createdAt: nested(6, timestampShape),
  lastUsedAt: nested(7, timestampShape),
  usageCount: integer(8),
  description: text(9),
  recordType: text(10),
  shared: flag(11),
};
export type UsageRecord = MessageOf<typeof usageRecordShape>;
export const diskUsageRequestShape = { filter: list(1, texts) };
export const diskUsageResponseShape = { record: list(1, messages(usageRecordShape)) };
export const pruneRequestShape = {
  filter: list(1, texts),
  all: flag(2),
  /** Nanoseconds. */
  keepDuration: integer(3),
  reservedSpace: integer(4),
  maxUsedSpace: integer(5),
  minFreeSpace: integer(6),
};
