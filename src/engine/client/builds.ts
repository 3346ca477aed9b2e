import type { BuildEvent, BuildRequest } from '../api/build.ts';
import type { RegistryHeaders } from './images.ts';
import { jsonLines } from './json-lines.ts';
import { readText, type Transport } from './transport.ts';

interface BuildOptions {
  readonly signal?: AbortSignal;
  /** Headers for requests to the registry of an image; called for images that have to be pulled. */
  readonly registry?: (image: string) => Promise<RegistryHeaders>;
}

/** Events of a build except those that this client answers by itself. */
export type ToldBuildEvent = Exclude<BuildEvent, { readonly type: 'ask' }>;

/** Builds, with tcompose's own engine only. Progress is read no faster than the caller takes it. */
export function buildCalls(transport: Transport) {
  return {
    async *run(request: BuildRequest, options: BuildOptions = {}): AsyncGenerator<ToldBuildEvent> {
      const { signal, registry } = options;
      const answer = await transport.send({
        method: 'POST',
        path: '/tcompose/build',
        json: request,
        ...(signal === undefined ? {} : { signal }),
      });
      for await (const event of jsonLines<BuildEvent>(answer)) {
        if (event.type !== 'ask') yield event;
        else {
          const headers = (await registry?.(event.image)) ?? {};
          const path = `/tcompose/build/answers/${encodeURIComponent(event.id)}`;
          await readText(await transport.send({ method: 'POST', path, headers }));
        }
      }
    },
  };
}
