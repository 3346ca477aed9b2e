import type { BuildEvent } from '../api/build.ts';

/** Takes the events of a build; resolves when more may come. */
export type BuildSink = (event: BuildEvent) => Promise<void> | void;
