import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { bundleConfig, execProcess } from '../../runtime/foreign/bundle-config.ts';
import { explainForeign } from '../../runtime/foreign/explain-foreign.ts';
import { foreignExecPlan, foreignRunPlan } from '../../runtime/foreign/foreign-plan.ts';
import {
  type ForeignLauncher,
  foreignDelete,
  foreignEnvironment,
  type Launcher,
  ownLauncher,
  runtimeLog,
} from '../../runtime/foreign/launcher.ts';
import type { RootfsContext } from '../../runtime/launch/launch-context.ts';
import type { LaunchPlan } from '../../runtime/launch/launch-plan.ts';
import type { ShimFailure } from '../../runtime/shim/shim-messages.ts';
import type { OciSpec } from '../../runtime/spec/oci-types.ts';
import type { MachineFacts } from '../../runtime/spec/spec-input.ts';
import type { Container } from '../containers/container.ts';
import type { Engine } from '../context.ts';
import { readJson, writeJson } from '../store/json-file.ts';

/** Subdirectory of a run directory that is for another runtime. */
const bundleName = 'oci';
const launcherFile = 'launcher.json';

/** Longest call of a runtime without a shim, in milliseconds. */
const deleteWithin = 10_000;

/** The launcher for this container. Throws RUNTIME_UNKNOWN, RUNTIME_CONFIG. */
export function chooseLauncher(
  engine: Pick<Engine, 'runtimes' | 'machine'>,
  container: Pick<Container, 'id' | 'runDir' | 'hostConfig'>,
): Launcher {
  const { runtime } = engine.runtimes.resolve(container.hostConfig.Runtime ?? '');
  if (runtime === undefined) return ownLauncher;
  return {
    kind: 'foreign',
    ...runtime,
    id: container.id,
    bundle: join(container.runDir, bundleName),
    hide: hiddenMounts(engine.machine),
  };
}

/** crun refuses a machine with v1 hierarchies and a v2 tree that has controllers, though it would use none of them. */
function hiddenMounts({ cgroups }: MachineFacts): readonly string[] {
  return cgroups.kind === 'v1' && cgroups.unified !== undefined ? [cgroups.unified] : [];
}

/** Makes a container's bundle for another runtime, and derives its plan from our own. */
export function foreignRun(
  launcher: ForeignLauncher,
  plan: LaunchPlan,
  spec: OciSpec,
  options: {
    readonly rootfs: RootfsContext;
    readonly machine: MachineFacts;
  },
): LaunchPlan {
  const { bundle } = launcher;
  mkdirSync(join(bundle, 'state'), { recursive: true, mode: 0o700 });
  // Where the shim binds the network namespace.
  writeFileSync(join(bundle, 'netns'), '', { mode: 0o600 });
  const init = plan.process.init ? copyInit(bundle) : undefined;
  const { rootfs, machine } = options;
  const named = spec.mounts.flatMap(({ destination: target, source, below: root }, index) =>
    source === undefined || root === undefined
      ? []
      : [{ target, root, path: relative(root, source), name: `source.${index}` }],
  );
  const sources = new Map(named.map(({ target, name }) => [target, name]));
  writeJson(
    join(bundle, 'config.json'),
    bundleConfig(spec, { launcher, rootfs, plan, machine, sources, ...(init === undefined ? {} : { init }) }),
  );
  writeJson(join(bundle, launcherFile), launcher);
  return foreignRunPlan(plan, launcher, {
    layout: machine.cgroups,
    group: spec.linux.cgroupsPath,
    sources: named.map(({ root, path, name }) => ({ root, path, name })),
  });
}

/** A copy of the static binary: no process of a container may lead to the program on the disk. */
function copyInit(bundle: string): string {
  const shim = process.env.TCOMPOSE_SHIM;
  if (shim === undefined)
    throw new TcomposeError('INTERNAL', 'TCOMPOSE_SHIM does not say where the binary is');
  const copy = join(bundle, 'init');
  copyFileSync(shim, copy);
  return copy;
}

/** The plan of an exec for the launcher that runs the container; `runDir` is the exec's. */
export function execPlanFor(
  launcher: Launcher,
  plan: LaunchPlan,
  spec: OciSpec,
  options: { readonly runDir: string; readonly machine: MachineFacts },
): LaunchPlan {
  if (launcher.kind === 'own') return plan;
  const { runDir, machine } = options;
  writeJson(join(runDir, 'process.json'), execProcess(plan, spec, machine));
  return foreignExecPlan(plan, launcher, runDir);
}

/** The launcher of a container that was found running. */
export function readLauncher(container: Pick<Container, 'runDir'>): Launcher {
  try {
    const file = join(container.runDir, bundleName, launcherFile);
    const found = readJson<ForeignLauncher>(file, (value) =>
      isLauncher(value) ? undefined : 'it names no runtime',
    );
    return found ?? ownLauncher;
  } catch {
    return ownLauncher;
  }
}

function isLauncher(value: unknown): boolean {
  const launcher = value as Partial<ForeignLauncher> | null;
  return (
    typeof launcher?.program === 'string' &&
    typeof launcher.bundle === 'string' &&
    Array.isArray(launcher.args)
  );
}

/** The error of a failed call; `log` is the directory that the runtime logged to. */
export function foreignFailure(
  launcher: ForeignLauncher,
  failure: ShimFailure,
  options: { readonly log: string; readonly name?: string; readonly command: readonly string[] },
): TcomposeError {
  const { name, command } = options;
  return explainForeign(
    { call: failure.op, errno: failure.errno, words: failure.detail, log: readLog(options.log) },
    { runtime: launcher.name, command, ...(name === undefined ? {} : { name }) },
  );
}

function readLog(directory: string): string {
  try {
    return readFileSync(join(directory, runtimeLog), 'utf8');
  } catch {
    return '';
  }
}

/** Ends a container whose shim is lost, through its runtime. Never rejects: its control groups are removed in any case. */
export function abandon(launcher: Launcher): Promise<void> {
  if (launcher.kind === 'own') return Promise.resolve();
  const [program = '', ...args] = foreignDelete(launcher);
  const env = Object.fromEntries(foreignEnvironment().map((one) => one.split(/=(.*)/s).slice(0, 2)));
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd: '/', timeout: deleteWithin, killSignal: 'SIGKILL' }, () => resolve());
  });
}
