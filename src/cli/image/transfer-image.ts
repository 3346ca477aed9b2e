import type { ImageProgress } from '../../engine/api/image.ts';
import { streamError } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import {
  familiarName,
  formatReference,
  type ImageReference,
  parseReference,
  pulledRepository,
  withDefaultTag,
} from '../../image/reference.ts';
import { layerEvent } from '../../project/execute/layer-event.ts';
import type { CliContext } from '../context.ts';

interface Asked {
  readonly name: string;
  /** All tags of the repository. */
  readonly all: boolean;
  readonly quiet: boolean;
  readonly platform: string | undefined;
}

/**
 * Pulls or pushes one image with its progress; the engine's final lines (digest, status, full name) are printed on
 * standard output, as by the docker CLI.
 */
export async function transferImage(ctx: CliContext, way: 'pull' | 'push', asked: Asked): Promise<void> {
  const { said, reference } = await carry(ctx, way, asked);
  if (!asked.quiet) for (const line of said) ctx.write(`${line}\n`);
  if (way === 'pull' || asked.quiet) ctx.write(`${formatReference(reference)}\n`);
}

/** Pulls the image for a container that is about to be created; standard output is left to the command. */
export async function fetchForContainer(
  ctx: CliContext,
  asked: Pick<Asked, 'name' | 'quiet' | 'platform'>,
): Promise<void> {
  await carry(ctx, 'pull', { ...asked, all: false });
}

/** @returns the engine's final lines */
async function carry(
  ctx: CliContext,
  way: 'pull' | 'push',
  asked: Asked,
): Promise<{ readonly said: readonly string[]; readonly reference: ImageReference }> {
  const parsed = parseReference(asked.name);
  const reference = asked.all ? parsed : withDefaultTag(parsed);
  const client = await ctx.engine();
  const { registryAccess } = await import('../credentials/registry-access.ts');
  const access = registryAccess(ctx, client);
  const renderer = await ctx.renderer(undefined, asked.quiet ? 'quiet' : undefined);
  const gone = new AbortController();
  const release = ctx.onInterrupt(() => gone.abort());
  const tag = asked.all ? undefined : (reference.digest ?? reference.tag);
  const options = {
    headers: await access.headersFor(asked.name),
    signal: gone.signal,
    ...(tag === undefined ? {} : { tag }),
    ...(asked.platform === undefined ? {} : { platform: asked.platform }),
  };
  const repository = way === 'pull' ? pulledRepository(reference) : familiarName(reference);
  const words = way === 'pull' ? (['Pulling', 'Pulled'] as const) : (['Pushing', 'Pushed'] as const);
  const tell = (status: string, state: 'working' | 'done' | 'failed') =>
    renderer.emit({ type: 'progress', kind: 'image', name: asked.name, status, state, at: ctx.now() });
  const said: string[] = [];
  renderer.emit({ type: 'begin', resources: [{ kind: 'image', name: asked.name }] });
  try {
    tell(words[0], 'working');
    for await (const line of client.images[way](repository, options)) {
      const event = layerEvent(line, asked.name, ctx.now());
      if (line.tcompose?.asked !== undefined) renderer.emit({ type: 'trace', line: line.tcompose.asked });
      else if (event !== undefined) renderer.emit(event);
      else said.push(...finalWords(line));
    }
    tell(words[1], 'done');
  } catch (cause) {
    tell('Error', 'failed');
    if (gone.signal.aborted) throw new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    for (const line of said)
      if (line.startsWith(warning)) renderer.emit({ type: 'warning', message: line.slice(warning.length) });
    throw await explained(cause, access.explain(asked.name, cause));
  } finally {
    release();
    await renderer.close();
  }
  return { said, reference };
}

const warning = 'WARNING: ';

/** Lines that say how it ended. @throws TcomposeError with the engine's error */
function finalWords(line: ImageProgress): readonly string[] {
  const failed = streamError(line);
  if (failed !== undefined) throw failed;
  const { status, id } = line;
  if (status === undefined || status.startsWith('Pulling from') || id !== undefined) return [];
  return [status];
}

async function explained(cause: unknown, explanation: Promise<string | undefined>): Promise<unknown> {
  const better = await explanation;
  if (better === undefined || !(cause instanceof TcomposeError) || cause.code !== 'ENGINE_API') return cause;
  return new TcomposeError(cause.code, cause.message, {
    cause: cause.cause,
    exitCode: cause.exitCode,
    hint: better,
  });
}
