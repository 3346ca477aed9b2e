import type { Project } from '../model/project.ts';

/**
 * The project without networks, volumes, secrets, configs and models that no enabled service uses: what `config` shows,
 * and what `up` creates, unless all resources are requested.
 */
export function withoutUnusedResources(project: Project): Project {
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    secrets: new Set<string>(),
    configs: new Set<string>(),
    models: new Set<string>(),
  };
  for (const service of Object.values(project.services)) {
    for (const name of Object.keys(service.networks ?? {})) used.networks.add(name);
    for (const mount of service.volumes ?? []) {
      if (mount.type === 'volume' && mount.source !== undefined) used.volumes.add(mount.source);
    }
    for (const secret of [...(service.secrets ?? []), ...(service.build?.secrets ?? [])])
      used.secrets.add(secret.source);
    for (const config of service.configs ?? []) used.configs.add(config.source);
    for (const name of Object.keys(service.models ?? {})) used.models.add(name);
  }
  return {
    ...project,
    networks: only(project.networks, used.networks),
    volumes: only(project.volumes, used.volumes),
    secrets: only(project.secrets, used.secrets),
    configs: only(project.configs, used.configs),
    models: only(project.models, used.models),
  };
}

const only = <T>(entries: Readonly<Record<string, T>>, names: ReadonlySet<string>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).filter(([name]) => names.has(name)));
