import { turns } from '../../confined/turns.ts';
import { TcomposeError } from '../../errors.ts';
import type { PortConflict, PortDemand } from '../../network/service-types.ts';
import type { ContainerCreateRequest } from '../api/container.ts';
import type { PreflightProblem, PreflightRequest } from '../api/preflight.ts';
import type { Engine } from '../context.ts';
import type { Container } from './container.ts';
import { checkBindSource, checkMakeableSource } from './host/bind-source.ts';
import { mountableImage } from './host/image-mounts.ts';
import { networkMode } from './spec/attachments.ts';
import { draftContainer } from './spec/draft.ts';
import { checkForeignMounts } from './spec/foreign-mounts.ts';
import { collectMounts } from './spec/mount-spec.ts';
import { collectPorts } from './spec/port-spec.ts';

/**
 * Finds what would prevent containers from being created or started: bad requests, taken names, missing bind sources,
 * taken ports. It does not look for networks, volumes and containers that the same client is going to make first.
 * Changes nothing. Errors: 404 for an id in `start` that does not exist.
 */
export async function preflight(
  engine: Pick<Engine, 'images' | 'machine' | 'runtimes' | 'containers' | 'net' | 'layout'>,
  request: PreflightRequest,
): Promise<PreflightProblem[]> {
  const turn = turns();
  const problems: PreflightProblem[] = [];
  const demands: PortDemand[] = [];
  const releasing = new Set((request.release ?? []).map((id) => engine.containers.find(id)?.id ?? id));
  for (const { name, request: create, start } of request.create ?? []) {
    await turn();
    try {
      const owner = engine.containers.byName(name);
      if (owner !== undefined && !releasing.has(owner.id) && !isSame(owner, create)) throw nameTaken(owner);
      const { config, host, runtime } = draftContainer(engine, create);
      const mounts = collectMounts(config, host, []);
      if (runtime !== undefined) checkForeignMounts(runtime, mounts);
      for (const mount of mounts) {
        checkBindSource(mount, engine.layout.socket);
        checkMakeableSource(mount);
        if (mount.type === 'image') mountableImage(engine, mount);
      }
      if (start && networkMode(host.NetworkMode).kind === 'networks')
        demands.push({ containerName: name, ports: collectPorts(host, config) });
    } catch (error) {
      if (!(error instanceof TcomposeError)) throw error;
      problems.push(problem(name, error));
    }
  }
  for (const id of request.start ?? []) {
    const { name, record, up } = engine.containers.need(id);
    if (up || networkMode(record.hostConfig.NetworkMode).kind !== 'networks') continue;
    demands.push({ containerName: name, ports: collectPorts(record.hostConfig, record.config) });
  }
  const conflicts = engine.net.portConflicts(demands, releasing);
  return [...problems, ...conflicts.map(conflictProblem)];
}

/** Another client is creating the very same container: its labels say so, with the hash of its configuration. */
const isSame = ({ record }: Container, { Labels }: ContainerCreateRequest): boolean =>
  Labels?.['com.docker.compose.config-hash'] !== undefined &&
  Object.entries(Labels).every(([name, value]) => record.config.Labels?.[name] === value);

function nameTaken({ name, record }: Container): TcomposeError {
  const { 'com.docker.compose.project': project, 'com.docker.compose.service': service } =
    record.config.Labels ?? {};
  const owner =
    project === undefined ? 'another container' : `a container of service ${service} of project ${project}`;
  return new TcomposeError('ENGINE_CONFLICT', `${owner} has that name`, {
    hint: `Choose another name, or remove it: tcompose container rm -f ${name}`,
  });
}

function conflictProblem({ containerName, error, nameless }: PortConflict): PreflightProblem {
  const found = problem(containerName, error);
  if (nameless === undefined) return found;
  const { protocol, hostIp: address, hostPort: port } = nameless;
  return { ...found, takenPort: { protocol, address, port } };
}

const problem = (container: string, { code, message, hint }: TcomposeError): PreflightProblem => ({
  container,
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});
