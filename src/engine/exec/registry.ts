import { notFound } from '../http/failure.ts';
import type { ExecProcess } from './exec.ts';

/** Execs by id: running ones, and finished ones until their container is gone or there are too many. */
export interface ExecRegistry {
  add(exec: ExecProcess): void;
  /** Throws Docker's 404. */
  need(id: string): ExecProcess;
  ofContainer(containerId: string): readonly ExecProcess[];
  removeContainer(containerId: string): void;
  readonly running: number;
}

/** Number of finished execs kept for inspection. */
const keepFinished = 256;

/** An empty registry; it forgets the oldest execs that have ended. */
export function createExecRegistry(): ExecRegistry {
  const byId = new Map<string, ExecProcess>();
  return {
    add(exec) {
      byId.set(exec.id, exec);
      let surplus = byId.size - keepFinished;
      if (surplus <= 0) return;
      for (const [id, one] of byId) {
        if (surplus <= 0) break;
        if (one.state.status !== 'exited') continue;
        byId.delete(id);
        surplus--;
      }
    },
    need(id) {
      const exec = byId.get(id);
      if (exec === undefined) throw notFound(`No such exec instance: ${id}`);
      return exec;
    },
    ofContainer: (containerId) => [...byId.values()].filter((exec) => exec.container.id === containerId),
    removeContainer(containerId) {
      for (const [id, exec] of byId) if (exec.container.id === containerId) byId.delete(id);
    },
    get running() {
      let count = 0;
      for (const exec of byId.values()) if (exec.state.status === 'running') count++;
      return count;
    },
  };
}
