import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StringMap } from './api/common.ts';
import { type DamageReport, putAside } from './store/damage.ts';
import {
  checkShape,
  examineJson,
  isObject,
  isString,
  writeJson,
  writeUnlessFull,
} from './store/json-file.ts';

/** volumes/<name>/meta.json */
export interface VolumeRecord {
  readonly version: 1;
  readonly name: string;
  readonly created: string;
  readonly labels: StringMap;
  readonly options: StringMap;
  /** Made for one container, without a name of its own; removed with that container. */
  readonly anonymousFor?: string;
}

/** volumes/<name>/{meta.json,copy.json}: each can be restored from the other. */
export interface VolumeFiles {
  /** Records of all volumes, by name. Damaged ones are restored, or reported with what is lost. */
  load(): Map<string, VolumeRecord>;
  /** Throws when the disk is full. */
  write(record: VolumeRecord): void;
}

interface FileOptions {
  readonly damage: Pick<DamageReport, 'add'>;
  /** Takes the directory of a creation that a crash interrupted. */
  readonly discard: (path: string) => void;
  readonly warn: (message: string) => void;
}

/**
 * The files of the volumes below `directory`. A directory without a record and without data is left from an interrupted
 * creation: it is given to `discard`. One with data is kept, whatever happened to its record.
 */
export function volumeFiles(directory: string, options: FileOptions): VolumeFiles {
  return {
    load() {
      const records = new Map<string, VolumeRecord>();
      for (const name of readdirSync(directory)) {
        try {
          const record = load(join(directory, name), name, options);
          if (record === undefined) continue;
          records.set(name, record);
          // Earlier versions left it open to others.
          chmodSync(join(directory, name), 0o700);
        } catch (error) {
          options.warn((error as Error).message);
        }
      }
      return records;
    },
    write(record) {
      const { original, copy } = pathsOf(join(directory, record.name));
      writeJson(original, record);
      writeUnlessFull(copy, record);
    },
  };
}

const pathsOf = (place: string) => ({ original: join(place, 'meta.json'), copy: join(place, 'copy.json') });

function load(place: string, name: string, options: FileOptions): VolumeRecord | undefined {
  const paths = pathsOf(place);
  const validate = (value: unknown): string | undefined =>
    recordFault(value) ?? ((value as VolumeRecord).name === name ? undefined : 'it is of another volume');
  const original = examineJson<VolumeRecord>(paths.original, validate);
  const copy = examineJson<VolumeRecord>(paths.copy, validate);
  if (original.kind === 'whole') {
    if (copy.kind === 'damaged') putAside(paths.copy);
    if (copy.kind !== 'whole') writeUnlessFull(paths.copy, original.value);
    return original.value;
  }
  if (original.kind === 'absent' && copy.kind === 'absent' && !hasData(join(place, '_data'))) {
    options.discard(place);
    return undefined;
  }
  const healed = copy.kind === 'whole';
  const record = healed ? copy.value : bareRecord(name, place);
  putAside(paths.original);
  writeUnlessFull(paths.original, record);
  if (!healed) {
    putAside(paths.copy);
    writeUnlessFull(paths.copy, record);
  }
  options.damage.add({
    kind: 'volume',
    name,
    file: paths.original,
    why: original.kind === 'absent' ? 'it is not there' : original.why,
    healed,
    remedy: healed
      ? 'It was restored from its copy.'
      : `The volume's data is untouched; its labels and options are lost. Recreate one that had options: tcompose volume rm ${name}.`,
  });
  return record;
}

function bareRecord(name: string, path: string): VolumeRecord {
  const { birthtime } = statSync(path);
  return { version: 1, name, created: birthtime.toISOString(), labels: {}, options: {} };
}

function hasData(path: string): boolean {
  try {
    return readdirSync(path).length > 0;
  } catch {
    return false;
  }
}

function recordFault(value: unknown): string | undefined {
  return checkShape(value, {
    version: (field) => field === 1,
    name: isString,
    created: isString,
    labels: isObject,
    options: isObject,
  });
}
