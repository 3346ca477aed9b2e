import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CgroupLayout, type GivenGroup, startedIn } from '../../runtime/cgroup/cgroup-layout.ts';
import { ownGroupWord } from '../client/rootless/delegated-scope.ts';

/** File in the run directory, for the next engine: the base of the containers' control groups. */
const recordFile = 'cgroup';

/**
 * The v2 group below which the engine's groups are made, if configured: $TCOMPOSE_CGROUP has its path, or `own`.
 * Running containers take precedence: their groups stay where an earlier engine, started from somewhere else, has made
 * them.
 */
export function givenGroup(
  env: Readonly<Record<string, string | undefined>>,
  run: string,
  instance: string,
): GivenGroup | undefined {
  const kept = readRecord(run);
  if (kept !== undefined && isPopulated(kept.directory, instance) && canEnter(kept.directory, instance))
    return { path: kept.directory, made: kept.made };
  const said = env.TCOMPOSE_CGROUP;
  if (said === undefined || said === '') return undefined;
  if (said !== ownGroupWord) return { path: said, made: false };
  return { path: startedIn(text('/proc/self/cgroup')), made: true };
}

/** The layout, or `none` with the reason if no process can be moved below its base: no container could be started there. */
export function enterable(layout: CgroupLayout, instance: string): CgroupLayout {
  if (layout.kind !== 'v2' || layout.base === '') return layout;
  const base = `${layout.mountPoint}${layout.base}`;
  if (canEnter(base, instance)) return layout;
  return {
    kind: 'none',
    reason: `no process can be moved into the control group ${base}: start the engine from a group in it or beside it`,
  };
}

/** Records where the control groups of this engine's containers are. */
export function keepGroup(run: string, layout: CgroupLayout): void {
  const file = join(run, recordFile);
  if (layout.kind !== 'v2' || layout.base === '') {
    rmSync(file, { force: true });
    return;
  }
  const record: Kept = { directory: `${layout.mountPoint}${layout.base}`, made: layout.made ?? false };
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
}

interface Kept {
  /** Absolute. */
  readonly directory: string;
  readonly made: boolean;
}

function readRecord(run: string): Kept | undefined {
  try {
    const { directory, made } = JSON.parse(text(join(run, recordFile))) as Partial<Kept>;
    return typeof directory === 'string' ? { directory, made: made === true } : undefined;
  } catch {
    return undefined;
  }
}

const isPopulated = (base: string, instance: string): boolean =>
  text(`${base}/tcompose-${instance}/cgroup.events`).includes('populated 1');

/**
 * The kernel moves a process only if the writer may write to the common ancestor of both groups (cgroup-v2.rst,
 * "Delegation Containment").
 */
function canEnter(base: string, instance: string): boolean {
  try {
    const group = `${base}/tcompose-${instance}/keeper`;
    mkdirSync(group, { recursive: true });
    writeFileSync(`${group}/cgroup.procs`, String(process.pid));
    return true;
  } catch {
    return false;
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
