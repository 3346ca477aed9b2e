/** Another OCI runtime on this machine, as configured or found. */
export interface ForeignRuntime {
  readonly name: string;
  /** Absolute path. */
  readonly program: string;
  /** Given before the command, as runtimeArgs of Docker's daemon.json. */
  readonly args: readonly string[];
}

/** What carries a container out: the built-in runtime, or another one by its command line. */
export type Launcher = { readonly kind: 'own' } | ForeignLauncher;

/** A container in the hands of another runtime; kept with the container, for the configuration may change while it runs. */
export interface ForeignLauncher extends ForeignRuntime {
  readonly kind: 'foreign';
  /** The container's name for the runtime. */
  readonly id: string;
  /** Directory of config.json, and of all that the runtime keeps of this container. */
  readonly bundle: string;
  /** Mount points that the runtime must not see. */
  readonly hide: readonly string[];
}

/** The built-in runtime. */
export const ownLauncher: Launcher = { kind: 'own' };

/** Search path of the runtime's own helpers. Nothing else of the engine's environment is handed on. */
const environment = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

/** Errors of the runtime, one JSON object a line, in the directory of the call. */
export const runtimeLog = 'log.json';

/** The environment of every call of a runtime. */
export function foreignEnvironment(): readonly string[] {
  return environment;
}

/** argv of one command of a runtime on a container; `log` is the directory that gets its log. */
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

/** Has the runtime end and forget a container whatever state it is in. */
export function foreignDelete(launcher: ForeignLauncher): readonly string[] {
  return foreignCommand(launcher, launcher.bundle, 'delete', '--force', launcher.id);
}
