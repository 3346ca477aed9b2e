import type { Service } from '../../compose/model/service.ts';
import { containerSpec } from '../create-body/index.ts';
import { type Expectation, parentsOf } from '../divergence.ts';
import { containerName } from '../names.ts';
import type { StepRef } from '../plan.ts';
import { containerOf, type UpContext } from './context.ts';
import { planStart } from './start.ts';

/** Steps that must precede a new container of the service: its networks, volumes, image and namespace parents. */
export function creationNeeds(context: UpContext, service: Service): (StepRef | undefined)[] {
  return [
    ...Object.keys(service.networks ?? {}).map((key) => context.networks.get(key)?.ready),
    ...(service.volumes ?? []).map((mount) =>
      mount.source === undefined ? undefined : context.volumes.get(mount.source)?.ready,
    ),
    ...(context.images.get(service.name) ?? []),
    ...parentsOf(service).flatMap((parent) => context.states.get(parent.service)?.exists ?? []),
  ];
}

/** A container with a number that the service does not have yet. */
export function planCreation(
  context: UpContext,
  service: Service,
  want: Expectation,
  number: number,
  waits: () => readonly StepRef[],
): void {
  const { project, options, plan } = context;
  const name = containerName(project.name, service, number, options.separator);
  const state = context.states.get(service.name)!;
  const spec = containerSpec(project, service, {
    number,
    name,
    imageId: want.imageId,
    version: options.version,
    containerOf: containerOf(context),
    fileHashes: context.observed.fileHashes,
  });
  const created = plan.add(
    { kind: 'create-container', container: name, service: service.name, as: name, replaces: undefined, spec },
    `service ${service.name} has no container number ${number}`,
    creationNeeds(context, service),
  );
  state.containers.push(name);
  state.exists.push(created);
  state.recreated = true;
  if (options.start) planStart(context, service, { name, isNew: true }, 'it is new', [created, ...waits()]);
}
