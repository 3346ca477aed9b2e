import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { type ContainerSpec, containerSpec } from '../../project/create-body/index.ts';
import type { Plan } from '../../project/plan.ts';
import { PlanBuilder } from '../../project/plan-builder.ts';
import { version } from '../../version.ts';

interface OneOff {
  readonly name: string;
  /** Distinguishes it from other one-off containers of the service, in its labels. */
  readonly slug: string;
  readonly useAliases: boolean;
  /** See BodyOptions. */
  readonly containerOf: (service: string) => string | undefined;
  readonly interactive: boolean;
  /** The engine removes it after it has ended: for a detached container nobody else can. */
  readonly autoRemove: boolean;
}

/** The create request: the service's container, attached, and with the ports that `run` was given. */
export function oneOffContainer(project: Project, service: Service, one: OneOff): ContainerSpec {
  const { name, slug, useAliases, containerOf, interactive, autoRemove } = one;
  const spec = containerSpec(project, service, {
    number: 1,
    name,
    imageId: undefined,
    version,
    containerOf,
    oneoff: { slug, publishPorts: true, useAliases },
  });
  return {
    ...spec,
    body: {
      ...spec.body,
      AttachStdin: interactive,
      AttachStdout: true,
      AttachStderr: true,
      StdinOnce: interactive,
      ...(autoRemove ? { HostConfig: { ...spec.body.HostConfig, AutoRemove: true } } : {}),
    },
  };
}

/**
 * The plan of its dependencies with the creation and start of the one-off container added, to check whether they are
 * possible.
 */
export function withOneOff(
  dependencies: Plan | undefined,
  service: Service,
  container: string,
  spec: ContainerSpec,
): Plan {
  const builder = dependencies === undefined ? new PlanBuilder() : PlanBuilder.from(dependencies);
  const cause = 'run was asked for';
  const created = builder.add(
    { kind: 'create-container', container, service: service.name, as: container, replaces: undefined, spec },
    cause,
  );
  builder.add(
    { kind: 'start-container', container, service: service.name, isNew: true, postStart: [] },
    cause,
    [created],
  );
  return builder.build();
}
