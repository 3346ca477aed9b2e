import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineLog } from '../../log-sink.ts';
import { readJson, readLastJson } from '../../store/json-file.ts';
import type { Layout } from '../../store/layout.ts';
import type { VolumeStore } from '../../volumes.ts';
import { Container } from '../container.ts';
import { type ContainerMutable, type ContainerRecord, mutableFault, recordFault } from '../record.ts';
import type { ContainerRegistry } from '../registry.ts';

/**
 * Reads every container directory into the registry. One without state.json is a create that was cut short: it goes,
 * with the anonymous volumes made for it. One that can't be read is named in the log and left alone.
 */
export function loadContainers(
  layout: Layout,
  registry: ContainerRegistry,
  volumes: VolumeStore,
  log: EngineLog,
): void {
  for (const id of readdirSync(layout.containers)) {
    const directory = join(layout.containers, id);
    try {
      const mutable = readLastJson<ContainerMutable>(join(directory, 'state.json'), mutableFault);
      const record = readJson<ContainerRecord>(join(directory, 'config.json'), recordFault);
      if (mutable === undefined || record === undefined) {
        log.info(`clearing away container ${id}, whose creation was interrupted`);
        for (const volume of volumes.list()) if (volume.anonymousFor === id) void volumes.remove(volume.name);
        rmSync(directory, { recursive: true, force: true });
        continue;
      }
      registry.add(new Container(layout, record, mutable));
    } catch (error) {
      log.error((error as Error).message);
    }
  }
}
