import type { HostConfig } from '../../engine/api/host-config.ts';

/**
 * Which containers' namespaces and volumes a container shares, given its modes with ids in them: a label, so that the next
 * plan sees when one is another by then.
 */
export function sharedWithLabel(config: HostConfig): string {
  const modes = [
    ['network', config.NetworkMode],
    ['ipc', config.IpcMode],
    ['pid', config.PidMode],
  ] as const;
  return [
    ...modes.flatMap(([what, mode]) =>
      mode?.startsWith('container:') === true ? [`${what}=${mode.slice('container:'.length)}`] : [],
    ),
    ...(config.VolumesFrom ?? []).map((entry) => `volumes=${entry.split(':')[0]}`),
  ].join(',');
}
