import { randomBytes } from 'node:crypto';
import type { Engine } from '../context.ts';
import { flag } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import {
  type SolveRequest,
  type StatusResponse,
  solveRequestShape,
  statusResponseShape,
} from './messages/control.ts';
import { queryAttributes, queryOutput } from './solve/query-attributes.ts';
import { runBuild } from './solve/run-build.ts';
import type { Solve } from './solve/solves.ts';
import { tagImage } from './tag-image.ts';
import { decode, encode } from './wire/message.ts';
import { workshop } from './workshop.ts';

/**
 * `POST /build?version=2`: how clients before buildx use BuildKit (docker 18.09 to 20.10). Files come through the
 * session; progress is reported in the form of Control.Status, in base64.
 * @throws ENGINE_BAD_PARAMETER
 */
export async function sessionBuild(engine: Engine, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const remote = query.get('remote') ?? '';
  if (remote === 'upload-request')
    throw badParameter('a context from standard input is not supported in this form: send a directory');
  if (remote !== 'client-session' && remote === '')
    throw badParameter('a build by BuildKit’s protocol needs a session that sends its files');
  const { sessions, solves } = workshop(engine);
  const abort = new AbortController();
  exchange.signal.addEventListener('abort', () => abort.abort());
  const session = await sessions.get(query.get('session') ?? '', abort.signal).catch((error: Error) => {
    throw badParameter(error.message);
  });
  const output = queryOutput(query);
  const attributes = queryAttributes(query);
  const ref = query.get('buildid') || randomBytes(12).toString('hex');
  const request = { ...decode<SolveRequest>(solveRequestShape, Buffer.alloc(0)), ref };
  const under = solves.begin(request, session, abort.signal);
  const release = workshop(engine).cancels.put(ref, () => abort.abort());
  const writer = exchange.stream(200, 'application/json');
  const say = (message: object) => writer.write(`${JSON.stringify(message)}\r\n`);
  const telling = tellTrace(under, say, exchange.signal);
  try {
    const { image } = await runBuild(engine, under, attributes, new Map(), output).finally(() =>
      solves.end(under),
    );
    await telling;
    const names = query.getAll('t').filter((name) => name !== '');
    if (image !== undefined) {
      await tagImage(engine, image, names);
      await say({ id: 'moby.image.id', aux: { ID: image } });
      if (flag(query, 'q')) await say({ stream: `${image}\n` });
    }
  } catch (error) {
    await telling;
    const { message } = error as Error;
    await say({ errorDetail: { message }, error: message });
  } finally {
    release();
    writer.end();
  }
}

async function tellTrace(
  { trace }: Solve,
  say: (message: object) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of trace.follow(signal))
    await say({
      id: 'moby.buildkit.trace',
      aux: encode<StatusResponse>(statusResponseShape, piece).toString('base64'),
    });
}
