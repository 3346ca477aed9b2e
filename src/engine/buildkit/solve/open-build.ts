import type { Descriptor } from '../../../image/ingest-types.ts';
import type { BuildRequest } from '../../api/build.ts';
import type { BuildClient } from '../../build/build-client.ts';
import type { Engine } from '../../context.ts';
import type { StatusResponse } from '../messages/control.ts';
import { sentCache, takenCache } from '../session/content-store.ts';
import type { Session } from '../session/sessions.ts';
import { GrpcError } from '../wire/status.ts';
import { workshop } from '../workshop.ts';
import { type AskedBuild, readAttributes } from './attributes.ts';
import { cacheExports } from './cache-entries.ts';
import { exportTitles, type Output } from './outputs.ts';
import { type BroughtSources, bringSources } from './sent-sources.ts';
import type { Solve } from './solves.ts';
import { Vertices } from './vertices.ts';

/** A build that was requested, with its Dockerfile fetched. */
export interface OpenedBuild {
  readonly asked: AskedBuild;
  readonly request: BuildRequest;
  readonly session: Session;
  readonly brought: BroughtSources;
  readonly vertices: Vertices;
  readonly tell: (piece: Partial<StatusResponse>) => Promise<void>;
  /** The manifest of a cache that was written to a directory of the client. */
  readonly cacheManifest: () => Descriptor | undefined;
  readonly caches: Required<Pick<BuildClient, 'cacheSource' | 'cacheTarget'>>;
}

/**
 * Reads a request, and fetches what is needed to begin.
 * @param inputs images that stand for named contexts, by the input's name
 * @throws GrpcError
 */
export async function openBuild(
  engine: Engine,
  { session, ref, signal, trace, request: solved }: Solve,
  attributes: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, string>,
  output: Output,
): Promise<OpenedBuild> {
  if (session === undefined)
    throw new GrpcError('invalid-argument', 'a build needs a session that sends its files');
  const asked = readAttributes(attributes);
  if (asked.request.platforms !== undefined && (output.kind === 'local' || output.kind === 'tar'))
    throw new GrpcError(
      'unimplemented',
      `an output of type=${output.kind} is for one platform at a time here`,
    );
  const contexts = contextsOf(asked, inputs);
  let text = '';
  const names = output.kind === 'image' ? output.names : [];
  const vertices = new Vertices(ref, {
    now: () => engine.clock.now().ms,
    dockerfile: () => text,
    exports: exportTitles[output.kind],
    names,
  });
  const tell = trace.tell.bind(trace);
  const { kept, sessions } = workshop(engine);
  const sender = async (directory: string) => {
    const other = asked.otherSessions.get(directory);
    return other === undefined ? session : sessions.get(other, signal);
  };
  const brought = await bringSources(asked, { engine, sender, kept: kept(), vertices, tell, signal });
  text = brought.text;
  const cacheTo = cacheExports(solved.cache?.exports ?? [], output);
  const request = { ...asked.request, ...brought.request, contexts, cacheTo };
  let manifest: Descriptor | undefined;
  const caches: OpenedBuild['caches'] = {
    cacheSource: (place) => sentCache(session, place, signal),
    cacheTarget: (place) =>
      takenCache(session, place, engine.images, signal, (descriptor) => {
        manifest = descriptor;
      }),
  };
  return { asked, request, session, brought, vertices, tell, caches, cacheManifest: () => manifest };
}

function contextsOf(
  asked: AskedBuild,
  inputs: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const contexts: Record<string, string> = { ...asked.request.contexts };
  for (const [name, input] of asked.inputs) {
    const image = inputs.get(input);
    if (image === undefined)
      throw new GrpcError('invalid-argument', `the input ${input} of context ${name} was not sent`);
    contexts[name] = `docker-image://${image}`;
  }
  return contexts;
}
