import type { BuildRequest } from '../../api/build.ts';
import type { Engine } from '../../context.ts';
import type { StatusResponse } from '../messages/control.ts';
import type { Session } from '../session/sessions.ts';
import { GrpcError } from '../wire/status.ts';
import { workshop } from '../workshop.ts';
import { type AskedBuild, readAttributes } from './attributes.ts';
import { exportTitles, type Output } from './outputs.ts';
import { type BroughtSources, bringSources } from './sent-sources.ts';
import type { Solve } from './solves.ts';
import { Vertices } from './vertices.ts';

/** A build that was asked for, with its Dockerfile brought. */
export interface OpenedBuild {
  readonly asked: AskedBuild;
  readonly request: BuildRequest;
  readonly session: Session;
  readonly brought: BroughtSources;
  readonly vertices: Vertices;
  readonly tell: (piece: Partial<StatusResponse>) => Promise<void>;
}

/**
 * Reads what is asked for, and brings what it takes to begin.
 * @param inputs images that stand for named contexts, by the input's name
 * @throws GrpcError
 */
export async function openBuild(
  engine: Engine,
  { session, ref, signal, trace }: Solve,
  attributes: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, string>,
  output: Output,
): Promise<OpenedBuild> {
  if (session === undefined)
    throw new GrpcError('invalid-argument', 'a build needs a session that sends its files');
  const asked = readAttributes(attributes);
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
  const request = { ...asked.request, ...brought.request, contexts };
  return { asked, request, session, brought, vertices, tell };
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
