import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineProgram } from '../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../errors.ts';
import { enableControllers } from '../../runtime/cgroup/cgroup-enable.ts';
import { buildLaunchPlan, launchWarnings } from '../../runtime/launch/build-launch-plan.ts';
import { explainFailure } from '../../runtime/launch/explain-failure.ts';
import { encodeLaunchPlan } from '../../runtime/launch/plan-codec.ts';
import { readMachineFacts } from '../../runtime/machine-facts.ts';
import { connectShim, type ShimConnection } from '../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../runtime/shim/shim-messages.ts';
import type { CliContext } from '../context.ts';
import { readBundle } from './bundle.ts';
import { addContainer, removeContainer } from './store.ts';

interface CreateOptions {
  readonly id: string;
  readonly directory: string;
  readonly bundle: string;
  readonly pidFile: string | undefined;
  /** Output also goes to `<directory>/log` (CRI text); for containers nobody is attached to. */
  readonly log: boolean;
}

/** Size of the log of a created container, bytes and files. */
const logLimits = { maxSize: 10_000_000, maxFiles: 3 };

/**
 * Sets a container up from a bundle, without the engine: its shim is started by the C binary itself. Resolves when
 * everything but the command's start is done. On failure nothing is left. Throws RUNTIME_*.
 */
export async function createContainer(
  ctx: CliContext,
  options: CreateOptions,
): Promise<{ readonly shim: ShimConnection; readonly tty: boolean; readonly pid: number }> {
  const { id, directory } = options;
  requireRoot();
  const bundle = readBundle(options.bundle, ctx.cwd);
  const { spec } = bundle;
  const tty = spec.process.terminal ?? false;
  const size = spec.process.consoleSize;
  const facts = readMachineFacts();
  const machine = { ...facts, cgroups: enableControllers(facts.cgroups).layout };
  const context = {
    id,
    runDir: directory,
    stdio: {
      tty,
      rows: size?.height ?? ctx.stdout.rows ?? 0,
      columns: size?.width ?? ctx.stdout.columns ?? 0,
      stdin: true,
      stdinOnce: true,
    },
    ...(options.log ? { log: { path: join(directory, 'log'), ...logLimits } } : {}),
    rootfs: { kind: 'directory', path: spec.root.path } as const,
    machine,
    init: false,
    waitForStart: true,
  };
  const plan = buildLaunchPlan(spec, context);
  for (const warning of launchWarnings(spec, context)) ctx.warn(warning);
  addContainer(directory, {
    id,
    ociVersion: spec.ociVersion,
    bundle: bundle.directory,
    ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
  });
  try {
    await spawnShim(encodeLaunchPlan(plan));
    const shim = await connectShim(directory);
    const state = await firstState(shim);
    if (state.type !== 'created') {
      await shim.reap();
      shim.close();
      throw failureOf(state, spec.process.args, spec.process.cwd);
    }
    for (const warning of state.warnings) ctx.warn(warning);
    if (options.pidFile !== undefined) writeFileSync(options.pidFile, String(state.pid));
    return { shim, tty, pid: state.pid };
  } catch (error) {
    removeContainer(directory);
    throw error;
  }
}

/** The error a state that is no success stands for. */
export function failureOf(
  state: ShimState | undefined,
  command: readonly string[],
  cwd: string,
): TcomposeError {
  if (state?.type !== 'failed') {
    return new TcomposeError('RUNTIME_GONE', 'the shim ended before the container was set up');
  }
  return explainFailure(
    { step: state.phase, errno: state.errno, detail: `${state.op} ${state.detail}`.trim() },
    { command, cwd },
  );
}

function firstState(shim: ShimConnection): Promise<ShimState> {
  return new Promise((resolve, reject) => {
    shim.onState(resolve);
    shim.onClose((cause) =>
      reject(new TcomposeError('RUNTIME_GONE', 'the shim ended before the container was set up', { cause })),
    );
  });
}

function spawnShim(plan: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(engineProgram().shim, ['spawn'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    child.on('error', reject);
    child.stdin.on('error', () => undefined);
    child.stdin.end(plan);
    // Not `close`: the shim, a child of it, may keep the streams open.
    child.on('exit', (code) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new TcomposeError('RUNTIME_SPAWN', `the shim could not be started: ${said.trim()}`));
    });
  });
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new TcomposeError('CLI_NOT_ROOT', 'setting up containers needs root, and this user is not root', {
    hint: 'Run the command with sudo.',
  });
}
