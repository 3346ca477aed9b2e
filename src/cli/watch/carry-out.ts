import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import type { EventSink, WatchDeed } from '../../events.ts';
import { dependenciesOf, withRestartedAlong } from '../../project/dependencies.ts';
import { runInside } from '../../project/execute/hooks.ts';
import { execute } from '../../project/execute/index.ts';
import { planRestart } from '../../project/plan-lifecycle/restart.ts';
import type { BatchPlan, SyncItem } from '../../watch/batch.ts';
import { textOfBytes } from '../../watch/change.ts';
import type { Ledger } from '../../watch/ledger.ts';
import type { CompiledRule } from '../../watch/rule.ts';
import { putSurely } from './put/put-surely.ts';
import type { ServiceContainers } from './service-containers.ts';

/** What is needed to carry out the actions of a batch. */
export interface Workshop {
  readonly client: EngineClient;
  readonly project: Project;
  readonly containers: ServiceContainers;
  readonly ledger: Ledger;
  readonly emit: EventSink;
  readonly now: () => number;
  readonly parallel: number;
  readonly signal: AbortSignal;
  /**
   * Called when a service's containers have the batch's files, so that one that starts later need not get them from the
   * batch.
   */
  readonly synced: (service: string) => void;
  /** Builds services and recreates their containers. @returns those whose containers were replaced */
  readonly rebuild: (services: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
}

type Deeds = Map<string, Set<WatchDeed>>;

/** Most containers to put files into at a time. */
const atOnce = 16;

/**
 * Carries out a batch: builds, then files, then restarts, then commands. A failure is reported with what to do, and
 * only prevents what depends on it. @returns what was done for which service
 */
export async function carryOut(
  plan: BatchPlan,
  work: Workshop,
): Promise<readonly { readonly service: string; readonly did: readonly WatchDeed[] }[]> {
  const deeds: Deeds = new Map();
  const did = (service: string, deed: WatchDeed) =>
    void deeds.set(service, (deeds.get(service) ?? new Set<WatchDeed>()).add(deed));
  const failed = new Set<string>();
  if (plan.rebuild.size > 0) {
    const services = new Set(plan.rebuild.keys());
    await attempt(work, [...services].join(', '), 'rebuild', async () => {
      const renewed = await work.rebuild(services);
      for (const service of services) did(service, renewed.has(service) ? 'rebuilt' : 'unchanged');
    });
  }
  await Promise.all(
    [...plan.sync].map(async ([service, items]) => {
      const told = work.ledger.note(service, items);
      const deed = await attempt(work, service, 'sync', () => syncService(work, service, told));
      work.synced(service);
      if (deed === undefined) failed.add(service);
      else did(service, deed);
    }),
  );
  const restarted = new Set([...plan.restart.keys()].filter((service) => !failed.has(service)));
  if (restarted.size > 0)
    await attempt(work, [...restarted].join(', '), 'restart', async () => {
      for (const service of await restart(work, restarted)) did(service, 'restarted');
    });
  await Promise.all(
    plan.exec
      .filter(({ rule }) => !failed.has(rule.service))
      .map(({ rule }) =>
        attempt(work, rule.service, 'exec', async () => {
          if (await runCommand(work, rule)) did(rule.service, 'ran');
        }),
      ),
  );
  return [...deeds].map(([service, all]) => ({ service, did: [...all] }));
}

/** Reports an error instead of throwing it; then returns undefined. */
async function attempt<T>(
  { emit, signal }: Workshop,
  service: string,
  action: string,
  run: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) return undefined;
    for (const one of error instanceof TcomposeErrors ? error.errors : [error]) {
      const hint = one instanceof TcomposeError ? one.hint : undefined;
      const message = one instanceof Error ? one.message : String(one);
      emit({
        type: 'watch',
        phase: 'failed',
        service,
        action,
        message,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    return undefined;
  }
}

/** Puts items into all containers of a service, running or not; a failure in one does not prevent the others. */
export async function syncService(
  work: Workshop,
  service: string,
  items: readonly SyncItem[],
): Promise<WatchDeed | undefined> {
  const containers = await work.containers.of(service);
  const queue = [...containers];
  let [changed, reached] = [false, false];
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const container = one;
      await attempt(work, service, 'sync', async () => {
        const put = await putSurely(work, container, items);
        if (put === undefined) return;
        // If nothing could be put anywhere, nothing was done.
        reached ||= put.changed || put.problems.length === 0;
        changed ||= put.changed;
        for (const { path, message } of put.problems)
          work.emit({
            type: 'watch',
            phase: 'failed',
            service,
            action: 'sync',
            message: path === '' ? message : `${container.name}: ${textOfBytes(path)}: ${message}`,
          });
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, queue.length) }, worker));
  return reached ? (changed ? 'synced' : 'unchanged') : undefined;
}

/** Restarts services, and those that restart with them. */
export async function restart(work: Workshop, services: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const { client, project, emit, now, parallel, signal } = work;
  work.containers.forget();
  const all = await work.containers.all();
  const along = withRestartedAlong(dependenciesOf(project, all), services);
  const containers = all.filter((one) => along.has(one.service));
  const plan = planRestart({ project, containers, all, timeout: undefined }, { conditions: true });
  await execute(plan, { client, project: project.name, emit, now, signal, parallel });
  return new Set(containers.map(({ service }) => service));
}

/**
 * Runs a rule's command once in each running container. False when none is running. @throws TcomposeErrors of those
 * where it failed
 */
async function runCommand(work: Workshop, rule: CompiledRule): Promise<boolean> {
  const { client, emit } = work;
  const running = (await work.containers.of(rule.service)).filter(({ state }) => state === 'running');
  const words = (rule.exec?.command ?? []).join(' ');
  const runs = await Promise.allSettled(
    running.map(async ({ id, name, service }) => {
      const { code, output } = await runInside(client, id, rule.exec ?? {});
      for (const line of output.split('\n').filter((one) => one !== ''))
        emit({ type: 'log', service, container: name, stream: 'stdout', line });
      if (code !== 0)
        throw new TcomposeError('PROJECT_STEP', `${name}: \`${words}\` ended with code ${code}`, {
          hint: 'Its output is above; the next change runs it again.',
        });
    }),
  );
  const failures = runs.flatMap((run) => (run.status === 'rejected' ? [run.reason as Error] : []));
  const told = failures.filter((error) => error instanceof TcomposeError);
  if (failures.length > told.length) throw failures.find((error) => !(error instanceof TcomposeError))!;
  if (told.length > 0) throw new TcomposeErrors(told);
  return running.length > 0;
}
