import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import { buildOciExecPlan } from '../../../runtime/launch/build-oci-exec-plan.ts';
import type { CallerPlan } from '../../../runtime/launch/launch-options.ts';
import { encodeLaunchPlan } from '../../../runtime/launch/plan-codec.ts';
import { readMachineFacts } from '../../../runtime/machine-facts.ts';
import type { PidFile } from '../../../runtime/shim/exit-file.ts';
import { connectShim, type ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { OciProcess } from '../../../runtime/spec/oci-types.ts';
import { type Command, flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { inheritsStdio, runToEnd } from '../container/attached.ts';
import { execProcess } from '../container/exec-process.ts';
import { execDirectory, failureOf } from '../container/launch.ts';
import { spawnShim } from '../container/spawn-shim.ts';
import { nextState, statusOf } from '../container/status.ts';
import { containerDirectory, findContainer, type OciContainer, replaceFile } from '../container/store.ts';
import { consoleSocketFlag, pidFileFlag, preserveFdsFlag } from '../flags.ts';

export const command: Command = {
  name: 'exec',
  summary: 'Run another process in a running container',
  args: {
    usage: 'ID [COMMAND [ARG...]]',
    min: 1,
    passThroughAfter: 1,
    flags: [
      pidFileFlag,
      consoleSocketFlag,
      preserveFdsFlag,
      { name: 'process', short: 'p', type: 'string', value: 'FILE', summary: 'Process as JSON (config.md)' },
      { name: 'detach', short: 'd', type: 'boolean', summary: 'Exit once the process runs' },
      { name: 'tty', short: 't', type: 'boolean', summary: 'Give it a terminal' },
      { name: 'cwd', type: 'string', value: 'DIR', summary: 'Working directory' },
      { name: 'env', short: 'e', type: 'strings', value: 'NAME=VALUE', summary: 'Environment variable' },
      { name: 'user', short: 'u', type: 'string', value: 'UID[:GID]', summary: 'User and group by number' },
      { name: 'additional-gids', short: 'g', type: 'strings', value: 'GID', summary: 'Further group' },
      { name: 'cap', short: 'c', type: 'strings', value: 'NAME', summary: 'Further capability' },
      { name: 'no-new-privs', type: 'boolean', summary: 'Gain no rights by set-id programs' },
      {
        name: 'process-label',
        type: 'string',
        value: 'LABEL',
        summary: 'Refused: no SELinux labels are set',
      },
      {
        name: 'apparmor',
        type: 'string',
        value: 'PROFILE',
        summary: 'Refused: no AppArmor profiles are set',
      },
      {
        name: 'ignore-paused',
        type: 'boolean',
        summary: 'Run it even in a paused container, where it waits',
      },
    ],
  },
  async run(args, ctx) {
    const id = args.positional[0]!;
    const directory = containerDirectory(args, ctx, id);
    const container = findContainer(directory, id);
    const target = await running(directory, container, flag.bool(args, 'ignore-paused'));
    const process = execProcess(ctx, args, container);
    const execId = randomBytes(8).toString('hex');
    const runDir = execDirectory(directory, execId);
    mkdirSync(runDir, { mode: 0o700 });
    try {
      return await execute(ctx, args, { id: execId, runDir, container, target, process });
    } finally {
      rmSync(runDir, { recursive: true, force: true });
    }
  },
};

async function running(directory: string, container: OciContainer, evenPaused: boolean): Promise<PidFile> {
  const { status, process } = await statusOf(directory, container);
  if (process !== undefined && (status !== 'paused' || evenPaused)) return process;
  throw new TcomposeError(
    'RUNTIME_BUNDLE',
    `container ${container.id} is ${status}: nothing can be run in it`,
    {
      hint: status === 'paused' ? `To resume it: tcompose oci resume ${container.id}` : 'Start it first.',
    },
  );
}

interface Exec {
  readonly id: string;
  readonly runDir: string;
  readonly container: OciContainer;
  readonly target: PidFile;
  readonly process: OciProcess;
}

async function execute(ctx: CliContext, args: ParsedArgs, exec: Exec): Promise<number> {
  const tty = exec.process.terminal ?? false;
  const detach = flag.bool(args, 'detach');
  const caller = callerOf(ctx, args, tty, detach);
  if (tty && detach && caller?.consoleSocket === undefined)
    throw new TcomposeError('CLI_USAGE', 'a detached process cannot have a terminal', {
      hint: 'Give --console-socket SOCKET.',
    });
  const size = exec.process.consoleSize;
  const plan = buildOciExecPlan(
    {
      id: exec.id,
      runDir: exec.runDir,
      stdio: {
        tty,
        rows: size?.height ?? ctx.stdout.rows ?? 0,
        columns: size?.width ?? ctx.stdout.columns ?? 0,
        stdin: true,
        stdinOnce: true,
      },
      container: { ...exec.target, spec: exec.container.spec },
      machine: readMachineFacts(),
    },
    exec.process,
    caller,
  );
  await spawnShim(
    encodeLaunchPlan(plan),
    caller === undefined ? undefined : { preserve: caller.preserveFds },
  );
  const shim = await connectShim(exec.runDir);
  try {
    await created(ctx, shim, exec.process, flag.str(args, 'pid-file'));
    if (detach) return await startOnly(shim, exec.process);
    const state = await runToEnd(ctx, shim, {
      tty,
      pumped: caller === undefined,
      started: async () => undefined,
    });
    if (state?.type === 'exited') return state.code;
    throw failureOf(state, exec.process.args, exec.process.cwd);
  } finally {
    shim.close();
  }
}

function callerOf(ctx: CliContext, args: ParsedArgs, tty: boolean, detach: boolean): CallerPlan | undefined {
  const consoleSocket = flag.str(args, 'console-socket');
  if (!detach && consoleSocket === undefined && !inheritsStdio(ctx, tty)) return undefined;
  return {
    outlives: detach,
    preserveFds: flag.num(args, 'preserve-fds') ?? 0,
    ...(consoleSocket === undefined ? {} : { consoleSocket }),
  };
}

async function created(
  ctx: CliContext,
  shim: ShimConnection,
  { args, cwd }: OciProcess,
  pidFile: string | undefined,
): Promise<void> {
  const state = await nextState(shim);
  if (state?.type !== 'created') {
    await shim.reap();
    throw failureOf(state, args, cwd);
  }
  for (const warning of state.warnings) ctx.warn(warning);
  if (pidFile !== undefined) replaceFile(pidFile, String(state.pid), 0o644);
}

/** Resolves once the process is executed; the process that becomes its parent sees its end. */
async function startOnly(shim: ShimConnection, { args, cwd }: OciProcess): Promise<number> {
  const outcome = new Promise<Awaited<ReturnType<typeof nextState>>>((resolve) => {
    shim.onState((state) => {
      if (state.type !== 'created') resolve(state);
    });
    shim.onClose(() => resolve(undefined));
  });
  await shim.start();
  const state = await outcome;
  if (state?.type === 'started' || state?.type === 'exited') return 0;
  throw failureOf(state, args, cwd);
}
