import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink, ResourceKind } from '../../events.ts';
import type { Operation } from '../plan.ts';
import type { ContainerWatch } from './container-watch.ts';

/** What goes to registries along with requests: whose they are, and how they are reached. */
export interface RegistryAccess {
  headersFor(image: string): Promise<Readonly<Record<string, string>>>;
  /** What an engine's error may come from, as a hint that says more than its own. */
  explain(image: string, refusal: unknown): Promise<string | undefined>;
}

/** What the steps of one plan are carried out with. */
export interface PerformContext {
  readonly client: EngineClient;
  readonly emit: EventSink;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
  /** Container name → id, kept up to date by the steps. */
  readonly ids: Map<string, string>;
  /** The project's event subscription, opened by the first who needs it. */
  readonly watch: () => Promise<ContainerWatch>;
  /** Absent: registries are asked by nobody in particular. */
  readonly registry?: RegistryAccess;
  /** Told of containers as they are started. */
  readonly onStart?: (container: { id: string; name: string; service: string; isNew: boolean }) => void;
  /** Resolves when a container may be started. */
  readonly beforeStart?: (container: { id: string; name: string; service: string }) => Promise<void>;
  /** Called with services whose image could not be fetched and will be built instead. */
  readonly buildLater?: (service: string) => void;
  /** Keeps an error that does not hold the plan up, but makes it fail in the end. */
  readonly failLater: (error: unknown) => void;
}

/** Tells what becomes of the resource that a step is about, in Docker Compose's words. */
export type Progress = (
  status: string,
  state: 'working' | 'done' | 'warning' | 'failed' | 'skipped',
  detail?: string,
) => void;

/** What carries out one kind of operation. */
export type Act<K extends Operation['kind']> = (
  operation: Extract<Operation, { kind: K }>,
  context: PerformContext,
  progress: Progress,
  signal: AbortSignal,
) => Promise<unknown>;

/** Progress of one resource. */
export const progressOf =
  (context: PerformContext, kind: ResourceKind, name: string): Progress =>
  (status, state, detail) =>
    context.emit({
      type: 'progress',
      kind,
      name,
      status,
      state,
      at: context.now(),
      ...(detail === undefined ? {} : { detail }),
    });

/** Id of a container by its name at this point of the plan. */
export function idOf(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name);
  if (id === undefined)
    throw new TcomposeError('INTERNAL', `container ${name} has no id at this point of the plan`);
  return id;
}

/** Two words around a piece of work: `Creating`, `Created`. */
export async function during(
  progress: Progress,
  words: readonly [string, string],
  work: () => Promise<unknown>,
): Promise<void> {
  progress(words[0], 'working');
  await work();
  progress(words[1], 'done');
}
