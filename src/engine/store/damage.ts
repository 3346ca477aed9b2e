import { renameSync, rmSync } from 'node:fs';
import type { EngineLog } from '../log-sink.ts';

/** A file of engine state that could not be read, and what became of the object it belongs to. */
export interface Damage {
  readonly kind: 'container' | 'network' | 'volume' | 'image' | 'engine';
  /** Name of the object, or its id where the name was in the file. */
  readonly name: string;
  readonly file: string;
  /** What is wrong with the file, as a clause: `it is empty`. */
  readonly why: string;
  /** True: the object is whole again, from what else is known of it. */
  readonly healed: boolean;
  /** What was done, and what is left for a person to do. */
  readonly remedy: string;
}

/** Everything that was found damaged in this engine's life. The engine serves whatever is in it. */
export interface DamageReport {
  add(damage: Damage): void;
  /** Found and not healed. */
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

/** Puts a damaged file aside under `<path>.damaged`, in place of an earlier one. An absent file is not an error. */
export function putAside(path: string): void {
  try {
    rmSync(`${path}.damaged`, { recursive: true, force: true });
    renameSync(path, `${path}.damaged`);
  } catch {
    // Absent, or the disk is full: then it is in the way, and is found again by the next engine.
  }
}
