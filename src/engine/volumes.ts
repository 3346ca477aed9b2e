import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfinedDirectory } from '../confined/confined-directory.ts';
import { unmountAt } from '../sys/mount/mount-at.ts';
import type { StringMap } from './api/common.ts';
import type { VolumeCreateRequest, VolumeInspect } from './api/volume.ts';
import type { Clock } from './clock.ts';
import { badParameter, conflict, notFound, saying } from './http/failure.ts';
import { newId } from './ids.ts';
import { namePattern } from './names.ts';
import { createSerial, type Serial } from './serial.ts';
import type { DamageReport } from './store/damage.ts';
import type { Trash } from './store/trash.ts';
import { rfc3339 } from './time-text.ts';
import { type VolumeRecord, volumeFiles } from './volume-files.ts';
import { isMounted } from './volume-mounted.ts';
import { volumeKind } from './volume-options.ts';

export type { VolumeRecord };

export interface VolumeStore {
  list(): readonly VolumeRecord[];
  get(name: string): VolumeRecord | undefined;
  /**
   * Makes the volume, or returns the existing one if its options agree (409 otherwise); if its directory is gone, it is
   * made again.
   */
  create(
    request: VolumeCreateRequest,
    anonymousFor?: string,
  ): { readonly record: VolumeRecord; readonly isNew: boolean };
  /** Whether the data is the engine's own files, and not another directory or file system. */
  isOwn(record: VolumeRecord): boolean;
  /** Host directory with the data; for `o=bind` volumes the device. */
  dataPath(record: VolumeRecord): string;
  /**
   * Runs `copy`, which fills the volume, if an earlier copy was interrupted or, with `ifEmpty`, the volume is empty.
   * One at a time for each volume: when this resolves the volume is complete, whoever filled it. On failure what was
   * copied is removed again.
   */
  fill(name: string, ifEmpty: boolean, copy: () => Promise<void>): Promise<void>;
  /** Runs `work` while nobody else fills, mounts or unmounts the volume. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Keeps the volume, and keeps it mounted, although no container is known to use it; returns the function that ends this. */
  hold(name: string): () => void;
  isHeld(name: string): boolean;
  /** Removes the record, and the data through the trash. The caller checks whether it is in use. Idempotent. */
  remove(name: string): Promise<void>;
  inspect(record: VolumeRecord): VolumeInspect;
}

/** File in a volume's directory while the volume is being filled. */
const fillingMark = 'filling';

/** Loads the volumes of `directory`; see volumeFiles for damaged ones. Removed volumes go to `trash`. */
export function openVolumes(
  directory: string,
  clock: Clock,
  trash: Pick<Trash, 'put'>,
  { warn, damage }: { readonly warn: (message: string) => void; readonly damage: DamageReport },
): VolumeStore {
  const files = volumeFiles(directory, { warn, damage, discard: (path) => void trash.put(path) });
  const records = files.load();
  const fillings = new Map<string, Serial>();
  const holds = new Set<{ readonly name: string }>();
  const fillingOf = (name: string): Serial => {
    const serial = fillings.get(name) ?? createSerial();
    fillings.set(name, serial);
    return serial;
  };
  const make = (record: VolumeRecord): void => {
    mkdirSync(join(directory, record.name), { recursive: true, mode: 0o700 });
    makeData(join(directory, record.name, '_data'));
    files.write(record);
  };
  /** Its data was deleted by another program. */
  const isGone = ({ name, options }: VolumeRecord): boolean =>
    volumeKind(options).kind !== 'bind' && !existsSync(join(directory, name, '_data'));
  const store: VolumeStore = {
    list: () => [...records.values()],
    get: (name) => records.get(name),
    create(request, anonymousFor) {
      const name = request.Name || newId();
      const options = request.DriverOpts ?? {};
      checkDriver(name, request.Driver, options);
      if (name.length < 2) {
        throw badParameter(
          `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
        );
      }
      // Its directory has the volume's name, and file systems allow no longer ones.
      if (name.length > 255) throw badParameter('a volume name has 255 characters at most');
      if (!namePattern.test(name)) {
        throw badParameter(
          `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
        );
      }
      const existing = records.get(name);
      if (existing !== undefined) {
        if (request.DriverOpts && !sameMap(existing.options, options)) {
          throw conflict(`a volume "${name}" exists with other options`, 'remove it, or use another name');
        }
        if (isGone(existing)) make(existing);
        return { record: existing, isNew: false };
      }
      const record: VolumeRecord = {
        version: 1,
        name,
        created: rfc3339(clock.now()),
        labels: {
          ...(request.Name ? {} : { 'com.docker.volume.anonymous': '' }),
          ...request.Labels,
        },
        options,
        ...(anonymousFor === undefined ? {} : { anonymousFor }),
      };
      try {
        make(record);
      } catch (error) {
        rmSync(join(directory, name), { recursive: true, force: true });
        throw error;
      }
      records.set(name, record);
      return { record, isNew: true };
    },
    isOwn: ({ options }) => volumeKind(options).kind === 'directory',
    dataPath(record) {
      const kind = volumeKind(record.options);
      return kind.kind === 'bind' ? kind.device : join(directory, record.name, '_data');
    },
    alone: (name, work) => fillingOf(name).run(work),
    hold(name) {
      const mark = { name };
      holds.add(mark);
      return () => void holds.delete(mark);
    },
    isHeld: (name) => [...holds].some((mark) => mark.name === name),
    fill: (name, ifEmpty, copy) =>
      fillingOf(name).run(async () => {
        const record = records.get(name);
        if (record === undefined) return;
        const data = store.dataPath(record);
        const mark = join(directory, name, fillingMark);
        const again = existsSync(mark);
        if (again && !isBind(record.options)) await clear(data);
        if (!again && !(ifEmpty && (await isEmpty(data)))) return;
        writeFileSync(mark, '', { mode: 0o600 });
        try {
          await copy();
        } catch (error) {
          // A partial copy would look like a filled volume to the next create.
          if (!isBind(record.options)) await clear(data);
          throw error;
        }
        rmSync(mark, { force: true });
      }),
    async remove(name) {
      const record = records.get(name);
      if (record === undefined) return;
      // A mounted file system must not be deleted with the directory.
      if (isMounted(store.dataPath(record))) unmountAt(store.dataPath(record));
      records.delete(name);
      fillings.delete(name);
      damage.settle('volume', name);
      await trash.put(join(directory, name));
    },
    inspect(record) {
      return {
        CreatedAt: record.created,
        Driver: 'local',
        Labels: Object.keys(record.labels).length === 0 ? null : record.labels,
        Mountpoint: store.dataPath(record),
        Name: record.name,
        ...(isGone(record) ? { Status: { Data: 'missing' } } : {}),
        Options: Object.keys(record.options).length === 0 ? null : record.options,
        Scope: 'local',
      };
    },
  };
  return store;
}

/** Finds a volume or throws Docker's 404. */
export function needVolume(store: VolumeStore, name: string): VolumeRecord {
  const record = store.get(name);
  if (record === undefined) throw notFound(`get ${name}: no such volume`);
  return record;
}

/** A container that uses the volume sees this directory's mode, so it must not depend on the umask. */
function makeData(path: string): void {
  mkdirSync(path, { mode: 0o755 });
  chmodSync(path, 0o755);
}

/** Whether a directory is empty. What a new file system contains does not count. */
async function isEmpty(path: string): Promise<boolean> {
  try {
    for await (const { name } of await opendir(path)) if (name !== 'lost+found') return false;
    return true;
  } catch (error) {
    // The start will refuse a device that is missing or not a directory.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function clear(path: string): Promise<void> {
  const root = ConfinedDirectory.at(path);
  try {
    const top = root.find('')!;
    const names = await top.names().finally(() => top.close());
    for (const name of names) await root.remove(name);
  } finally {
    root.close();
  }
}

function checkDriver(name: string, driver: string | undefined, options: StringMap): void {
  if (driver && driver !== 'local') {
    throw notFound(
      `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found (this engine has only "local")`,
    );
  }
  saying(`create ${name}: `, () => volumeKind(options));
}

const isBind = (options: StringMap): boolean => volumeKind(options).kind === 'bind';

function sameMap(a: StringMap, b: StringMap): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
