import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ownAccount } from '../../../engine/client/rootless/account.ts';
import { TcomposeError } from '../../../errors.ts';
import { bootCommand, type Manager, reachManager } from './manager.ts';
import { type Surroundings, unitDirectory } from './surroundings.ts';
import { cameWithLingering, type UnitSettings, unitMark, unitName, unitText } from './unit-file.ts';

/** What was done, one sentence per line, and what is left to do. */
interface Outcome {
  readonly said: readonly string[];
  readonly warnings: readonly { readonly message: string; readonly hint?: string }[];
}

/**
 * Makes the engine a service and starts it. If it is installed already, its unit is rewritten, as after an upgrade. A
 * failure leaves nothing behind.
 * @throws TcomposeError ENGINE_SERVICE
 */
export function installService(surroundings: Surroundings, options: { readonly linger: boolean }): Outcome {
  const manager = reachManager(surroundings, {
    verb: 'installed',
    instead: `The engine at boot without it: ${bootCommand(surroundings)}`,
  });
  const { name, path, text: before } = unitOf(surroundings);
  refuseForeign(path, before);
  const { warnings, lingering } = options.linger
    ? switchLingeringOn(surroundings)
    : { warnings: [], lingering: false };
  const settings = settingsOf(surroundings, lingering || (before !== undefined && cameWithLingering(before)));
  try {
    write(surroundings.directory, path, unitText(settings));
    manager.call('daemon-reload');
    manager.call('enable', '--now', name);
  } catch (error) {
    undo(surroundings, manager, { name, path, before, lingering });
    throw error;
  }
  return {
    said: [
      `${name} (${path}) runs the engine from now on and after each boot.`,
      'Containers with `restart: always` or `unless-stopped` come back with it.',
      ...(lingering ? [`Lingering of ${surroundings.user} was switched on, so that it needs no login.`] : []),
    ],
    warnings: [...warnings, ...shortLived(surroundings)],
  };
}

/**
 * Removes the service; containers keep running.
 * @throws TcomposeError ENGINE_SERVICE
 */
export function uninstallService(surroundings: Surroundings): Outcome {
  const { name, path, text } = unitOf(surroundings);
  if (text === undefined) return { said: [`There is no service of the engine (${path}).`], warnings: [] };
  refuseForeign(path, text);
  const manager = reachManager(surroundings, {
    verb: 'removed',
    instead: `Nothing starts it then: rm ${path}`,
  });
  const lingering = cameWithLingering(text);
  // Stopping it would stop the containers, which is right when the machine shuts down but not here.
  write(
    surroundings.directory,
    path,
    unitText({ ...settingsOf(surroundings, lingering), stopsContainers: false }),
  );
  manager.call('daemon-reload');
  manager.call('disable', '--now', name);
  rmSync(path, { force: true });
  manager.call('daemon-reload');
  manager.try('reset-failed', name);
  const off = lingering ? surroundings.run('loginctl', 'disable-linger') : undefined;
  return {
    said: [
      `${name} was removed; containers keep running, and commands that need the engine start it.`,
      ...(off?.ok === true ? [`Lingering of ${surroundings.user} was switched off again.`] : []),
    ],
    warnings:
      off?.ok === false
        ? [
            {
              message: `lingering could not be switched off: ${off.why}`,
              hint: `sudo loginctl disable-linger ${surroundings.user}`,
            },
          ]
        : [],
  };
}

/** Path of the unit that makes this user's engine a service. */
export function installedUnit(env: Surroundings['env']): string | undefined {
  const { uid, homedir } = ownAccount(env);
  const path = join(
    unitDirectory(uid, homedir, env),
    unitName(env.TCOMPOSE_ROOT ? resolve(env.TCOMPOSE_ROOT) : undefined),
  );
  return existsSync(path) ? path : undefined;
}

interface Unit {
  readonly name: string;
  readonly path: string;
  readonly text: string | undefined;
}

function unitOf({ env, directory, read }: Surroundings): Unit {
  const name = unitName(env.TCOMPOSE_ROOT ? resolve(env.TCOMPOSE_ROOT) : undefined);
  const path = join(directory, name);
  return { name, path, text: read(path) };
}

function refuseForeign(path: string, text: string | undefined): void {
  if (text === undefined || text.startsWith(unitMark)) return;
  throw new TcomposeError('ENGINE_SERVICE', `${path} was not made by tcompose`, {
    hint: 'Move it away first, or keep it in place of the service.',
  });
}

function settingsOf({ uid, env, program }: Surroundings, lingering: boolean): UnitSettings {
  const kept = uid === 0 ? ['TCOMPOSE_ROOT'] : ['TCOMPOSE_ROOT', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'];
  const environment = kept.flatMap((key) => {
    const value = env[key];
    if (!value) return [];
    return [[key, key === 'TCOMPOSE_ROOT' ? resolve(value) : value]];
  });
  return {
    scope: uid === 0 ? 'system' : 'user',
    program,
    environment: Object.fromEntries(environment),
    lingering,
    stopsContainers: true,
  };
}

/** Without lingering a user's systemd runs only from the first login to the last logout, and ends the containers with it. */
function switchLingeringOn({ uid, user, run }: Surroundings): {
  readonly lingering: boolean;
  readonly warnings: Outcome['warnings'];
} {
  if (uid === 0) return { lingering: false, warnings: [] };
  if (run('loginctl', 'show-user', user, '--property=Linger').stdout.trim() === 'Linger=yes')
    return { lingering: false, warnings: [] };
  const done = run('loginctl', 'enable-linger');
  if (done.ok) return { lingering: true, warnings: [] };
  const message = `lingering could not be switched on (${done.why}): the service runs only while ${user} is logged in`;
  return { lingering: false, warnings: [{ message, hint: `sudo loginctl enable-linger ${user}` }] };
}

function undo(
  surroundings: Surroundings,
  manager: Manager,
  {
    name,
    path,
    before,
    lingering,
  }: {
    readonly name: string;
    readonly path: string;
    readonly before: string | undefined;
    readonly lingering: boolean;
  },
): void {
  if (before === undefined) {
    manager.try('disable', name);
    rmSync(path, { force: true });
  } else write(surroundings.directory, path, before);
  manager.try('daemon-reload');
  if (lingering) surroundings.run('loginctl', 'disable-linger');
}

function write(directory: string, path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(temporary, text, { mode: 0o644 });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new TcomposeError('ENGINE_SERVICE', `${path} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Warns about a program whose path will not last: the service would break one day. */
function shortLived({ program }: Surroundings): Outcome['warnings'] {
  const path = program.find((word) => /\/_npx\/|^\/tmp\//.test(word));
  if (path === undefined) return [];
  return [
    {
      message: `the service runs ${path}, which is in a directory that is cleaned from time to time`,
      hint: 'npm install -g tcompose, then `tcompose engine install` again.',
    },
  ];
}
