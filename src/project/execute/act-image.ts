import type { ImageProgress } from '../../engine/api/image.ts';
import { streamError } from '../../engine/client/api-failure.ts';
import { TcomposeError } from '../../errors.ts';
import { parseReference, pulledRepository, splitReference } from '../../image/reference.ts';
import type { Operation } from '../plan.ts';
import { sentences } from '../sentences.ts';
import type { Act, PerformContext, Progress } from './act.ts';
import { layerEvent } from './layer-event.ts';

type Pull = Extract<Operation, { kind: 'pull-image' }>;
type Push = Extract<Operation, { kind: 'push-image' }>;

/** Reports each layer as the engine does; the last line of a failed stream is the error. */
async function follow(
  lines: AsyncIterable<ImageProgress>,
  image: string,
  quiet: boolean,
  { emit, now }: PerformContext,
): Promise<void> {
  for await (const line of lines) {
    const failed = streamError(line);
    if (failed !== undefined) throw failed;
    const { status, tcompose } = line;
    if (tcompose?.asked !== undefined) emit({ type: 'trace', line: tcompose.asked });
    if (status?.startsWith('WARNING: ') === true)
      emit({ type: 'warning', message: status.slice('WARNING: '.length) });
    const event = quiet ? undefined : layerEvent(line, image, now());
    if (event !== undefined) emit(event);
  }
}

/**
 * Carries out a transfer; an error is kept for the end of the plan, or becomes a warning: other images are transferred
 * nevertheless.
 */
async function transfer(
  operation: Pull | Push,
  context: PerformContext,
  progress: Progress,
  words: readonly [string, string],
  lines: (headers: Readonly<Record<string, string>>) => AsyncIterable<ImageProgress>,
  signal: AbortSignal,
): Promise<void> {
  const { reference, quiet, failureIs } = operation;
  if (!quiet) progress(words[0], 'working');
  try {
    const headers = (await context.registry?.headersFor(reference)) ?? {};
    await follow(lines(headers), reference, quiet, context);
    progress(words[1], 'done');
  } catch (cause) {
    if (signal.aborted) {
      progress('Interrupted', 'skipped');
      return;
    }
    const error = await failureOf(operation, cause, context);
    progress('Error', failureIs === 'error' ? 'failed' : 'warning');
    if (failureIs === 'error') context.failLater(error);
    else {
      if (failureIs === 'build') context.buildLater?.(operation.service);
      context.emit({
        type: 'warning',
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
}

async function failureOf(
  operation: Pull | Push,
  cause: unknown,
  { registry }: PerformContext,
): Promise<TcomposeError> {
  const { reference, service } = operation;
  const why = cause instanceof Error ? cause.message : String(cause);
  const known = cause instanceof TcomposeError ? cause.hint : undefined;
  const explained = await registry?.explain(reference, cause);
  const near =
    operation.kind === 'pull-image' && operation.near !== undefined
      ? `The nearest local name is ${operation.near}.`
      : undefined;
  const elsewhere = operation.kind === 'pull-image' ? operation.elsewhere : undefined;
  const built = operation.failureIs === 'build';
  const build =
    operation.kind === 'pull-image' && operation.buildable && !built
      ? `It can be built from source: tcompose build ${service}`
      : undefined;
  const hint = sentences([elsewhere, explained ?? known, near, build]);
  const way = operation.kind === 'pull-image' ? 'pulled from' : 'pushed to';
  return new TcomposeError(
    operation.kind === 'pull-image' ? 'PROJECT_IMAGE_MISSING' : 'PROJECT_STEP',
    `image ${reference} of service ${service} can't be ${way} ${parseReference(reference).domain}${built ? ', and is built' : ''}: ${why}`,
    { cause, ...(hint === '' ? {} : { hint }) },
  );
}

export const pullImage: Act<'pull-image'> = (operation, context, progress, signal) => {
  const { reference, platform } = operation;
  const { tag } = splitReference(reference);
  const repo = pulledRepository(parseReference(reference));
  const lines = (headers: Readonly<Record<string, string>>) =>
    context.client.images.pull(repo, {
      tag,
      headers,
      signal,
      ...(platform === undefined ? {} : { platform }),
    });
  return transfer(operation, context, progress, ['Pulling', 'Pulled'], lines, signal);
};

export const pushImage: Act<'push-image'> = (operation, context, progress, signal) => {
  const { repo, tag } = splitReference(operation.reference);
  const lines = (headers: Readonly<Record<string, string>>) =>
    context.client.images.push(repo, { tag, headers, signal });
  return transfer(operation, context, progress, ['Pushing', 'Pushed'], lines, signal);
};
