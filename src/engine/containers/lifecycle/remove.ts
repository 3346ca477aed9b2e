import type { Engine } from '../../context.ts';
import { conflict } from '../../http/failure.ts';
import type { Container } from '../container.ts';
import { emitContainer, emitVolume } from '../events.ts';
import { lastExit, lastStart } from '../state.ts';
import { killContainer } from './stop.ts';

/**
 * Removes a container; to be run in its serial queue. With `volumes` its anonymous volumes are removed too. 409 when it
 * runs and `force` is not set. Another call finishes what an earlier one left.
 */
export async function removeContainer(
  engine: Engine,
  container: Container,
  options: { readonly force: boolean; readonly volumes: boolean },
): Promise<void> {
  if (container.gone) return;
  if (container.up || container.state.status === 'restarting') {
    if (!options.force) {
      const state = container.state.status === 'restarting' ? 'restarting' : container.state.status;
      throw conflict(
        `cannot remove container "${container.name}": container is ${state === 'exiting' ? 'running' : state}: stop the container before removing or force remove`,
      );
    }
    await killContainer(engine, container, 'SIGKILL');
  }
  await container.launch?.over;
  engine.fault('remove:begin');
  const exit = lastExit(container.state) ?? null;
  container.become({
    status: 'removing',
    startedAt: lastStart(container.state) ?? '',
    exit,
    volumes: options.volumes,
  });
  engine.states.write(container);
  engine.fault('remove:state');
  await removeFiles(engine, container, options.volumes);
  engine.containers.remove(container);
  engine.damage.settle('container', container.name);
  engine.execs.removeContainer(container.id);
  container.gone = true;
  emitContainer(engine, container, 'destroy');
  container.announce();
}

async function removeFiles(engine: Engine, container: Container, volumes: boolean): Promise<void> {
  await engine.trash.run.put(container.runDir);
  if (volumes) {
    for (const mount of container.record.mounts) {
      if (mount.anonymous !== true || mount.volume === undefined) continue;
      if (volumeUsers(engine, mount.volume).some((other) => other !== container)) continue;
      if (engine.volumes.get(mount.volume) === undefined || engine.volumes.isHeld(mount.volume)) continue;
      await engine.volumes.remove(mount.volume);
      emitVolume(engine, mount.volume, 'destroy');
    }
  }
  engine.fault('remove:files');
  await engine.trash.lib.put(container.directory);
}

/** Containers, running or not, that mount a volume. */
export function volumeUsers(engine: Pick<Engine, 'containers'>, volume: string): Container[] {
  return engine.containers
    .all()
    .filter((container) => container.record.mounts.some((mount) => mount.volume === volume));
}
