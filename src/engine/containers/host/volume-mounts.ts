import { lookup } from 'node:dns/promises';
import { errnoNameOf } from '../../../sys/at-calls.ts';
import { mountAt, unmountAt } from '../../../sys/mount/mount-at.ts';
import type { Engine } from '../../context.ts';
import { badParameter } from '../../http/failure.ts';
import { isMounted } from '../../volume-mounted.ts';
import { volumeKind } from '../../volume-options.ts';
import type { VolumeRecord } from '../../volumes.ts';
import type { ContainerRecord } from '../record.ts';

/**
 * Mounts the container's volumes that have their own file system and are not mounted for another container: at `_data`,
 * where shims and the next engine find it. They stay mounted at least until the returned function is called. Errors:
 * 400 with the kernel's message.
 */
export async function mountVolumes(
  engine: Pick<Engine, 'volumes'>,
  record: Pick<ContainerRecord, 'mounts'>,
): Promise<() => void> {
  const holds: (() => void)[] = [];
  const release = (): void => {
    for (const letGo of holds.splice(0)) letGo();
  };
  try {
    for (const { volume: name } of record.mounts) {
      const volume = name === undefined ? undefined : engine.volumes.get(name);
      if (volume === undefined || volumeKind(volume.options).kind !== 'mount') continue;
      holds.push(engine.volumes.hold(volume.name));
      await engine.volumes.alone(volume.name, () => mountOne(engine, volume));
    }
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

async function mountOne(engine: Pick<Engine, 'volumes'>, volume: VolumeRecord): Promise<void> {
  const kind = volumeKind(volume.options);
  if (kind.kind !== 'mount') return;
  const data = engine.volumes.dataPath(volume);
  if (isMounted(data)) return;
  const { fileSystem, address } = kind;
  const { type, source } = fileSystem;
  try {
    // The kernel does not accept host names.
    const found = address === undefined ? undefined : (await lookup(address)).address;
    const options = fileSystem.options.map(
      ([name, value]) => [name, name === 'addr' ? (found ?? value) : value] as const,
    );
    await mountAt({ ...fileSystem, options }, data);
  } catch (error) {
    throw badParameter(
      `error while mounting volume '${data}': failed to mount local volume: mount ${source}:${data}: ${(error as Error).message}`,
      errnoNameOf(error) === 'ENODEV'
        ? `the kernel of this machine does not support the file system "${type}"`
        : undefined,
    );
  }
}

/** Unmounts what no container that is running, or about to, uses any more. A failure is logged and the mount stays. */
export async function settleVolumeMounts(
  engine: Pick<Engine, 'volumes' | 'containers' | 'log'>,
): Promise<void> {
  for (const volume of engine.volumes.list()) {
    if (volumeKind(volume.options).kind !== 'mount') continue;
    await engine.volumes.alone(volume.name, async () => {
      const used = engine.containers
        .all()
        .some(({ up, record }) => up && record.mounts.some((mount) => mount.volume === volume.name));
      const data = engine.volumes.dataPath(volume);
      if (used || engine.volumes.isHeld(volume.name) || !isMounted(data)) return;
      try {
        unmountAt(data);
      } catch (error) {
        engine.log.error(`volume ${volume.name} could not be unmounted`, error);
      }
    });
  }
}
