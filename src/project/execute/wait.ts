import { setTimeout as delay } from 'node:timers/promises';
import { composeWords } from '../../compose-words.ts';
import type { ContainerInspect } from '../../engine/api/container.ts';
import { statusOf, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import { plainOutput } from '../../visible.ts';
import type { Operation } from '../plan.ts';
import type { ContainerWatch } from './container-watch.ts';
import { judge, type Verdict } from './verdict.ts';

type WaitOperation = Extract<Operation, { kind: 'wait' }>;

/**
 * Waits, by events, until one container meets the condition. Returns how it was met; `undefined` when the signal
 * aborted.
 * @throws TcomposeError PROJECT_DEPENDENCY with the container's last output, and who waits for it.
 */
export async function waitForContainer(
  client: EngineClient,
  watch: ContainerWatch,
  container: { readonly id: string; readonly name: string },
  operation: WaitOperation,
  signal: AbortSignal,
): Promise<(Verdict & { kind: 'met' }) | undefined> {
  let seen: { readonly startedAt: string; readonly at: number } | undefined;
  for (;;) {
    const looked = new AbortController();
    const both = AbortSignal.any([signal, looked.signal]);
    const changed = watch.next(container.id, both);
    const found = await tolerate(client.containers.inspect(container.id), 404);
    const verdict = judge(found?.State, operation.condition);
    const startedAt = found?.State.StartedAt ?? '';
    if (seen?.startedAt !== startedAt) seen = { startedAt, at: performance.now() };
    const unproven =
      verdict.kind === 'met' && verdict.as === 'running'
        ? unprovenFor(startedAt, performance.now() - seen.at)
        : 0;
    if (unproven > 0) {
      await Promise.race([changed, watch.lost, delay(unproven, undefined, { signal: both })]).catch(
        () => undefined,
      );
      looked.abort();
      if (signal.aborted) return undefined;
      continue;
    }
    if (verdict.kind === 'pending') {
      await Promise.race([changed, watch.lost]);
      if (signal.aborted) return undefined;
      continue;
    }
    looked.abort();
    if (verdict.kind === 'met') return verdict;
    throw await dependencyError(client, container, found, verdict.reason, operation);
  }
}

/** How long a container without health check has to run before it counts as one that runs, and not as one that fails. */
const PROOF_MS = 500;

/**
 * Milliseconds until a container that started at `startedAt`, and was seen running `seenFor` milliseconds ago, counts
 * as running. The clock of the engine's machine may be another.
 */
function unprovenFor(startedAt: string, seenFor: number): number {
  const sinceStart = Date.now() - Date.parse(startedAt);
  return PROOF_MS - Math.max(seenFor, Number.isNaN(sinceStart) ? 0 : sinceStart);
}

const list = (names: readonly string[]) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

async function dependencyError(
  client: EngineClient,
  container: { readonly id: string; readonly name: string },
  found: ContainerInspect | undefined,
  reason: (Verdict & { kind: 'failed' })['reason'],
  operation: WaitOperation,
): Promise<TcomposeError> {
  const { dependents } = operation;
  const waiting =
    dependents.length === 0
      ? ''
      : `; ${list(dependents)} ${dependents.length === 1 ? 'depends' : 'depend'} on it`;
  const what = sentenceOf(container.name, found?.State.ExitCode ?? '?', reason, operation);
  const parts = [`${what}${waiting}`];
  if (found?.State.OOMKilled === true) parts.push('  it was killed because it exceeded its memory limit');
  if (reason === 'unhealthy') {
    const last = found?.State.Health?.Log?.at(-1);
    if (last !== undefined)
      parts.push(
        `  last health check, exit code ${last.ExitCode}:\n${indent(quoted(last.Output) || '(no output)')}`,
      );
  }
  if (reason === 'exited' || reason === 'unhealthy') {
    const lines = await lastLines(client, container.id, {
      tty: found?.Config.Tty === true,
      since: found?.State.StartedAt,
    });
    if (lines !== '') parts.push(`  last output of ${container.name}:\n${indent(lines)}`);
    else if (reason === 'exited') parts.push(`  ${container.name} printed nothing`);
  }
  return new TcomposeError('PROJECT_DEPENDENCY', parts.join('\n'), {
    hint:
      reason === 'no-healthcheck'
        ? `Give service ${operation.service} a healthcheck, or wait for service_started.`
        : `See \`tcompose logs ${operation.service}\` for all of it; \`tcompose down\` removes the containers.`,
  });
}

/** A container's output as part of a message. */
const quoted = (text: string) => text.trimEnd().split('\n').map(plainOutput).join('\n');

/** The failure in Docker Compose's words: those for a dependency, or for `--wait`. */
function sentenceOf(
  container: string,
  code: number | string,
  reason: (Verdict & { kind: 'failed' })['reason'],
  { service, condition, required }: WaitOperation,
): string {
  if (reason === 'exited' && condition === 'completed')
    return required
      ? composeWords.notCompleted(service, code)
      : composeWords.optionalNotCompleted(service, code);
  const why = {
    exited: composeWords.exited(container, code),
    unhealthy: composeWords.unhealthy(container),
    'no-healthcheck': composeWords.noHealthcheck(container),
    gone: `container ${container} was removed while it was waited for`,
  }[reason];
  if (condition === 'ready' || condition === 'done') return why;
  return required ? composeWords.dependencyFailed(why) : composeWords.optionalFailed(service, why);
}

const indent = (text: string) =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');

/**
 * Output right after the start may have a time just before that of the start: the shim records both when it learns of
 * them, in either order. Less than the shortest pause between two runs, 100 ms.
 */
const START_SLACK_MS = 50;

/**
 * The last lines that a container printed, both streams; empty if the engine can't provide them.
 * @param options.since RFC 3339 time of its last start: output of earlier runs is not relevant.
 */
export async function lastLines(
  client: EngineClient,
  id: string,
  options: { readonly tty: boolean; readonly since?: string | undefined; readonly count?: number },
): Promise<string> {
  const parts: Buffer[] = [];
  const started = Date.parse(options.since ?? '');
  const since = Number.isNaN(started) ? undefined : ((started - START_SLACK_MS) / 1000).toFixed(3);
  try {
    const chunks = client.containers.logs(id, {
      tail: options.count ?? 10,
      tty: options.tty,
      ...(since === undefined ? {} : { since }),
    });
    for await (const chunk of chunks) parts.push(chunk.bytes);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
  }
  return quoted(Buffer.concat(parts).toString('utf8'));
}
