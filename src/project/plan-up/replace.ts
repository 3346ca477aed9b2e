import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { type ContainerSpec, containerSpec } from '../create-body/index.ts';
import type { InheritedVolume } from '../create-body/mounts.ts';
import type { Expectation } from '../divergence.ts';
import { labels } from '../labels.ts';
import { containerName } from '../names.ts';
import type { ObservedContainer } from '../observed.ts';
import type { StepRef } from '../plan.ts';
import { temporaryName } from '../temporary-name.ts';
import { containerOf, type UpContext } from './context.ts';
import { creationNeeds } from './create.ts';
import { planStart } from './start.ts';
import { planRemove, planStop } from './stop.ts';
import { canSwap, planSwap } from './swap.ts';

/**
 * Recreates a container: its successor is created under a temporary name, so that a failure leaves the old one running.
 * If a volume or network that it uses is recreated as well, the old one must be removed first.
 */
export function planReplacement(
  context: UpContext,
  service: Service,
  want: Expectation,
  old: ObservedContainer,
  cause: string,
  waits: () => readonly StepRef[],
): void {
  const { project, options, plan } = context;
  const state = context.states.get(service.name)!;
  const freed = removalsThatNeedIt(context, service);
  const removeFirst = freed.length > 0;
  const swaps = !removeFirst && canSwap(context, service, old);
  const name = containerName(project.name, service, old.number, options.separator);
  const as = removeFirst ? name : temporaryName(old.id, name);
  const inherited = options.renewAnonymousVolumes ? [] : anonymousVolumes(old, service, project);
  tellHidden(context, name, old, want, inherited);
  const spec = successorSpec(context, service, want, { old, name, inherited, removeFirst });
  const creation = {
    kind: 'create-container',
    container: name,
    service: service.name,
    as,
    replaces: old.name,
    spec,
  } as const;
  state.recreated = true;
  let exists: StepRef;
  if (removeFirst) {
    const stop = planStop(context, old, service, cause);
    const removed = planRemove(context, old, cause, [stop]);
    for (const removal of freed) plan.needs(removal, [removed]);
    exists = plan.add(creation, cause, [removed, ...creationNeeds(context, service)]);
  } else {
    const created = plan.add(creation, cause, creationNeeds(context, service));
    const ready = swaps ? planSwap(context, service, { name, as, old }, [created, ...waits()]) : created;
    const stop = planStop(context, old, service, cause, [ready]);
    const removed = planRemove(context, old, cause, [created, stop]);
    exists = plan.add(
      { kind: 'rename-container', from: as, container: name },
      `it takes the name of the container it replaces`,
      [removed],
    );
  }
  state.exists.push(exists);
  // Until then its name refers to the old one.
  if (swaps) state.starts.push(exists);
  if (options.start && !swaps)
    planStart(context, service, { name, isNew: true }, 'it is new', [exists, ...waits()]);
}

/** The container that replaces another one. */
function successorSpec(
  context: UpContext,
  service: Service,
  want: Expectation,
  { old, name, inherited, removeFirst }: Successor,
): ContainerSpec {
  const { project, options, observed } = context;
  return containerSpec(project, service, {
    number: old.number,
    name,
    imageId: want.imageId,
    version: options.version,
    inherited,
    containerOf: containerOf(context),
    fileHashes: observed.fileHashes,
    extraLabels: {
      ...(removeFirst ? {} : { [labels.replace]: old.name }),
      ...(inherited.length === 0
        ? {}
        : { [labels.inheritedVolumes]: inherited.map((volume) => volume.name).join(',') }),
    },
  });
}

interface Successor {
  readonly old: ObservedContainer;
  readonly name: string;
  readonly inherited: readonly InheritedVolume[];
  readonly removeFirst: boolean;
}

/** Steps that remove volumes and networks of the service, for which its containers must be gone. */
const removalsThatNeedIt = ({ volumes, networks }: UpContext, service: Service): readonly StepRef[] =>
  [
    ...(service.volumes ?? []).map(({ source }) => (source === undefined ? undefined : volumes.get(source))),
    ...Object.keys(service.networks ?? {}).map((key) => networks.get(key)),
  ].flatMap((outcome) => outcome?.removal ?? []);

/** Volumes of a container that no compose file names: they are passed on to its successor. */
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

/** What a new image has at the path of a volume that is passed on is hidden: a change of it seems to have no effect. */
function tellHidden(
  { plan }: UpContext,
  name: string,
  old: ObservedContainer,
  want: Expectation,
  inherited: readonly InheritedVolume[],
): void {
  const made = old.labels[labels.image] ?? old.imageId;
  if (inherited.length === 0 || want.imageId === undefined || made === want.imageId) return;
  const targets = inherited.map(({ target }) => target).join(', ');
  plan.warnings.push(
    `${name} keeps the anonymous volumes of its predecessor (${targets}): what its new image has there stays hidden, unless -V recreates them`,
  );
}
