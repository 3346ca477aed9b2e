import { readInput } from '../../compose/read-input.ts';
import type { ContainerCreateRequest } from '../../engine/api/container.ts';
import type { EndpointSettings } from '../../engine/api/network.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError } from '../../errors.ts';
import { encodeEntry, endOfArchive, paddingOf } from '../../tar/encode-entry.ts';
import type { ContainerSpec } from '../create-body/index.ts';
import type { InjectedFile } from '../create-body/mounts.ts';
import { sharedWithLabel } from '../create-body/shared-with.ts';
import { labels } from '../labels.ts';
import { createContainerOnce } from './create-once.ts';

/** First API version whose create request accepts several networks. */
const MANY_NETWORKS = '1.44';

/**
 * Creates a container from its spec: the request, further networks if the engine's API accepts only one, and the files
 * to copy in before the start. Returns the id and the engine's warnings. A container that can't be completed is
 * removed.
 */
export async function createContainer(
  client: EngineClient,
  name: string,
  spec: ContainerSpec,
  ids: ReadonlyMap<string, string>,
): Promise<{ readonly id: string; readonly warnings: readonly string[] }> {
  const many = client.supports(MANY_NETWORKS);
  const atCreation = many ? spec.endpoints : spec.endpoints.slice(0, 1);
  const endpoints: Record<string, EndpointSettings> = Object.fromEntries(
    atCreation.map((part) => [part.network, part.settings]),
  );
  const mac = spec.endpoints[0]?.settings.MacAddress;
  const hostConfig = await resolvedHostConfig(spec.body.HostConfig ?? {}, ids);
  const shared = sharedWithLabel(hostConfig);
  const body: ContainerCreateRequest = {
    ...spec.body,
    ...(shared === '' ? {} : { Labels: { ...spec.body.Labels, [labels.sharedWith]: shared } }),
    ...(many || mac === undefined ? {} : { MacAddress: mac }),
    HostConfig: hostConfig,
    ...(atCreation.length === 0 ? {} : { NetworkingConfig: { EndpointsConfig: endpoints } }),
  };
  const complete = atCreation.length === spec.endpoints.length && spec.files.length === 0;
  const created = await createContainerOnce(client, name, body, spec.platform, complete);
  try {
    for (const part of spec.endpoints.slice(atCreation.length))
      await client.networks.connect(part.network, { Container: created.Id, EndpointConfig: part.settings });
    if (spec.files.length > 0) await putFiles(client, created.Id, spec);
  } catch (error) {
    await client.containers.remove(created.Id, { force: true, volumes: true });
    throw error;
  }
  return { id: created.Id, warnings: created.Warnings ?? [] };
}

async function putFiles(client: EngineClient, id: string, spec: ContainerSpec): Promise<void> {
  try {
    const options = { copyUidGid: true, completes: true };
    await client.containers.putArchive(id, '/', await archiveOf(spec.files), options);
  } catch (cause) {
    if (spec.body.HostConfig?.ReadonlyRootfs !== true || !(cause instanceof TcomposeError)) throw cause;
    const paths = spec.files.map(({ path }) => path).join(', ');
    throw new TcomposeError(
      'PROJECT_UNSUPPORTED',
      `${paths} cannot be put into the container: ${cause.message}`,
      {
        cause,
        hint: 'This engine writes nothing into a read-only container; give the config or secret a file, which is mounted.',
      },
    );
  }
}

type HostConfig = NonNullable<ContainerCreateRequest['HostConfig']>;

/** Replaces names of containers in modes by ids, and a seccomp profile's path by its text. */
export async function resolvedHostConfig(
  config: HostConfig,
  ids: ReadonlyMap<string, string>,
): Promise<HostConfig> {
  const shared = (mode: string | undefined) => {
    if (mode?.startsWith('container:') !== true) return mode;
    const name = mode.slice('container:'.length);
    return `container:${ids.get(name) ?? name}`;
  };
  const resolved: Record<string, unknown> = { ...config };
  for (const key of ['NetworkMode', 'IpcMode', 'PidMode'] as const)
    if (config[key] !== undefined) resolved[key] = shared(config[key]);
  if (config.VolumesFrom)
    resolved.VolumesFrom = config.VolumesFrom.map((entry) => {
      const [name = '', ...mode] = entry.split(':');
      return [ids.get(name) ?? name, ...mode].join(':');
    });
  if (config.SecurityOpt) resolved.SecurityOpt = await Promise.all(config.SecurityOpt.map(inlineSeccomp));
  return resolved as HostConfig;
}

async function inlineSeccomp(option: string): Promise<string> {
  const file = /^seccomp=(?!unconfined$|builtin$|\{)(.+)$/.exec(option)?.[1];
  if (file === undefined) return option;
  try {
    return `seccomp=${JSON.stringify(JSON.parse(new TextDecoder().decode(await readInput(file))))}`;
  } catch (error) {
    throw new TcomposeError(
      'PROJECT_UNSUPPORTED',
      `the seccomp profile ${file} cannot be used: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return Buffer.from(await readInput(file));
  } catch (cause) {
    throw new TcomposeError('PROJECT_FILE_MISSING', `${file} can't be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** A tar of files with absolute paths, owners and modes as given. */
async function archiveOf(files: readonly InjectedFile[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const { path, uid, gid, mode, content } of files) {
    const data = 'text' in content ? Buffer.from(content.text) : await contentOf(content.file);
    const name = Buffer.from(path.replace(/^\/+/, '')).toString('latin1');
    const header = encodeEntry({ type: 'file', name, uid, gid, mode, size: data.length });
    parts.push(header, data, paddingOf(data.length));
  }
  return Buffer.concat([...parts, endOfArchive]);
}
