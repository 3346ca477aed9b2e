import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkRecord } from '../network/index.ts';
import { parseCidr } from '../network/ipam/address.ts';
import { type DamageReport, putAside } from './store/damage.ts';
import {
  checkShape,
  examineJson,
  isId,
  isObject,
  isString,
  writeJson,
  writeUnlessFull,
} from './store/json-file.ts';
import type { Layout } from './store/layout.ts';

/** The networks' records on disk, each with a copy that exists as long as containers can run on the network. */
export interface NetworkFiles {
  /** By id. A damaged record is restored from its copy; without one it is moved aside and reported. */
  load(): Map<string, NetworkRecord>;
  write(record: NetworkRecord): void;
  remove(id: string): void;
}

/** Records are `networks/<id>.json` below lib; copies have the same name below run/copies. */
export function networkFiles(
  layout: Pick<Layout, 'networks' | 'copies'>,
  damage: Pick<DamageReport, 'add'>,
): NetworkFiles {
  const pathOf = (id: string): string => join(layout.networks, `${id}.json`);
  const copyOf = (id: string): string => join(layout.copies, `${id}.json`);

  function load(id: string): NetworkRecord | undefined {
    const validate = (value: unknown): string | undefined =>
      recordFault(value) ?? ((value as NetworkRecord).id === id ? undefined : 'it is of another network');
    const reading = examineJson<NetworkRecord>(pathOf(id), validate);
    const copy = examineJson<NetworkRecord>(copyOf(id), validate);
    if (reading.kind === 'whole') {
      if (copy.kind === 'damaged') putAside(copyOf(id));
      if (copy.kind !== 'whole') writeUnlessFull(copyOf(id), reading.value);
      return reading.value;
    }
    const healed = copy.kind === 'whole';
    putAside(pathOf(id));
    if (healed) writeUnlessFull(pathOf(id), copy.value);
    damage.add({
      kind: 'network',
      name: healed ? copy.value.name : id.slice(0, 12),
      file: pathOf(id),
      why: reading.kind === 'absent' ? 'it is not there' : reading.why,
      healed,
      remedy: healed
        ? 'It was restored from its copy.'
        : 'It was put aside; `tcompose up` recreates the network and its containers.',
    });
    return healed ? copy.value : undefined;
  }

  return {
    load() {
      const ids = [layout.networks, layout.copies]
        .flatMap((directory) => readdirSync(directory))
        .filter((name) => name.endsWith('.json') && isId(name.slice(0, -'.json'.length)))
        .map((name) => name.slice(0, -'.json'.length));
      return new Map(
        [...new Set(ids)].flatMap((id) => {
          const record = load(id);
          return record === undefined ? [] : [[id, record] as const];
        }),
      );
    },
    write(record) {
      writeJson(pathOf(record.id), record);
      writeUnlessFull(copyOf(record.id), record);
    },
    remove(id) {
      // The copy first: a record without a copy is complete, a copy without a record is damage.
      rmSync(copyOf(id), { force: true });
      rmSync(pathOf(id), { force: true });
    },
  };
}

function recordFault(value: unknown): string | undefined {
  return checkShape(value, {
    id: isId,
    name: isString,
    driver: (field) => ['bridge', 'host', 'none'].includes(field as string),
    created: isString,
    labels: isObject,
    options: isObject,
    pools: (field) => Array.isArray(field) && field.every(isPool),
    bridge: isString,
  });
}

const isPool = (value: unknown): boolean =>
  isObject(value) &&
  isString(value.subnet) &&
  parseCidr(value.subnet) !== undefined &&
  isString(value.gateway) &&
  (value.family === 4 || value.family === 6);
