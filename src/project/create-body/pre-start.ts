import type { PreStartHook } from '../../compose/model/hooks.ts';
import type { Project } from '../../compose/model/project.ts';
import type { Service } from '../../compose/model/service.ts';
import { type BodyOptions, type ContainerSpec, containerSpec } from './index.ts';

/** Marks the containers of hooks, as Docker Compose does. */
const HOOK_LABEL = 'com.docker.compose.hook';

/**
 * The container for a pre_start hook: the service's networks and volumes, its environment overridden by the hook's, and
 * nothing that only the service itself has (ports, health check, restart policy, hooks).
 */
export function preStartSpec(
  project: Project,
  service: Service,
  hook: PreStartHook,
  options: { readonly name: string; readonly container: string; readonly version: string } & Pick<
    BodyOptions,
    'containerOf'
  >,
): ContainerSpec {
  const own: Service = {
    name: service.name,
    image: hook.image ?? service.image ?? `${project.name}-${service.name}`,
    environment: { ...service.environment, ...hook.environment },
    volumes_from: [`container:${options.container}`],
    ...(hook.command === undefined ? {} : { command: hook.command }),
    ...(hook.user === undefined ? {} : { user: hook.user }),
    ...(hook.privileged === undefined ? {} : { privileged: hook.privileged }),
    ...(hook.working_dir === undefined ? {} : { working_dir: hook.working_dir }),
    ...(service.networks === undefined ? {} : { networks: service.networks }),
    ...(service.network_mode === undefined ? {} : { network_mode: service.network_mode }),
    ...(service.extra_hosts === undefined ? {} : { extra_hosts: service.extra_hosts }),
    ...(service.dns === undefined ? {} : { dns: service.dns }),
  };
  return containerSpec(project, own, {
    number: 0,
    name: options.name,
    imageId: undefined,
    version: options.version,
    containerOf: options.containerOf,
    oneoff: { slug: '', publishPorts: false, useAliases: false },
    extraLabels: { [HOOK_LABEL]: 'pre_start' },
  });
}
