import type { EngineClient } from '../engine/client/engine-client.ts';

/** Whether the engine is one of tcompose's. */
export const isOwnEngine = (client: EngineClient): boolean => /^tcompose\//i.test(client.identity.server);
