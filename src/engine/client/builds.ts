import type { BuildEvent, BuildRequest } from '../api/build.ts';
import { jsonLines } from './json-lines.ts';
import type { Transport } from './transport.ts';

/** Builds: of tcompose's own engine only. Progress is read no faster than it is taken. */
export function buildCalls(transport: Transport) {
  return {
    async *run(request: BuildRequest, signal?: AbortSignal): AsyncGenerator<BuildEvent> {
      const answer = await transport.send({
        method: 'POST',
        path: '/tcompose/build',
        json: request,
        ...(signal === undefined ? {} : { signal }),
      });
      yield* jsonLines<BuildEvent>(answer);
    },
  };
}
