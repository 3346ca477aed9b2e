import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goQuote } from '../../../build/go-quote.ts';
import type { RunStep } from '../../../build/plan/types.ts';
import { TcomposeError } from '../../../errors.ts';
import { buildLaunchPlan } from '../../../runtime/launch/build-launch-plan.ts';
import { explainFailure } from '../../../runtime/launch/explain-failure.ts';
import type { RootfsContext } from '../../../runtime/launch/launch-context.ts';
import type { LaunchPlan } from '../../../runtime/launch/launch-plan.ts';
import { encodeLaunchPlan } from '../../../runtime/launch/plan-codec.ts';
import type { ShimAttachment } from '../../../runtime/shim/attach.ts';
import { endShim } from '../../../runtime/shim/end-shim.ts';
import { connectShim, type ShimConnection } from '../../../runtime/shim/shim-client.ts';
import type { ShimState } from '../../../runtime/shim/shim-messages.ts';
import { generateSpec } from '../../../runtime/spec/oci-spec.ts';
import type { ResolvedMount } from '../../../runtime/spec/spec-input.ts';
import { resolveUser } from '../../../runtime/spec/users.ts';
import type { BuildLimits } from '../../api/build.ts';
import { type LaunchMounts, mountForLaunch } from '../../containers/host/mount-for-launch.ts';
import { readAccountFiles } from '../../containers/root/account-files.ts';
import type { Engine } from '../../context.ts';
import { removeRunDirectory } from '../../store/remove-run-directory.ts';
import type { StepPlace } from '../cache/cache-types.ts';
import { type OverlayOptions, openToRead, requireMounts, type Snapshot } from '../snapshot.ts';
import { noSpaceHint } from './disk-full.ts';
import { failureHint, foundNoSpace } from './failure-hint.ts';
import { interrupted } from './interrupted.ts';
import { type MountSources, type PreparedMounts, prepareMounts } from './run-mounts.ts';
import { joinDefaultNetwork, type RunNetwork } from './run-network.ts';
import { parseUlimit } from './ulimit.ts';

const hostname = 'buildkitsandbox';
const sigkill = 9;
/** Most processes and threads of a step: a fork bomb must not bring the machine down. */
const mostProcesses = 8192;

/** What running a command needs besides its step. */
export interface RunSurroundings {
  readonly engine: Engine;
  readonly base: Snapshot;
  readonly place: StepPlace;
  readonly overlay: OverlayOptions;
  /** What every container has unless its image has something else there; the lowest layer. */
  readonly skeleton: string;
  readonly sources: Omit<MountSources, 'root' | 'volatile'>;
  /** Receives output as it arrives; the command waits for the returned promise. */
  readonly output: (bytes: Buffer) => Promise<void> | undefined;
  /** The last lines of the output. */
  readonly said: () => readonly string[];
  readonly limits: BuildLimits;
  readonly signal: AbortSignal;
}

/**
 * Runs the command of a RUN in its own container. Its changes are in the place's `diff` afterwards.
 * @throws TcomposeError BUILD_STEP when it fails
 */
export async function runCommand(step: RunStep, around: RunSurroundings): Promise<void> {
  const { engine, place, sources } = around;
  const id = randomBytes(32).toString('hex');
  const runDir = join(engine.layout.containerRuns, id);
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  let network: RunNetwork | undefined;
  let mounts: PreparedMounts | undefined;
  let root: LaunchMounts | undefined;
  try {
    const below = () => openToRead(around.base, around.overlay);
    mounts = await prepareMounts(step, place, { ...sources, root: below, volatile: runDir });
    if (step.network === 'default') network = await joinDefaultNetwork(engine, id);
    requireMounts(around.overlay);
    root = mountForLaunch({ fuse: around.overlay.fuse }, place.mountPoint, rootOf(around, mounts));
    engine.fault('build:mounted');
    const plan = launchPlan(step, around, { id, runDir, network, mounts, root });
    await launch(step, around, plan, { network, started: root.release });
  } finally {
    root?.release();
    await network?.release();
    await mounts?.release();
    await removeRunDirectory(runDir);
  }
}

interface Launching {
  readonly id: string;
  readonly runDir: string;
  readonly network: RunNetwork | undefined;
  readonly mounts: PreparedMounts;
  readonly root: LaunchMounts;
}

function rootOf({ base, place, skeleton }: RunSurroundings, { stubs }: PreparedMounts): RootfsContext {
  const lowerDirs = [...base.directories, skeleton, stubs];
  return { kind: 'overlay', lowerDirs, upper: place.diff, work: place.work, mountPoint: place.mountPoint };
}

function launchPlan(step: RunStep, around: RunSurroundings, launching: Launching): LaunchPlan {
  const { engine } = around;
  const { id, runDir, network, mounts, root } = launching;
  const spec = generateSpec({
    id,
    instance: engine.instance,
    config: {
      Hostname: hostname,
      // A name without a value removes the variable that every other container gets.
      Env: ['HOSTNAME', ...step.environment, ...step.unkeyedEnvironment, ...mounts.environment],
      WorkingDir: step.directory,
      Entrypoint: null,
      Cmd: step.argv,
    },
    hostConfig: {
      ...around.limits,
      PidsLimit: mostProcesses,
      NetworkMode: step.network === 'default' ? 'bridge' : step.network,
      ...(step.shmSize === undefined ? {} : { ShmSize: step.shmSize }),
      Ulimits: step.ulimits.map(parseUlimit),
    },
    mounts: [...networkFiles(step, runDir, network, engine), ...mounts.mounts],
    user: userOf(step, around),
    files: {},
    joined: {},
    devices: [],
    machine: engine.machine,
  });
  return {
    ...buildLaunchPlan(spec, {
      id,
      runDir,
      stdio: { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: false },
      rootfs: root.rootfs,
      ...(network === undefined ? {} : { attach: network.attach }),
      machine: engine.machine,
      init: false,
    }),
    waitForStart: true,
  };
}

function userOf(step: RunStep, { base, overlay }: RunSurroundings) {
  const root = openToRead(base, overlay);
  try {
    return resolveUser(step.user, readAccountFiles(root));
  } catch (error) {
    if (!(error instanceof TcomposeError) || error.code !== 'RUNTIME_USER') throw error;
    throw new TcomposeError('BUILD_STEP', `${unsuccessful(step)}: ${error.message}`, { hint: error.hint });
  } finally {
    root.close();
  }
}

/** The hosts and resolv.conf that the command can read but not change, unless a mount of its own is there or covers them. */
function networkFiles(
  step: RunStep,
  runDir: string,
  network: RunNetwork | undefined,
  engine: Engine,
): readonly ResolvedMount[] {
  const hostGateway = engine.privilege.hostAddress() ?? network?.gateway ?? '127.0.0.1';
  const extra = step.extraHosts.map((entry) => {
    const at = entry.search(/[:=]/);
    const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
    return `${address === 'host-gateway' ? hostGateway : address}\t${entry.slice(0, at)}\n`;
  });
  const local = `127.0.0.1\tlocalhost ${hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`;
  const hosts = (step.network === 'host' ? textOf('/etc/hosts') : local) + extra.join('');
  const resolver = step.network === 'default' ? engine.net.resolvConf() : textOf('/etc/resolv.conf');
  const file = (name: string, target: string, text: string): readonly ResolvedMount[] => {
    const covers = (place: string) => target === place || target.startsWith(`${place.replace(/\/+$/, '')}/`);
    if (step.mounts.some((mount) => mount.target !== undefined && covers(mount.target))) return [];
    const source = join(runDir, name);
    writeFileSync(source, text, { mode: 0o644 });
    const options = ['nosuid', 'nodev', 'noexec'];
    return [{ type: 'bind', source, target, readOnly: true, recursive: false, options }];
  };
  return [...file('hosts', '/etc/hosts', hosts), ...file('resolv.conf', '/etc/resolv.conf', resolver)];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function launch(
  step: RunStep,
  { engine, output, said, signal }: RunSurroundings,
  plan: LaunchPlan,
  { network, started }: { readonly network: RunNetwork | undefined; readonly started: () => void },
): Promise<void> {
  await engine.keeper.spawn(encodeLaunchPlan(plan), plan.runDir);
  engine.fault('build:spawned');
  const shim = await connectShim(plan.runDir);
  let attachment: ShimAttachment | undefined;
  const stop = (): void => {
    shim.signal(sigkill).catch(() => {});
    // Nobody needs its output any more.
    attachment?.close();
  };
  try {
    const created = await stateOf(shim, (state) => state.type === 'created');
    started();
    if (created.type === 'failed') throw launchFailure(step, created);
    engine.fault('build:created');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) throw interrupted();
    attachment = await shim.attach({ stdin: false, stdout: true, stderr: true, holds: true });
    passOn(attachment, output);
    if (signal.aborted) throw interrupted();
    await network?.started(shim);
    await shim.start();
    engine.fault('build:started');
    const end = await stateOf(shim, () => false);
    engine.fault('build:ran');
    await attachment.ended;
    if (signal.aborted) throw interrupted();
    if (end.type === 'failed') throw launchFailure(step, end);
    if (end.type === 'exited' && end.code !== 0) throw commandFailure(step, end, said(), engine);
  } finally {
    signal.removeEventListener('abort', stop);
    attachment?.close();
    await endShim(shim);
  }
}

/** Passes output on; the command waits while the receiver is busy. */
function passOn(attachment: ShimAttachment, output: RunSurroundings['output']): void {
  attachment.onOutput((_stream, bytes) => {
    const taken = output(bytes);
    if (taken === undefined) return;
    attachment.pause();
    const goOn = (): void => attachment.resume();
    taken.then(goOn, goOn);
  });
}

/** The first state that is final, or that `enough` accepts. */
function stateOf(shim: ShimConnection, enough: (state: ShimState) => boolean): Promise<ShimState> {
  return new Promise((resolve, reject) => {
    const offClose = shim.onClose((cause) =>
      reject(
        new TcomposeError('BUILD_STEP', 'the process that watched over the command was killed', { cause }),
      ),
    );
    const offState = shim.onState((state) => {
      if (state.type !== 'failed' && state.type !== 'exited' && !enough(state)) return;
      offClose();
      queueMicrotask(() => offState());
      resolve(state);
    });
  });
}

const unsuccessful = (step: RunStep): string =>
  `process ${goQuote(step.argv.join(' '))} did not complete successfully`;

function commandFailure(
  step: RunStep,
  { code, oomKilled }: Extract<ShimState, { type: 'exited' }>,
  said: readonly string[],
  { layout }: Engine,
): TcomposeError {
  const hint = oomKilled
    ? 'It was killed because memory ran out.'
    : foundNoSpace(said)
      ? noSpaceHint(layout.lib)
      : failureHint(step, code, said);
  return new TcomposeError(
    'BUILD_STEP',
    `process ${goQuote(step.argv.join(' '))} did not complete successfully: exit code: ${code}`,
    hint === undefined ? {} : { hint },
  );
}

function launchFailure(step: RunStep, failure: Extract<ShimState, { type: 'failed' }>): TcomposeError {
  const explained = explainFailure(
    { step: failure.phase, errno: failure.errno, detail: `${failure.op} ${failure.detail}`.trim() },
    { command: step.argv, cwd: step.directory },
  );
  return new TcomposeError(
    'BUILD_STEP',
    `${unsuccessful(step)}: exit code: ${explained.exitCode}: ${explained.message}`,
    explained.hint === undefined ? {} : { hint: explained.hint },
  );
}
