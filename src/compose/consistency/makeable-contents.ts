import type { Project } from '../model/project.ts';
import type { Service } from '../model/service.ts';
import type { Report } from './report.ts';

/** Secrets and configs of a service whose content is in a variable that is not set: an empty file is not what is meant. */
export function checkContents(service: Service, project: Project, report: Report): void {
  if ((service.scale ?? service.deploy?.replicas) === 0) return;
  for (const section of ['secrets', 'configs'] as const)
    for (const { source } of service[section] ?? []) {
      const resource = project[section][source];
      const variable = resource?.environment;
      if (resource === undefined || variable === undefined || resource.content !== undefined) continue;
      if (Object.hasOwn(project.environment, variable)) continue;
      report(
        'COMPOSE_VARIABLE_REQUIRED',
        [section, source, 'environment'],
        `environment variable ${JSON.stringify(variable)} required by ${section.slice(0, -1)} ${JSON.stringify(resource.name ?? source)} is not set`,
        `Set ${variable} in the environment or in the .env file.`,
      );
    }
}
