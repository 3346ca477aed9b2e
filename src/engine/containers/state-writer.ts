import type { EngineLog } from '../log-sink.ts';
import type { Container } from './container.ts';

/**
 * Writes states that are true whether the disk takes them or not: a command runs, has ended, was told to stop. What can't
 * be written is reported once and written as soon as it can be; until then memory is right and the file is behind. A next
 * engine that finds the older state asks the shim, which knows better.
 */
export interface StateWriter {
  /** Writes state.json now, or later. Never throws. */
  write(container: Container): void;
  /** Containers whose file is behind. */
  readonly behind: number;
  /** One more try for all that are behind; ends the retries. */
  close(): void;
}

/** Milliseconds between tries. */
const retryEvery = 1000;

/** A state writer that tells `log` what it could not write. */
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
      // The next would fail of the same.
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
