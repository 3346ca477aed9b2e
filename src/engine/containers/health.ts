import type { Engine } from '../context.ts';
import type { ExecProcess } from '../exec/exec.ts';
import { startExec } from '../exec/exec-process.ts';
import { resolveHealthConfig } from '../health/config.ts';
import { monitorHealth } from '../health/monitor.ts';
import type { HealthExec } from '../health/types.ts';
import { newId } from '../ids.ts';
import { rfc3339 } from '../time-text.ts';
import type { Container } from './container.ts';
import { emitContainer } from './events.ts';

const sigkill = 9;

/**
 * Starts the health checks of a container that has just been started or, with `runningFor` (milliseconds), adopted. The
 * report is saved with the container when its status changes; the log of checks is kept in memory.
 */
export function startHealth(engine: Engine, container: Container, runningFor = 0): void {
  const { config } = container.record;
  const health = resolveHealthConfig(config.Healthcheck, config.Shell ?? undefined);
  if (health === undefined) return;
  const last = runningFor > 0 ? container.mutable.health : undefined;
  if (last === undefined) container.amend({ health: { Status: 'starting', FailingStreak: 0, Log: [] } });
  const monitor = monitorHealth({
    config: health,
    exec: healthExec(engine, container),
    clock: {
      now: () => engine.clock.monotonic(),
      timestamp: () => rfc3339(engine.clock.now()),
      after(milliseconds, callback) {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
    },
    runningFor,
    ...(last === undefined ? {} : { last }),
    onReport(report, changed) {
      if (container.health !== monitor) return;
      container.amend({ health: report });
      if (!changed) return;
      engine.states.write(container);
      emitContainer(engine, container, `health_status: ${report.Status}`);
      container.announce();
    },
  });
  container.health = monitor;
}

function healthExec(engine: Engine, container: Container): HealthExec {
  return async (command, { signal, onOutput }) => {
    const exec: ExecProcess = {
      id: newId(),
      container,
      request: { Cmd: command, AttachStdout: true, AttachStderr: true },
      state: { status: 'created' },
      shim: undefined,
    };
    emitContainer(engine, container, `exec_create: ${command.join(' ')}`, { execID: exec.id });
    const kill = (): void => void exec.shim?.signal(sigkill).catch(() => {});
    signal.addEventListener('abort', kill);
    try {
      let outputEnd: Promise<unknown> | undefined;
      const { ended } = await startExec(engine, exec, {
        attached: (attachment) => {
          attachment.onOutput((_stream, bytes) => onOutput(bytes));
          outputEnd = attachment.ended;
        },
      });
      if (signal.aborted) kill();
      const exitCode = await ended;
      // Output has a connection of its own, so its last bytes may come after the exit. The shim ends it, or dies.
      await outputEnd;
      return { exitCode };
    } finally {
      signal.removeEventListener('abort', kill);
    }
  };
}
