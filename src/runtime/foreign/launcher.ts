/** Another OCI runtime on this machine, configured or found. */
export interface ForeignRuntime {
  readonly name: string;
  /** Absolute path. */
  readonly program: string;
  /** Put before the command, like runtimeArgs in Docker's daemon.json. */
  readonly args: readonly string[];
}

/** What runs a container: the built-in runtime, or another one through its command line. */
export type Launcher = { readonly kind: 'own' } | ForeignLauncher;

/** A container that another runtime runs; stored with the container, because the configuration may change while it runs. */
export interface ForeignLauncher extends ForeignRuntime {
  readonly kind: 'foreign';
  /** The container's name for the runtime. */
  readonly id: string;
  /** Directory of config.json, and of everything that the runtime stores about this container. */
  readonly bundle: string;
  /** Mount points that the runtime must not see. */
  readonly hide: readonly string[];
}

/** The built-in runtime. */
export const ownLauncher: Launcher = { kind: 'own' };

/** PATH for the runtime's own helpers. Nothing else of the engine's environment is passed on. */
const environment = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

/** The runtime's errors, one JSON object per line, in the directory of the call. */
export const runtimeLog = 'log.json';

/** The environment for every call of a runtime. */
export function foreignEnvironment(): readonly string[] {
  return environment;
}

/** argv of one command of a runtime for a container; `log` is the directory for its log. */
export function foreignCommand(
  launcher: ForeignLauncher,
  log: string,
  command: string,
  ...args: readonly string[]
): readonly string[] {
  return [
    launcher.program,
    ...launcher.args,
    '--root',
    `${launcher.bundle}/state`,
    '--log',
    `${log}/${runtimeLog}`,
    '--log-format',
    'json',
    command,
    ...args,
  ];
}

/** The command with which the runtime ends and forgets a container in any state. */
export function foreignDelete(launcher: ForeignLauncher): readonly string[] {
  return foreignCommand(launcher, launcher.bundle, 'delete', '--force', launcher.id);
}
