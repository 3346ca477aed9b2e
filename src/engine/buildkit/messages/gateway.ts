import { blobs, flag, list, type MessageOf, map, messages, nested, text, texts } from '../wire/message.ts';
import { statusShape } from '../wire/status.ts';
import { capabilityShape, definitionShape, workerShape } from './operations.ts';

/** Messages of `moby.buildkit.v1.frontend.LLBBridge` (frontend/gateway/pb/gateway.proto): only the fields in use. */

export const bridgeSolveRequestShape = {
  definition: nested(1, definitionShape),
  frontend: text(2),
  frontendOpt: map(3, texts),
  allowResultReturn: flag(5),
  cacheImports: list(12, messages({ type: text(1), attrs: map(2, texts) })),
  frontendInputs: map(13, messages(definitionShape)),
  evaluate: flag(14),
};
export type BridgeSolveRequest = MessageOf<typeof bridgeSolveRequestShape>;

const refShape = { id: text(1), def: nested(2, definitionShape) };

/** The result of a build: one reference, or one for each platform. */
export const resultShape = {
  ref: nested(3, refShape),
  refs: nested(4, { refs: map(1, messages(refShape)) }),
  metadata: map(10, blobs),
};
export type BridgeResult = MessageOf<typeof resultShape>;

export const bridgeSolveResponseShape = { ref: text(1), result: nested(3, resultShape) };

export const returnRequestShape = { result: nested(1, resultShape), error: nested(2, statusShape) };

export const pongShape = {
  frontendCapabilities: list(1, messages(capabilityShape)),
  operationCapabilities: list(2, messages(capabilityShape)),
  workers: list(3, messages(workerShape)),
};
