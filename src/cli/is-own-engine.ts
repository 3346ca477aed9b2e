import type { EngineClient } from '../engine/client/engine-client.ts';

/** Whether it is a tcompose engine. */
export const isOwnEngine = (client: EngineClient): boolean => /^tcompose\//i.test(client.identity.server);
