import { join } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import { enableControllers } from '../../../runtime/cgroup/cgroup-enable.ts';
import { buildLaunchPlan, launchWarnings } from '../../../runtime/launch/build-launch-plan.ts';
import { explainFailure } from '../../../runtime/launch/explain-failure.ts';
import type { CallerPlan } from '../../../runtime/launch/launch-options.ts';
import { encodeLaunchPlan } from '../../../runtime/launch/plan-codec.ts';
import { readMachineFacts } from '../../../runtime/machine-facts.ts';
import { connectShim, type ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import type { OciSpec } from '../../../runtime/spec/oci-types.ts';
import type { CliContext } from '../../context.ts';
import { readBundle } from '../bundle/bundle.ts';
import { hookState, runLateHooks } from './hooks.ts';
import { spawnShim } from './spawn-shim.ts';
import { nextState } from './status.ts';
import { addContainer, type OciContainer, removeContainer, replaceFile } from './store.ts';

export interface LaunchOptions {
  readonly id: string;
  readonly directory: string;
  readonly bundle: string;
  readonly pidFile: string | undefined;
  readonly noPivot: boolean;
  /** Descriptors that the command gets from us; undefined: the shim pumps its output. */
  readonly caller: CallerPlan | undefined;
}

/** A container that is set up and waits for its start. */
export interface LaunchedContainer {
  readonly container: OciContainer;
  readonly shim: ShimConnection;
  readonly pid: number;
}

/**
 * Sets up a container from a bundle, without the engine: the C binary itself starts its shim. Resolves when everything
 * except the command's start is done, and the pid file is written. On failure nothing is left behind. Throws RUNTIME_*.
 */
export async function launchContainer(ctx: CliContext, options: LaunchOptions): Promise<LaunchedContainer> {
  const { id, directory } = options;
  requireRoot();
  const bundle = readBundle(options.bundle, ctx.cwd);
  const spec = withCgroup(bundle.spec, id);
  checkTerminal(spec, options.caller);
  const container: OciContainer = {
    id,
    bundle: bundle.directory,
    created: new Date().toISOString(),
    spec,
  };
  const context = launchContext(ctx, options, container);
  const plan = encodeLaunchPlan(buildLaunchPlan(spec, context));
  for (const warning of launchWarnings(spec, context)) ctx.warn(warning);
  addContainer(directory, container, plan);
  let shim: ShimConnection | undefined;
  try {
    await spawnShim(
      plan,
      options.caller === undefined ? undefined : { preserve: options.caller.preserveFds },
    );
    shim = await connectShim(directory);
    const state = await nextState(shim);
    if (state?.type !== 'created') {
      await shim.reap();
      throw failureOf(state, spec.process.args, spec.process.cwd);
    }
    for (const warning of state.warnings) ctx.warn(warning);
    if (options.pidFile !== undefined) replaceFile(options.pidFile, String(state.pid), 0o644);
    return { container, shim, pid: state.pid };
  } catch (error) {
    await shim?.signal(9).catch(() => undefined);
    shim?.close();
    removeContainer(directory);
    await runLateHooks(ctx, container, 'poststop', undefined);
    throw error;
  }
}

function launchContext(ctx: CliContext, options: LaunchOptions, container: OciContainer) {
  const { spec } = container;
  const size = spec.process.consoleSize;
  const facts = readMachineFacts();
  const hooks = Object.values(spec.hooks ?? {}).some((list) => list.length > 0);
  return {
    id: options.id,
    runDir: options.directory,
    stdio: {
      tty: spec.process.terminal ?? false,
      rows: size?.height ?? ctx.stdout.rows ?? 0,
      columns: size?.width ?? ctx.stdout.columns ?? 0,
      stdin: true,
      stdinOnce: true,
    },
    rootfs: { kind: 'directory', path: spec.root.path } as const,
    machine: { ...facts, cgroups: enableControllers(facts.cgroups).layout },
    init: false,
    waitForStart: true,
    noPivot: options.noPivot,
    ...(options.caller === undefined ? {} : { caller: options.caller }),
    ...(hooks ? { hooks: hookState(container) } : {}),
  };
}

function withCgroup(spec: OciSpec, id: string): OciSpec {
  const cgroupsPath = spec.linux.cgroupsPath ?? `/tcompose-oci-${id}`;
  return { ...spec, linux: { ...spec.linux, cgroupsPath } };
}

function checkTerminal({ process }: OciSpec, caller: CallerPlan | undefined): void {
  if (caller === undefined) return;
  const { consoleSocket, outlives } = caller;
  if (process.terminal !== true && consoleSocket !== undefined)
    throw new TcomposeError(
      'CLI_USAGE',
      '--console-socket is set, but process.terminal is not true in config.json',
    );
  if (process.terminal === true && consoleSocket === undefined && outlives)
    throw new TcomposeError(
      'CLI_USAGE',
      'process.terminal is true in config.json, so something must take the terminal',
      {
        hint: 'Give --console-socket SOCKET, or use `run` to have it here.',
      },
    );
}

/** The error for a state that is not a success. */
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

function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new TcomposeError('CLI_NOT_ROOT', 'setting up containers needs root, and this user is not root', {
    hint: 'Run the command with sudo.',
  });
}

/** Path of an exec's own run directory. */
export const execDirectory = (directory: string, id: string): string => join(directory, `exec-${id}`);
