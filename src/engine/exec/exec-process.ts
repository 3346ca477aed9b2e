import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { Launcher } from '../../runtime/foreign/launcher.ts';
import { buildExecPlan } from '../../runtime/launch/build-exec-plan.ts';
import { explainFailure } from '../../runtime/launch/explain-failure.ts';
import { encodeLaunchPlan } from '../../runtime/launch/plan-codec.ts';
import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import { endShim } from '../../runtime/shim/end-shim.ts';
import { connectShim, type ShimConnection } from '../../runtime/shim/shim-client.ts';
import type { ShimFailure, ShimState } from '../../runtime/shim/shim-messages.ts';
import { type AccountFiles, resolveUser } from '../../runtime/spec/users.ts';
import type { ExecCreateRequest } from '../api/exec.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/events.ts';
import { readAccountFiles } from '../containers/root/account-files.ts';
import { commandHint } from '../containers/root/find-command.ts';
import { openRunningRoot } from '../containers/root/running-root.ts';
import { openOwnRoot } from '../containers/root/stopped-root.ts';
import type { Engine } from '../context.ts';
import { conflict } from '../http/failure.ts';
import { execPlanFor, foreignFailure } from '../runtimes/launchers.ts';
import { removeRunDirectory } from '../store/remove-run-directory.ts';
import type { ExecProcess } from './exec.ts';

/** File in an exec's run directory: nobody waits for the exec, so it continues without the engine that started it. */
export const detachedMark = 'detached';

interface ExecStart {
  /** Terminal size [rows, columns]. */
  readonly consoleSize?: readonly number[] | null | undefined;
  /** Called before the command runs, so that no output is missed; absent for a detached exec. */
  readonly attached?: (attachment: ShimAttachment) => void;
}

/**
 * Runs an exec: plan, spawn, attach, start. Resolves once the command runs (or has already ended); `ended` resolves
 * with its exit code. Errors: 409 when the container does not run or the exec was started before; a command that can't
 * be run gives an error with exit code 126 or 127.
 */
export async function startExec(
  engine: Engine,
  exec: ExecProcess,
  options: ExecStart,
): Promise<{ readonly ended: Promise<number> }> {
  const { container, request } = exec;
  const { launch, state } = container;
  if (exec.state.status !== 'created') throw conflict(`exec ${exec.id} has already been started`);
  if (state.status === 'paused')
    throw conflict(`container ${container.name} is paused, unpause the container before exec`);
  if (state.status !== 'running' || launch === undefined)
    throw conflict(`container ${container.id} is not running`);
  exec.state = { status: 'running', pid: 0 };
  const runDir = join(engine.layout.execRuns, exec.id);
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  if (options.attached === undefined) await writeFile(join(runDir, detachedMark), '', { mode: 0o600 });
  const [rows = 0, columns = 0] = options.consoleSize ?? request.ConsoleSize ?? [];
  let shim: ShimConnection | undefined;
  try {
    const user = request.User
      ? resolveUser(
          request.User,
          await accountFilesOf(engine, container, state.process),
          container.hostConfig.GroupAdd ?? [],
        )
      : undefined;
    const ownPlan = {
      ...buildExecPlan({
        id: exec.id,
        runDir,
        stdio: {
          tty: request.Tty ?? false,
          rows,
          columns,
          stdin: request.AttachStdin ?? false,
          stdinOnce: true,
        },
        container: {
          pid: state.process.pid,
          startTime: BigInt(state.process.startTime),
          spec: launch.spec,
        },
        args: request.Cmd ?? [],
        env: request.Env ?? [],
        ...(request.WorkingDir ? { cwd: request.WorkingDir } : {}),
        ...(user === undefined ? {} : { user }),
        privileged: request.Privileged ?? false,
        machine: engine.machine,
      }),
      waitForStart: options.attached !== undefined,
    };
    const plan = execPlanFor(launch.launcher, ownPlan, launch.spec, { runDir, machine: engine.machine });
    await engine.keeper.spawn(encodeLaunchPlan(plan), runDir);
    engine.fault('exec:spawned');
    shim = await connectShim(runDir);
    exec.shim = shim;
    const outcome = await firstState(engine, shim, request.AttachStdin ?? false, options);
    engine.fault('exec:started');
    if (outcome.type === 'failed') {
      const { env = [], cwd } = ownPlan.process;
      const search = { command: ownPlan.process.argv[0] ?? '', cwd, env };
      const hint = await commandHint(outcome, engine.machine, search, () => openRunningRoot(state.process));
      throw execFailure(launch.launcher, outcome, request, { runDir, hint });
    }
    if (outcome.type === 'started') exec.state = { status: 'running', pid: outcome.pid };
  } catch (error) {
    exec.state = {
      status: 'exited',
      exitCode: error instanceof TcomposeError && error.exitCode > 1 ? error.exitCode : 126,
    };
    if (shim !== undefined) await endShim(shim);
    exec.shim = undefined;
    await removeRunDirectory(runDir);
    throw error;
  }
  emitContainer(engine, container, `exec_start: ${(request.Cmd ?? []).join(' ')}`, { execID: exec.id });
  return { ended: supervise(engine, exec, shim, runDir) };
}

function execFailure(
  launcher: Launcher,
  failure: ShimFailure,
  { Cmd, WorkingDir }: ExecCreateRequest,
  { runDir, hint: fileHint }: { readonly runDir: string; readonly hint: string | undefined },
): TcomposeError {
  const command = Cmd ?? [];
  if (launcher.kind === 'foreign' && failure.phase === 'runtime') {
    return foreignFailure(launcher, failure, { log: runDir, command });
  }
  const error = explainFailure(
    { step: failure.phase, errno: failure.errno, detail: `${failure.op} ${failure.detail}`.trim() },
    {
      command,
      ...(WorkingDir ? { cwd: WorkingDir } : {}),
      ...(fileHint === undefined ? {} : { fileHint }),
    },
  );
  // dockerd has two exit codes for an exec that did not start: 127 for a missing command, 126 for everything else.
  const exitCode = failure.errno === constants.errno.ENOENT || error.exitCode === 127 ? 127 : 126;
  return new TcomposeError(error.code, error.message, { hint: error.hint, cause: error.cause, exitCode });
}

/** Refuses a user that the running container does not have, as dockerd does when an exec is created. Errors: RUNTIME_USER. */
export async function checkExecUser(
  engine: Engine,
  container: Container,
  { User }: ExecCreateRequest,
): Promise<void> {
  const { state } = container;
  if (!User || state.status !== 'running') return;
  resolveUser(
    User,
    await accountFilesOf(engine, container, state.process),
    container.hostConfig.GroupAdd ?? [],
  );
}

/** From the root that its processes see; another runtime may not give access to it. */
async function accountFilesOf(
  engine: Engine,
  container: Container,
  process: { readonly pid: number; readonly startTime: string },
): Promise<AccountFiles> {
  const own = container.launch?.launcher.kind === 'own';
  const root = own ? openRunningRoot(process) : await openOwnRoot(engine, container);
  try {
    return readAccountFiles(root.directory);
  } finally {
    await root.release();
  }
}

type Outcome = Extract<ShimState, { type: 'started' | 'failed' | 'exited' }>;

function firstState(
  engine: Pick<Engine, 'fault'>,
  shim: ShimConnection,
  stdin: boolean,
  options: ExecStart,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const offClose = shim.onClose((cause) =>
      reject(
        new TcomposeError('ENGINE_START_CONTAINER', 'the process that was to run the command died', {
          cause,
        }),
      ),
    );
    let releasing = false;
    shim.onState((state) => {
      if (state.type === 'created') {
        if (releasing) return;
        releasing = true;
        engine.fault('exec:created');
        const streams = { stdin, stdout: true, stderr: true };
        shim
          .attach(streams)
          .then((attachment) => options.attached?.(attachment))
          .then(() => shim.start())
          .catch(reject);
        return;
      }
      offClose();
      resolve(state);
    });
  });
}

function supervise(engine: Engine, exec: ExecProcess, shim: ShimConnection, runDir: string): Promise<number> {
  return new Promise((resolve) => {
    let over = false;
    const end = (exitCode: number): void => {
      if (over) return;
      over = true;
      exec.state = { status: 'exited', exitCode };
      exec.shim = undefined;
      emitContainer(engine, exec.container, 'exec_die', { execID: exec.id, exitCode: String(exitCode) });
      resolve(exitCode);
      void shim
        .reap()
        .catch(() => {})
        .then(() => {
          shim.close();
          return removeRunDirectory(runDir);
        });
    };
    shim.onState((state) => {
      if (state.type === 'exited') end(state.code);
    });
    // The shim dies at the latest when its container is killed; then its command is dead, too.
    shim.onClose(() => end(137));
  });
}
