import type { Project } from '../../compose/model/project.ts';
import type { BuildRequest } from '../../engine/api/build.ts';
import { type BuildFlags, buildableServices, planBuilds } from '../../project/builds/plan-builds.ts';
import { readDockerfiles } from './build-inputs.ts';

const platformsOf = ({ platform, platforms }: BuildRequest) =>
  platforms !== undefined ? { platforms } : platform !== undefined ? { platforms: [platform] } : {};

/** Prints the builds as JSON for `docker buildx bake`. */
export async function printBuilds(
  project: Project,
  services: readonly string[],
  flags: BuildFlags,
): Promise<string> {
  const dockerfiles = await readDockerfiles(buildableServices(project));
  const builds = planBuilds(project, services, flags, dockerfiles);
  const target = Object.fromEntries(
    builds.map(({ service, request }) => [
      service.replaceAll('.', '_'),
      {
        context: request.context,
        ...(request.contexts === undefined || Object.keys(request.contexts).length === 0
          ? {}
          : { contexts: request.contexts }),
        ...(request.dockerfileText === undefined
          ? { dockerfile: request.dockerfile ?? 'Dockerfile' }
          : { 'dockerfile-inline': request.dockerfileText }),
        ...(request.args === undefined || Object.keys(request.args).length === 0
          ? {}
          : { args: request.args }),
        labels: request.labels,
        tags: request.tags,
        ...(request.target === undefined ? {} : { target: request.target }),
        ...platformsOf(request),
        ...(request.network === undefined ? {} : { networkmode: request.network }),
        ...(request.noCache === true ? { 'no-cache': true } : {}),
        output: ['type=docker'],
      },
    ]),
  );
  const group = { default: { targets: Object.keys(target) } };
  return `${JSON.stringify({ group, target }, undefined, 2)}\n`;
}
