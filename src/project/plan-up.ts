import type { Service } from '../compose/model/service.ts';
import type { Project } from '../compose/model.ts';
import { TcomposeError } from '../errors.ts';
import { graphOf } from '../graph/graph.ts';
import { findCycle, topologicalOrder } from '../graph/order.ts';
import { containerSpec } from './create-body/index.ts';
import type { InheritedVolume } from './create-body/mounts.ts';
import { endpointParts } from './create-body/networks.ts';
import { preStartSpec } from './create-body/pre-start.ts';
import { divergence, type Expectation, expectationOf, parentsOf } from './divergence.ts';
import { containerName, type Separator, scaleOf } from './names.ts';
import { isUp, type Observed, type ObservedContainer } from './observed.ts';
import { type Plan, PlanBuilder, type WaitCondition } from './plan.ts';
import { requireImages } from './plan-images.ts';
import { planNetworks, planVolumes, type ResourceOutcome } from './plan-resources.ts';

/** `diverged`: what differs from the compose file; `force`: all; `never`: none. */
export type Recreate = 'diverged' | 'force' | 'never';

export interface UpOptions {
  readonly recreate: Recreate;
  /** For services that are only there as dependencies. */
  readonly recreateDependencies: Recreate;
  /** Services asked for by name; undefined is all. */
  readonly roots?: ReadonlySet<string>;
  /** Only create (`create`, `up --no-start`). */
  readonly start: boolean;
  /** Ignore depends_on (`--no-deps`). */
  readonly noDeps: boolean;
  /** Wait until everything is ready (`--wait`). */
  readonly wait: boolean;
  readonly removeOrphans: boolean;
  readonly ignoreOrphans: boolean;
  /** Do not hand anonymous volumes on (`-V`). */
  readonly renewAnonymousVolumes: boolean;
  /** Diverged volumes that may be made anew, losing their data. */
  readonly renewVolumes: ReadonlySet<string>;
  /** Seconds for stopping; undefined: each container's own. */
  readonly timeout: number | undefined;
  /** A missing image can be fetched. */
  readonly canPull: boolean;
  /** Pull policy given on the command line; it wins over the services' own. */
  readonly pull?: string;
  readonly separator?: Separator;
  readonly version: string;
}

/** What the plan has decided about a service so far. */
interface ServiceState {
  /** Final names of the containers it will have. */
  readonly containers: string[];
  /** Steps after which its first container exists. */
  readonly exists: string[];
  readonly starts: string[];
  readonly stops: string[];
  recreated: boolean;
  /** Its pre_start hooks must run before anything of it starts. */
  hooksDue: boolean;
  /** The step that runs them. */
  hooks: string | undefined;
}

/** Edges of a project's services, restricted to services that are in it. */
export const serviceGraph = (project: Project) =>
  graphOf(
    Object.fromEntries(
      Object.values(project.services).map((service) => [
        service.name,
        [
          ...Object.keys(service.depends_on ?? {}),
          ...parentsOf(service).map((parent) => parent.service),
        ].filter((name) => project.services[name] !== undefined && name !== service.name),
      ]),
    ),
  );

/**
 * What must be done so that the engine holds what the project says. Pure.
 * @throws TcomposeError PROJECT_EXTERNAL_MISSING, PROJECT_IMAGE_MISSING.
 */
export function planUp(project: Project, observed: Observed, options: UpOptions): Plan {
  const plan = new PlanBuilder();
  for (const container of observed.containers) plan.ids.set(container.name, container.id);
  const graph = serviceGraph(project);
  const cycle = findCycle(graph);
  if (cycle !== undefined)
    throw new TcomposeError('PROJECT_UNSUPPORTED', `dependency cycle: ${cycle.join(' -> ')}`, {
      hint: 'Services can only start when what they depend on has: take one of these dependencies out.',
    });
  const networks = planNetworks(project, observed, plan, options.version);
  const volumes = planVolumes(project, observed, plan, options.renewVolumes, options.version);
  const images = requireImages(project, observed, plan, options.canPull, options.pull);
  const context: Context = { project, observed, options, plan, networks, volumes, images, states: new Map() };
  const order = topologicalOrder(graph);
  for (const name of order) planService(context, project.services[name]!);
  if (options.start && options.wait) planReadiness(context, order);
  planOrphans(context);
  return plan.build();
}

interface Context {
  readonly project: Project;
  readonly observed: Observed;
  readonly options: UpOptions;
  readonly plan: PlanBuilder;
  readonly networks: ReadonlyMap<string, ResourceOutcome>;
  readonly volumes: ReadonlyMap<string, ResourceOutcome>;
  /** Image reference → step that fetches it. */
  readonly images: ReadonlyMap<string, string>;
  readonly states: Map<string, ServiceState>;
}

function planService(context: Context, service: Service): void {
  const { project, observed, options, plan } = context;
  const state: ServiceState = {
    containers: [],
    exists: [],
    starts: [],
    stops: [],
    recreated: false,
    hooksDue: false,
    hooks: undefined,
  };
  context.states.set(service.name, state);
  if (service.provider !== undefined) return;
  const want = expectationOf(project, service, observed, context.networks, context.volumes);
  const strategy =
    options.roots === undefined || options.roots.has(service.name)
      ? options.recreate
      : options.recreateDependencies;
  const { existing, leftovers } = splitLeftovers(observed, service.name, plan);
  const verdicts = new Map(
    existing.map((container) => [container, recreateCause(context, container, want, strategy)]),
  );
  const desired = scaleOf(service);
  // Too many: what is out of date goes first, then the highest numbers.
  const ranked = [...existing].sort(
    (a, b) =>
      Number(verdicts.get(a) !== undefined) - Number(verdicts.get(b) !== undefined) || a.number - b.number,
  );
  const surplus = new Set(ranked.slice(desired));
  for (const container of surplus) {
    const stop = planStop(context, container, service, `service ${service.name} is scaled to ${desired}`);
    planRemove(context, container, `service ${service.name} is scaled to ${desired}`, [stop]);
  }
  let planned: readonly string[] | undefined;
  const waits = () => {
    planned ??= options.noDeps ? [] : planWaits(context, service);
    return planned;
  };
  // Nothing of the service runs: its hooks run before the first container of it starts.
  state.hooksDue = (service.pre_start ?? []).length > 0 && !existing.some(isUp);
  for (const container of existing) {
    if (surplus.has(container)) continue;
    state.containers.push(container.name);
    const cause = verdicts.get(container);
    if (cause !== undefined) replace(context, service, want, container, cause, waits);
    else keep(context, service, container, waits);
  }
  let number = Math.max(0, ...existing.map((container) => container.number));
  for (let count = existing.length - surplus.size; count < desired; count++) {
    number += 1;
    create(context, service, want, number, waits);
  }
  for (const leftover of leftovers)
    planRemove(context, leftover, 'an interrupted replacement left it behind', []);
}

/** Containers with a temporary name come from a replacement that was cut short. */
function splitLeftovers(observed: Observed, service: string, plan: PlanBuilder) {
  const own = observed.containers.filter((one) => one.service === service && !one.oneoff);
  const existing: ObservedContainer[] = [];
  const leftovers: ObservedContainer[] = [];
  for (const container of own) {
    const final = /^[0-9a-f]{12}_(.+)$/.exec(container.name)?.[1];
    const temporary =
      final !== undefined && container.labels['com.docker.compose.replace'] !== undefined ? final : undefined;
    if (temporary === undefined) existing.push(container);
    else if (own.some((other) => other.name === temporary)) leftovers.push(container);
    else {
      plan.ids.set(temporary, container.id);
      plan.add(
        { kind: 'rename-container', id: container.id, container: temporary },
        'an interrupted replacement left it with a temporary name',
      );
      existing.push({ ...container, name: temporary });
    }
  }
  return { existing, leftovers };
}

function recreateCause(
  context: Context,
  container: ObservedContainer,
  want: Expectation,
  strategy: Recreate,
): string | undefined {
  if (strategy === 'never') return undefined;
  if (strategy === 'force') return 'recreation was asked for';
  const own = divergence(container, want);
  if (own !== undefined) return own;
  for (const parent of parentsOf(want.service)) {
    if (context.states.get(parent.service)?.recreated === true)
      return `it shares the ${parent.what} of service ${parent.service}, whose container is made anew`;
    const first = context.observed.containers.find((one) => one.service === parent.service && !one.oneoff);
    if (
      parent.what === 'network' &&
      first !== undefined &&
      container.networkMode.startsWith('container:') &&
      container.networkMode !== `container:${first.id}` &&
      container.networkMode !== `container:${first.name}`
    )
      return `it shares the network of a container that service ${parent.service} no longer has`;
  }
  return undefined;
}

/** Steps a new container of the service must wait for: its networks, volumes, image and namespace parents. */
function creationNeeds(context: Context, service: Service): (string | undefined)[] {
  return [
    ...Object.keys(service.networks ?? {}).map((key) => context.networks.get(key)?.ready),
    ...(service.volumes ?? []).map((mount) =>
      mount.source === undefined ? undefined : context.volumes.get(mount.source)?.ready,
    ),
    context.images.get(service.name),
    ...parentsOf(service).flatMap((parent) => context.states.get(parent.service)?.exists ?? []),
  ];
}

function create(
  context: Context,
  service: Service,
  want: Expectation,
  number: number,
  waits: () => readonly string[],
): void {
  const { project, options, plan } = context;
  const name = containerName(project.name, service, number, options.separator);
  const state = context.states.get(service.name)!;
  const spec = containerSpec(project, service, {
    number,
    name,
    imageId: want.imageId,
    version: options.version,
    ...(options.separator === undefined ? {} : { separator: options.separator }),
  });
  const created = plan.add(
    { kind: 'create-container', container: name, service: service.name, as: name, replaces: undefined, spec },
    `service ${service.name} has no container number ${number}`,
    creationNeeds(context, service),
  );
  state.containers.push(name);
  state.exists.push(created);
  state.recreated = true;
  if (options.start) planStart(context, service, name, 'it is new', [created, ...waits()]);
}

function replace(
  context: Context,
  service: Service,
  want: Expectation,
  old: ObservedContainer,
  cause: string,
  waits: () => readonly string[],
): void {
  const { project, options, plan } = context;
  const state = context.states.get(service.name)!;
  const losesVolume = (service.volumes ?? []).some(
    (mount) => mount.source !== undefined && context.volumes.get(mount.source)?.replaced === true,
  );
  const leavesNetwork = Object.keys(service.networks ?? {}).some(
    (key) => context.networks.get(key)?.replaced === true,
  );
  const removeFirst = losesVolume || leavesNetwork;
  const name = containerName(project.name, service, old.number, options.separator);
  const as = removeFirst ? name : `${old.id.slice(0, 12)}_${name}`;
  const spec = containerSpec(project, service, {
    number: old.number,
    name,
    imageId: want.imageId,
    version: options.version,
    inherited: options.renewAnonymousVolumes ? [] : anonymousVolumes(old, service, project),
    ...(options.separator === undefined ? {} : { separator: options.separator }),
    ...(removeFirst ? {} : { extraLabels: { 'com.docker.compose.replace': old.name } }),
  });
  const creation = {
    kind: 'create-container',
    container: name,
    service: service.name,
    as,
    replaces: old.name,
    spec,
  } as const;
  state.recreated = true;
  let exists: string;
  if (removeFirst) {
    const stop = planStop(context, old, service, cause);
    const removed = planRemove(context, old, cause, [stop]);
    for (const mount of service.volumes ?? [])
      if (mount.source !== undefined && context.volumes.get(mount.source)?.replaced === true)
        plan.needs(`remove volume ${project.volumes[mount.source]!.name}`, [removed]);
    for (const key of Object.keys(service.networks ?? {}))
      if (context.networks.get(key)?.replaced === true)
        plan.needs(`remove network ${project.networks[key]!.name}`, [removed]);
    exists = plan.add(creation, cause, [removed, ...creationNeeds(context, service)]);
  } else {
    const created = plan.add(creation, cause, creationNeeds(context, service));
    const stop = planStop(context, old, service, cause, [created]);
    const removed = planRemove(context, old, cause, [created, stop]);
    exists = plan.add(
      { kind: 'rename-container', id: undefined, container: name },
      `it takes the name of the container it replaces`,
      [removed],
    );
  }
  state.exists.push(exists);
  if (options.start) planStart(context, service, name, 'it is new', [exists, ...waits()]);
}

/** Volumes of a container that no compose file names: they are handed on to its successor. */
function anonymousVolumes(
  old: ObservedContainer,
  service: Service,
  project: Project,
): readonly InheritedVolume[] {
  const named = new Set(Object.values(project.volumes).map((volume) => volume.name));
  const given = new Set(
    (service.volumes ?? [])
      .filter((mount) => mount.type !== 'volume' || mount.source !== undefined)
      .map((mount) => mount.target),
  );
  return old.mounts.flatMap((mount) =>
    mount.Type === 'volume' &&
    mount.Name !== undefined &&
    !named.has(mount.Name) &&
    !given.has(mount.Destination)
      ? [{ name: mount.Name, target: mount.Destination }]
      : [],
  );
}

function keep(
  context: Context,
  service: Service,
  container: ObservedContainer,
  waits: () => readonly string[],
): void {
  const { plan, options, project } = context;
  // A network that is made anew: leave it, come back, keep the container.
  const rejoin: string[] = [];
  let stopped: string | undefined;
  for (const part of endpointParts(project, service, { name: container.name, aliases: [service.name] })) {
    if (context.networks.get(part.key)?.replaced !== true) continue;
    const cause = `network ${part.network} is made anew`;
    stopped = planStop(context, container, service, cause);
    const target = { container: container.name, id: container.id, network: part.network };
    const left = plan.add({ kind: 'disconnect-network', ...target }, cause, [stopped]);
    plan.needs(`remove network ${part.network}`, [left]);
    rejoin.push(
      plan.add({ kind: 'connect-network', ...target, settings: part.settings }, cause, [
        context.networks.get(part.key)!.ready,
      ]),
    );
  }
  if (!options.start) {
    plan.unchanged.push(container);
    return;
  }
  if (rejoin.length > 0) {
    planStart(context, service, container.name, 'it was stopped for its network', [...rejoin, ...waits()]);
    return;
  }
  if (container.state === 'paused') {
    const step = plan.add(
      { kind: 'unpause-container', container: container.name, id: container.id },
      'it is paused',
      waits(),
    );
    context.states.get(service.name)!.starts.push(step);
    return;
  }
  if (container.state === 'running' || container.state === 'restarting') {
    const upstream = restartedDependency(context, service);
    if (upstream === undefined) {
      plan.unchanged.push(container);
      return;
    }
    const cause = `it depends on service ${upstream}, which is started again (restart: true)`;
    const stop = planStop(context, container, service, cause);
    for (const other of context.states.get(upstream)!.stops) plan.needs(other, [stop]);
    planStart(context, service, container.name, cause, [
      stop,
      ...waits(),
      ...context.states.get(upstream)!.starts,
    ]);
    return;
  }
  const cause =
    container.state === 'exited'
      ? `it is not running (exited ${container.exitCode ?? '?'})`
      : 'it is not running';
  planStart(context, service, container.name, cause, waits());
}

/** The first dependency with `restart: true` whose containers are stopped in this plan. */
const restartedDependency = (context: Context, service: Service): string | undefined =>
  Object.entries(service.depends_on ?? {}).find(
    ([name, dependency]) => dependency.restart === true && (context.states.get(name)?.stops.length ?? 0) > 0,
  )?.[0];

function planStart(
  context: Context,
  service: Service,
  container: string,
  cause: string,
  after: readonly (string | undefined)[],
): string {
  const state = context.states.get(service.name)!;
  if (state.hooksDue) {
    state.hooks = planHooks(context, service, container, after);
    state.hooksDue = false;
  }
  const step = context.plan.add(
    { kind: 'start-container', container, service: service.name, postStart: service.post_start ?? [] },
    cause,
    [...after, state.hooks],
  );
  state.starts.push(step);
  return step;
}

/** Once a service, with the volumes and networks of the first of its containers that starts. */
function planHooks(
  context: Context,
  service: Service,
  container: string,
  after: readonly (string | undefined)[],
): string {
  const { project, options, plan, observed } = context;
  const hooks = (service.pre_start ?? []).map((hook, at) => {
    const name = `${project.name}-${service.name}-pre-start-${at + 1}`;
    return {
      name,
      spec: preStartSpec(project, service, hook, { name, container, version: options.version }),
    };
  });
  // A hook that failed keeps its container for inspection until the next attempt.
  const removed = hooks.flatMap(({ name }) =>
    observed.containers
      .filter((one) => one.name === name)
      .map((one) => planRemove(context, one, 'it is of an earlier attempt', [])),
  );
  return plan.add(
    { kind: 'run-hooks', container, service: service.name, hooks },
    `service ${service.name} has them and does not run`,
    [...after, ...removed],
  );
}

function planStop(
  context: Context,
  container: ObservedContainer,
  service: Service | undefined,
  cause: string,
  after: readonly (string | undefined)[] = [],
): string | undefined {
  if (!isUp(container)) return undefined;
  const step = context.plan.add(
    {
      kind: 'stop-container',
      container: container.name,
      id: container.id,
      service: container.service,
      timeout: context.options.timeout,
      preStop: service?.pre_stop ?? [],
    },
    cause,
    after,
  );
  context.states.get(container.service)?.stops.push(step);
  return step;
}

const planRemove = (
  context: Context,
  container: ObservedContainer,
  cause: string,
  after: readonly (string | undefined)[],
) =>
  context.plan.add(
    { kind: 'remove-container', container: container.name, id: container.id, volumes: false, force: true },
    cause,
    after,
  );

/**
 * Steps that must end before containers of `service` may start. A wait for a condition exists once per dependency; with
 * nothing of `service` to start nobody asks for it.
 */
function planWaits(context: Context, service: Service): readonly string[] {
  const { plan, states } = context;
  const result: string[] = [];
  for (const [name, dependency] of Object.entries(service.depends_on ?? {})) {
    const state = states.get(name);
    if (state === undefined || state.containers.length === 0) continue;
    result.push(...state.starts);
    if (dependency.condition === 'service_started') continue;
    const condition: WaitCondition = dependency.condition === 'service_healthy' ? 'healthy' : 'completed';
    const dependents = Object.values(context.project.services)
      .filter((other) => other.depends_on?.[name]?.condition === dependency.condition)
      .map((other) => other.name);
    result.push(
      plan.add(
        {
          kind: 'wait',
          service: name,
          containers: state.containers,
          condition,
          required: dependency.required,
          dependents,
        },
        `${dependents.join(', ')} ${dependents.length === 1 ? 'depends' : 'depend'} on it`,
        state.starts,
      ),
    );
  }
  return result;
}

function planReadiness(context: Context, order: readonly string[]): void {
  const { project, states, plan } = context;
  const completes = new Set(
    Object.values(project.services).flatMap((service) =>
      Object.entries(service.depends_on ?? {})
        .filter(([, dependency]) => dependency.condition === 'service_completed_successfully')
        .map(([name]) => name),
    ),
  );
  for (const name of order) {
    const state = states.get(name)!;
    if (state.containers.length === 0) continue;
    plan.add(
      {
        kind: 'wait',
        service: name,
        containers: state.containers,
        condition: completes.has(name) ? 'done' : 'ready',
        required: true,
        dependents: [],
      },
      '--wait was given',
      state.starts,
    );
  }
}

function planOrphans(context: Context): void {
  const { project, observed, options, plan } = context;
  const known = new Set([...Object.keys(project.services), ...Object.keys(project.disabledServices)]);
  const orphans = observed.containers.filter(
    (container) =>
      !known.has(container.service) &&
      (!container.oneoff || container.state === 'exited' || container.state === 'dead'),
  );
  if (orphans.length === 0 || options.ignoreOrphans) return;
  if (!options.removeOrphans) {
    plan.warnings.push(
      `found orphan containers (${orphans.map((one) => one.name).join(', ')}) of project ${project.name}; if their services were renamed or removed from the compose file, --remove-orphans cleans them up`,
    );
    return;
  }
  for (const container of orphans) {
    const cause = `no service ${container.service} is in the compose file`;
    planRemove(context, container, cause, [planStop(context, container, undefined, cause)]);
  }
}
