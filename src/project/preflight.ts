import { accessSync } from 'node:fs';
import type { Project } from '../compose/model/project.ts';
import type { PreflightProblem, PreflightRequest } from '../engine/api/preflight.ts';
import { tolerate } from '../engine/client/api-failure.ts';
import type { EngineClient } from '../engine/client/engine-client.ts';
import type { ErrorCode } from '../error-codes.ts';
import { TcomposeError, TcomposeErrors } from '../errors.ts';
import { resolvedHostConfig } from './execute/create-container.ts';
import type { Plan } from './plan.ts';

/**
 * Finds, before anything is done, what in a plan could not be carried out: missing files, requests that the engine
 * would refuse, missing bind sources, taken ports. Only tcompose's own engine can be asked; other engines fail at the
 * step concerned.
 * @throws TcomposeError or TcomposeErrors, one for each container.
 */
export async function preflight(
  client: EngineClient,
  project: Project | undefined,
  plan: Plan,
): Promise<void> {
  const errors = await missingFiles(plan);
  const request = await preflightRequest(project, plan);
  if ((request.create?.length ?? 0) + (request.start?.length ?? 0) > 0) {
    // An older engine that is still running does not know this request.
    const answer = await tolerate(client.system.preflight(request), 404);
    errors.push(...(await Promise.all((answer?.problems ?? []).map(problemError))));
  }
  if (errors.length === 1) throw errors[0]!;
  if (errors.length > 1) throw new TcomposeErrors(errors);
}

/** The request: containers that the plan creates, existing ones that it starts, and those that it stops or removes. */
export async function preflightRequest(project: Project | undefined, plan: Plan): Promise<PreflightRequest> {
  const started = new Set<string>();
  const created = new Set<string>();
  const release = new Set<string>();
  for (const { operation } of plan.steps) {
    if (operation.kind === 'start-container' || operation.kind === 'restart-container')
      started.add(operation.container);
    else if (operation.kind === 'create-container') created.add(operation.container);
    else if (operation.kind === 'stop-container' || operation.kind === 'remove-container')
      release.add(operation.id);
  }
  const create = plan.steps.flatMap(({ operation }) => {
    if (operation.kind !== 'create-container') return [];
    const { container, service, spec } = operation;
    return [{ container, spec, start: started.has(container) && !isUnreachable(project, service) }];
  });
  return {
    create: await Promise.all(
      create.map(async ({ container, spec, start }) => ({
        name: container,
        request: { ...spec.body, HostConfig: await resolvedHostConfig(spec.body.HostConfig ?? {}, plan.ids) },
        start,
      })),
    ),
    start: [...started].flatMap((name) => {
      const id = plan.ids.get(name);
      return created.has(name) || id === undefined ? [] : [id];
    }),
    release: [...release],
  };
}

/** If all networks of the service are internal, its ports are not published, and it does not matter who has them. */
function isUnreachable(project: Project | undefined, name: string): boolean {
  const keys = Object.keys(project?.services[name]?.networks ?? {});
  return keys.length > 0 && keys.every((key) => project?.networks[key]?.internal === true);
}

/** Configs and secrets from missing files, each file once. */
async function missingFiles(plan: Plan): Promise<TcomposeError[]> {
  const users = new Map<string, string>();
  for (const { operation } of plan.steps)
    if (operation.kind === 'create-container')
      for (const { content, path } of operation.spec.files)
        if ('file' in content && !users.has(content.file))
          users.set(content.file, `service ${operation.service} mounts it at ${path}`);
  const errors = await Promise.all(
    [...users].map(async ([file, who]) => {
      try {
        accessSync(file);
        return [];
      } catch (cause) {
        const message = `the file ${file} of a config or secret cannot be read: ${who}`;
        return [
          new TcomposeError('PROJECT_FILE_MISSING', message, {
            cause,
            hint: 'Create it, or correct its path.',
          }),
        ];
      }
    }),
  );
  return errors.flat();
}

async function problemError({
  container,
  code,
  message,
  hint,
  takenPort,
}: PreflightProblem): Promise<TcomposeError> {
  const what = code.startsWith('NETWORK_') ? 'started' : 'created';
  const seen = takenPort && (await import('./execute/taken-port.ts')).processHint(takenPort);
  const best = seen ?? hint;
  return new TcomposeError(code as ErrorCode, `container ${container} cannot be ${what}: ${message}`, {
    ...(best === undefined ? {} : { hint: best }),
  });
}
