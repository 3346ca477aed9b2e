import type { HostConfig } from '../../engine/api/host-config.ts';

/**
 * The containers whose namespaces and volumes a container shares, from its modes, which contain ids: a label, so that
 * the next plan notices when one has been replaced.
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
