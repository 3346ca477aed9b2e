import { opendir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Project } from '../../compose/model/project.ts';
import type { InotifyFacts, PublishedPort, TakenPort } from '../../doctor/facts.ts';
import { parseAddress } from '../../network/ipam/address.ts';
import { clashes, findPortHolder, parseSocketTable } from '../../network/ports/port-holder.ts';
import { text } from './machine.ts';

/** Most directories to count, and the time limit in milliseconds. */
const mostDirectories = 200_000;
const countPatience = 1000;
/** Most ports to look up: ranges may be long. */
const mostPorts = 256;

type Address = NonNullable<ReturnType<typeof parseAddress>>;

/** What a project needs from the machine. */
export interface ProjectNeeds {
  readonly published: readonly PublishedPort[];
  readonly platforms: readonly { readonly service: string; readonly platform: string }[];
  readonly images: readonly string[];
  readonly watched: readonly string[];
}

export const noNeeds: ProjectNeeds = { published: [], platforms: [], images: [], watched: [] };

/** Ports, platforms, images and watched paths of a project's services. Pure. */
export function needsOf(project: Project): ProjectNeeds {
  const services = Object.entries(project.services);
  return {
    published: services.flatMap(([service, { ports = [] }]) =>
      ports.flatMap(({ host_ip, published, protocol }) =>
        portNumbers(published).map((port) => ({
          service,
          address: host_ip ?? '0.0.0.0',
          port,
          protocol: protocol ?? 'tcp',
        })),
      ),
    ),
    platforms: services.flatMap(([service, { platform }]) =>
      platform === undefined || platform === '' ? [] : [{ service, platform }],
    ),
    images: services.flatMap(([, { image }]) => image ?? []),
    watched: services.flatMap(([, { develop }]) => (develop?.watch ?? []).map(({ path }) => resolve(path))),
  };
}

/** A single port; of a range any one may do, so no particular one is needed. */
function portNumbers(published: string | undefined): readonly number[] {
  const port = Number(published);
  return published !== undefined && published !== '' && Number.isInteger(port) && port > 0 ? [port] : [];
}

/** Those of the ports that are taken. */
export function takenPorts(published: readonly PublishedPort[]): readonly TakenPort[] {
  return published.slice(0, mostPorts).flatMap((one): readonly TakenPort[] => {
    const address = parseAddress(one.address);
    if (address === undefined || (one.protocol !== 'tcp' && one.protocol !== 'udp')) return [];
    const found = findPortHolder(one.protocol, address, one.port);
    if (found === undefined) return isBound(one, address) ? [{ ...one, holder: undefined }] : [];
    const unit = /([^/\n]+\.service)$/m.exec(text(`/proc/${found.pid}/cgroup`))?.[1];
    const { pid, command } = found;
    return [{ ...one, holder: { pid, command, ...(unit === undefined ? {} : { unit }) } }];
  });
}

/** Whether a socket with this port belongs to a process that can't be seen. */
function isBound({ protocol, port }: PublishedPort, { family, value }: Address): boolean {
  return ([4, 6] as const).some((of) =>
    parseSocketTable(text(`/proc/net/${protocol}${of === 6 ? '6' : ''}`), protocol as 'tcp' | 'udp', of).some(
      (socket) => clashes(socket, family, value, port),
    ),
  );
}

/** Number of directories at and below some paths; counting stops after a while. */
export async function countDirectories(paths: readonly string[]): Promise<InotifyFacts['needed']> {
  if (paths.length === 0) return undefined;
  const left = [...paths];
  const end = performance.now() + countPatience;
  let directories = 0;
  while (left.length > 0) {
    if (directories >= mostDirectories || performance.now() > end) return { directories, more: true };
    const path = left.pop()!;
    try {
      for await (const entry of await opendir(path))
        if (entry.isDirectory()) left.push(join(path, entry.name));
      directories++;
    } catch {
      // A file, or gone.
    }
  }
  return { directories, more: false };
}
