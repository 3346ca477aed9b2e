import { statSync } from 'node:fs';
import type { ContainerMutable, ContainerRecord } from '../record.ts';

/** The record of a container whose files are both damaged: its id, and nothing that could be started. */
export function lostRecord(id: string, directory: string): ContainerRecord {
  return {
    version: 1,
    id,
    created: birthOf(directory),
    imageId: '',
    config: { Image: '', Labels: {} },
    command: [],
    hostConfig: { NetworkMode: 'none' },
    platform: 'linux',
    mounts: [],
  };
}

function birthOf(directory: string): string {
  try {
    return statSync(directory).birthtime.toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}

/**
 * The state of a container whose state.json is lost. One that was started (`bootId` is given) is treated as if its
 * start were in progress, so that its shim is asked; without a shim it has ended, nobody knows how.
 */
export function stateAfterDamage(record: ContainerRecord, bootId: string | undefined): ContainerMutable {
  const exit = {
    exitCode: 255,
    oomKilled: false,
    error: 'the record of its end was damaged',
    finishedAt: record.created,
  };
  return {
    version: 1,
    name: record.first?.name ?? `damaged_${record.id.slice(0, 12)}`,
    state:
      bootId === undefined
        ? { status: 'created' }
        : { status: 'starting', before: { status: 'exited', startedAt: record.created, exit }, bootId },
    attachments: record.first?.attachments ?? {},
    ports: [],
    restartCount: 0,
    lastDelay: 0,
    stoppedByUser: false,
  };
}
