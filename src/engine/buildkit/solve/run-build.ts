import type { BuildEvent } from '../../api/build.ts';
import { build } from '../../build/build.ts';
import type { Engine } from '../../context.ts';
import { GrpcError } from '../wire/status.ts';
import { buildFault } from './build-fault.ts';
import { type OpenedBuild, openBuild } from './open-build.ts';
import type { Output } from './outputs.ts';
import { sessionClient } from './session-client.ts';
import type { Built, Solve } from './solves.ts';
import { takerOf } from './take-result.ts';

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
  const opened = await openBuild(engine, solve, attributes, inputs, output);
  const { asked, brought, vertices, tell } = opened;
  const exports = solve.request.cache?.exports ?? [];
  const cacheTo =
    exports.length === 0 ? [] : ['cache-to is not carried out: steps are kept by this engine only'];
  for (const message of [...asked.missing, ...cacheTo])
    for (const piece of vertices.take({ type: 'warning', message })) await tell(piece);
  const last = await carryOut(engine, solve, opened, output, async (event) => {
    for (const piece of vertices.take(event)) await tell(piece);
  });
  if (last?.type === 'error') throw buildFault(last, brought.text);
  if (solve.signal.aborted) throw new GrpcError('cancelled', 'context canceled');
  const image = last?.type === 'done' ? last.image : undefined;
  return { image, response: new Map(image === undefined ? [] : Object.entries(responseOf(image))) };
}

/** Carries out what was opened, and releases it. Returns the last event. */
export async function carryOut(
  engine: Engine,
  { signal }: Solve,
  opened: OpenedBuild,
  output: Output,
  sink: (event: BuildEvent) => Promise<void>,
): Promise<BuildEvent | undefined> {
  let last: BuildEvent | undefined;
  const { client, release } = await sessionClient(
    engine,
    opened,
    takerOf(output, opened.session, signal),
    signal,
  );
  try {
    const take = async (event: BuildEvent): Promise<void> => {
      last = event;
      await sink(event);
    };
    await build(engine, opened.request, take, signal, client);
  } finally {
    await release();
  }
  return last;
}

/** What clients read an image's id from. */
const responseOf = (image: string) => ({
  'containerimage.config.digest': image,
  'containerimage.digest': image,
});
