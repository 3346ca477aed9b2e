import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineLog } from '../../log-sink.ts';
import { type DamageReport, putAside } from '../../store/damage.ts';
import {
  examineJson,
  examineLastLine,
  findLine,
  isId,
  type Reading,
  writeJson,
} from '../../store/json-file.ts';
import type { Layout } from '../../store/layout.ts';
import type { VolumeStore } from '../../volumes.ts';
import { Container } from '../container.ts';
import {
  type ContainerMutable,
  type ContainerRecord,
  headFault,
  mutableFault,
  recordFault,
} from '../record.ts';
import type { ContainerRegistry } from '../registry.ts';
import { lostRecord, stateAfterDamage } from './after-damage.ts';

interface Parts {
  readonly layout: Layout;
  readonly bootId: string;
  readonly registry: ContainerRegistry;
  readonly volumes: VolumeStore;
  readonly damage: DamageReport;
  readonly log: EngineLog;
}

/**
 * Reads every container directory into the registry. One without state.json is an interrupted create: it is removed,
 * with the anonymous volumes made for it. Each of a container's two files can be rebuilt from the other; if both are
 * damaged, the container can still be listed, stopped and removed.
 */
export function loadContainers(parts: Parts): void {
  for (const id of readdirSync(parts.layout.containers)) {
    if (isId(id)) load(parts, id);
  }
}

function load(parts: Parts, id: string): void {
  const { layout, registry, volumes, log } = parts;
  const directory = join(layout.containers, id);
  const stateFile = join(directory, 'state.json');
  const state = examineLastLine<ContainerMutable>(stateFile, mutableFault);
  const config = examineJson<ContainerRecord>(
    join(directory, 'config.json'),
    (value) =>
      recordFault(value) ?? ((value as ContainerRecord).id === id ? undefined : 'it is of another container'),
  );
  if (state.kind === 'absent' && !wasStarted(layout, id)) {
    log.info(`clearing away container ${id}, whose creation was interrupted`);
    for (const volume of volumes.list()) if (volume.anonymousFor === id) void volumes.remove(volume.name);
    rmSync(directory, { recursive: true, force: true });
    return;
  }
  const known = config.kind === 'whole' ? config.value : recordAtHead(stateFile, id);
  const record = known ?? lostRecord(id, directory);
  const mutable =
    state.kind === 'whole'
      ? state.value
      : stateAfterDamage(record, wasStarted(layout, id) ? parts.bootId : undefined);
  const lost = known === undefined ? `${join(directory, 'config.json')} is damaged` : undefined;
  const container = new Container(layout, record, mutable, lost);
  // Earlier versions left it open to others.
  chmodSync(directory, 0o700);
  registry.add(container);
  if (config.kind !== 'whole') tell(parts, container, 'config.json', config);
  if (state.kind !== 'whole') tell(parts, container, 'state.json', state);
}

/** A container that has run has a log or a run directory; one whose creation was interrupted has neither. */
function wasStarted(layout: Layout, id: string): boolean {
  return existsSync(join(layout.containers, id, 'log')) || existsSync(join(layout.containerRuns, id));
}

function recordAtHead(stateFile: string, id: string): ContainerRecord | undefined {
  const record = findLine<{ record: ContainerRecord }>(stateFile, headFault)?.record;
  return record?.id === id ? record : undefined;
}

/** Moves the damaged file aside and, if the other file has its content, rebuilds it. */
function tell(
  { damage }: Parts,
  container: Container,
  name: 'config.json' | 'state.json',
  reading: Exclude<Reading<unknown>, { kind: 'whole' }>,
): void {
  const file = join(container.directory, name);
  const healed = container.damaged === undefined;
  if (reading.kind === 'damaged') putAside(file);
  try {
    if (healed && name === 'config.json') writeJson(file, container.record);
    else if (name === 'state.json') container.save();
  } catch {
    // The disk is full: memory is right, and the next engine finds the same damage.
  }
  damage.add({
    kind: 'container',
    name: container.name,
    file,
    why: reading.kind === 'absent' ? 'it is not there' : reading.why,
    healed,
    remedy: healed
      ? `Container ${container.name} was restored from its other file.`
      : `Container ${container.name} cannot be started again: \`tcompose container rm -f ${container.name}\` removes it, \`tcompose up\` recreates it.`,
  });
}
