import { renameSync, rmSync } from 'node:fs';
import type { EngineLog } from '../log-sink.ts';

/** A state file that could not be read, and what became of its object. */
export interface Damage {
  readonly kind: 'container' | 'network' | 'volume' | 'image' | 'engine';
  /** Name of the object, or its id if the file had the name. */
  readonly name: string;
  readonly file: string;
  /** What is wrong with the file, as a clause: `it is empty`. */
  readonly why: string;
  /** True: the object was restored from other sources. */
  readonly healed: boolean;
  /** What was done, and what is left for the user to do. */
  readonly remedy: string;
}

/** Everything found damaged in this engine's life. The engine works whatever is in it. */
export interface DamageReport {
  add(damage: Damage): void;
  /** Damage that was not repaired. */
  open(): readonly Damage[];
  /** The object was removed, or recreated. */
  settle(kind: Damage['kind'], name: string): void;
}

/** An empty report; each entry is also logged. */
export function createDamageReport(log: Pick<EngineLog, 'error' | 'warn'>): DamageReport {
  const found: Damage[] = [];
  return {
    add(damage) {
      const line = `${damage.file} is damaged: ${damage.why}. ${damage.remedy}`;
      if (damage.healed) log.warn(line);
      else log.error(line);
      found.push(damage);
    },
    open: () => found.filter(({ healed }) => !healed),
    settle(kind, name) {
      for (let at = found.length - 1; at >= 0; at--) {
        if (found[at]!.kind === kind && found[at]!.name === name) found.splice(at, 1);
      }
    },
  };
}

/** Moves a damaged file to `<path>.damaged`, replacing an earlier one. A missing file is not an error. */
export function putAside(path: string): void {
  try {
    rmSync(`${path}.damaged`, { recursive: true, force: true });
    renameSync(path, `${path}.damaged`);
  } catch {
    // Missing, or the disk is full: then it stays, and the next engine finds it again.
  }
}
