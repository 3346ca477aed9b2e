import type { BuildEvent, BuildRequest } from '../../api/build.ts';
import { build } from '../../build/build.ts';
import type { BuildClient } from '../../build/build-client.ts';
import type { Engine } from '../../context.ts';
import { withHint } from '../../error-body.ts';
import { type Source, sourceShape } from '../messages/operations.ts';
import { registryIdentity } from '../session/registry-identity.ts';
import { bringSecrets } from '../session/secrets.ts';
import type { Session } from '../session/sessions.ts';
import { encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import { workshop } from '../workshop.ts';
import { type AskedBuild, readAttributes } from './attributes.ts';
import { exportTitles, type Output } from './outputs.ts';
import { type BroughtSources, bringSources } from './sent-sources.ts';
import type { Built, Solve } from './solves.ts';
import { takerOf } from './take-result.ts';
import { Vertices } from './vertices.ts';

/**
 * Carries out a build by the frontend `dockerfile.v0`, told to whoever follows the solve.
 * @param inputs images that stand for named contexts, by the input's name
 * @throws GrpcError
 */
export async function runBuild(
  engine: Engine,
  solve: Solve,
  attributes: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, string>,
  output: Output,
): Promise<Built> {
  const { session, signal, trace } = solve;
  if (session === undefined)
    throw new GrpcError('invalid-argument', 'a build needs a session that sends its files');
  const asked = readAttributes(attributes);
  if (asked.question !== undefined)
    throw new GrpcError('unimplemented', `${asked.question} is not answered here: there are builds only`);
  if (asked.address !== undefined)
    throw new GrpcError(
      'unimplemented',
      `a context at ${asked.address} is not fetched here: send a directory`,
    );
  let text = '';
  const now = () => engine.clock.now().ms;
  const vertices = new Vertices(solve.ref, now, () => text, exportTitles[output.kind]);
  const tell = trace.tell.bind(trace);
  const { kept, sessions } = workshop(engine);
  const sender = async (directory: string) => {
    const other = asked.otherSessions.get(directory);
    return other === undefined ? session : sessions.get(other, signal);
  };
  const brought = await bringSources(asked, { sender, kept: kept(), vertices, tell, signal });
  text = brought.text;
  let last: BuildEvent | undefined;
  try {
    await build(
      engine,
      requestOf(asked, inputs),
      async (event) => {
        if (event.type === 'done' || event.type === 'error') last = event;
        for (const piece of vertices.take(event)) await tell(piece);
      },
      signal,
      clientOf(session, brought, output, signal),
    );
  } finally {
    brought.release();
  }
  if (last?.type === 'error') throw errorOf(last, text);
  if (signal.aborted) throw new GrpcError('cancelled', 'context canceled');
  const image = last?.type === 'done' ? last.image : undefined;
  return { image, response: new Map(image === undefined ? [] : Object.entries(responseOf(image))) };
}

/** What clients read an image's id from. */
const responseOf = (image: string) => ({
  'containerimage.config.digest': image,
  'containerimage.digest': image,
});

function requestOf(asked: AskedBuild, inputs: ReadonlyMap<string, string>): BuildRequest {
  const contexts: Record<string, string> = { ...asked.request.contexts };
  for (const [name, input] of asked.inputs) {
    const image = inputs.get(input);
    if (image === undefined)
      throw new GrpcError('invalid-argument', `the input ${input} of context ${name} was not sent`);
    contexts[name] = `docker-image://${image}`;
  }
  return { ...asked.request, context: '/', contexts };
}

function clientOf(
  session: Session,
  brought: BroughtSources,
  output: Output,
  signal: AbortSignal,
): BuildClient {
  const take = takerOf(output, session, signal);
  return {
    registry: (image) => registryIdentity(session, image, signal),
    agent: () => undefined,
    sources: brought.sources,
    async prepare(plan) {
      await brought.fill(plan);
      return bringSecrets(session, plan, signal);
    },
    ...(take === undefined ? {} : { take }),
  };
}

/** The error with the lines that it is about, which clients print. */
function errorOf(event: Extract<BuildEvent, { type: 'error' }>, dockerfile: string): GrpcError {
  const { message, hint, where } = event;
  const text = withHint(message, hint);
  if (where === undefined) return new GrpcError('unknown', text);
  const source: Source = {
    info: { filename: where.file, data: Buffer.from(dockerfile), language: 'Dockerfile' },
    ranges: [
      { start: { line: where.line, character: 0 }, end: { line: where.endLine ?? where.line, character: 0 } },
    ],
  };
  const value = encode<Source>(sourceShape, source);
  return new GrpcError('unknown', text, [{ url: 'type.googleapis.com/errdefs.Source', value }]);
}
