import type { Project } from '../../../compose/model/project.ts';
import { TcomposeError } from '../../../errors.ts';

/** LiveReload's port, which browser tools know. */
const usualPort = 35_729;

/**
 * Service → port of this machine where its open pages are told to reload: its `x-reload`. @throws TcomposeError
 * PROJECT_UNSUPPORTED
 */
export function reloadPorts(project: Project, services: Iterable<string>): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const name of services) {
    const value = project.services[name]?.extensions?.['x-reload'];
    if (value === undefined || value === false) continue;
    const port = value === true ? usualPort : Number(value);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new TcomposeError(
        'PROJECT_UNSUPPORTED',
        `services.${name}.x-reload must be true or a port, not ${JSON.stringify(value)}`,
        { hint: `true stands for ${usualPort}; without x-reload, pages are left alone.` },
      );
    ports.set(name, port);
  }
  return ports;
}
