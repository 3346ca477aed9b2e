import type { BuildEvent } from '../api/build.ts';

/** Takes the events of a build; resolves when it accepts more. */
export type BuildSink = (event: BuildEvent) => Promise<void> | void;
