import type { EngineLog } from '../log-sink.ts';
import type { Container } from './container.ts';

/**
 * Writes states that are facts whether or not the disk accepts them: a command runs, has ended, was told to stop. A
 * failed write is reported once and repeated until it succeeds; until then memory is right and the file is out of date.
 * If a new engine finds the old state, it asks the shim for the present one.
 */
export interface StateWriter {
  /** Writes state.json now, or later. Never throws. */
  write(container: Container): void;
  /** Number of containers whose file is out of date. */
  readonly behind: number;
  /** Tries once more to write all that are out of date; ends the retries. */
  close(): void;
}

/** Milliseconds between attempts. */
const retryEvery = 1000;

/** A state writer that reports to `log` what it could not write. */
export function createStateWriter(log: Pick<EngineLog, 'error' | 'info'>): StateWriter {
  const behind = new Set<Container>();
  let timer: NodeJS.Timeout | undefined;

  function save(container: Container): boolean {
    try {
      if (!container.gone) container.save();
      if (behind.delete(container)) log.info(`the state of container ${container.name} is on disk again`);
      return true;
    } catch (error) {
      if (!behind.has(container)) {
        log.error(`the state of container ${container.name} could not be written; trying again`, error);
      }
      behind.add(container);
      return false;
    }
  }

  function retry(): void {
    for (const container of [...behind]) {
      // The next one would fail in the same way.
      if (!save(container)) return;
    }
    clearInterval(timer);
    timer = undefined;
  }

  return {
    write(container) {
      if (save(container)) return;
      timer ??= setInterval(retry, retryEvery).unref();
    },
    get behind() {
      return behind.size;
    },
    close() {
      clearInterval(timer);
      timer = undefined;
      for (const container of [...behind]) save(container);
    },
  };
}
