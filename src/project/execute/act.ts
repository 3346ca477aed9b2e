import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink, ResourceKind } from '../../events.ts';
import type { Operation } from '../plan.ts';
import type { ContainerWatch } from './container-watch.ts';

/** What requests to registries need: the user's credentials, and proxies. */
export interface RegistryAccess {
  headersFor(image: string): Promise<Readonly<Record<string, string>>>;
  /** What an engine's error may be caused by, as a hint that says more than its own. */
  explain(image: string, refusal: unknown): Promise<string | undefined>;
}

/** What is needed to carry out the steps of one plan. */
export interface PerformContext {
  readonly client: EngineClient;
  readonly emit: EventSink;
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number;
  /** Container name → id, updated by the steps. */
  readonly ids: Map<string, string>;
  /** The project's event subscription, opened on first use. */
  readonly watch: () => Promise<ContainerWatch>;
  /** Absent: registries are accessed anonymously. */
  readonly registry?: RegistryAccess;
  /** Called when containers are started. */
  readonly onStart?: (container: { id: string; name: string; service: string; isNew: boolean }) => void;
  /** Resolves when a container may be started. */
  readonly beforeStart?: (container: { id: string; name: string; service: string }) => Promise<void>;
  /** Called with services whose image could not be pulled and will be built instead. */
  readonly buildLater?: (service: string) => void;
  /** Keeps an error that does not stop the plan, but makes it fail at the end. */
  readonly failLater: (error: unknown) => void;
}

/** Reports the state of a step's resource, in Docker Compose's words. */
export type Progress = (
  status: string,
  state: 'working' | 'done' | 'warning' | 'failed' | 'skipped',
  detail?: string,
) => void;

/** Carries out one kind of operation. */
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

/** Id of a container by its name at this point in the plan. */
export function idOf(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name);
  if (id === undefined)
    throw new TcomposeError('INTERNAL', `container ${name} has no id at this point of the plan`);
  return id;
}

/** Reports a piece of work at its beginning and end: `Creating`, `Created`. */
export async function during(
  progress: Progress,
  words: readonly [string, string],
  work: () => Promise<unknown>,
): Promise<void> {
  progress(words[0], 'working');
  await work();
  progress(words[1], 'done');
}
