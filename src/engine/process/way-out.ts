import { spawn, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { breaksHalfClosed } from '../client/rootless/pasta-version.ts';
import type { Layout } from '../store/layout.ts';
import type { RootlessPrivilege } from './privilege.ts';
import {
  brokenNotice,
  chooseLinkNetwork,
  hasDefaultRoute,
  noProgramNotice,
  wayOutOrder,
  wayOutPrograms,
  wayOutWords,
} from './way-out-command.ts';

/** Milliseconds that a program may take to make its link; it usually takes some tens. */
const PATIENCE = 5000;
/** The device with which such a link is made. */
const TUN = '/dev/net/tun';

/**
 * Gives a rootless engine's containers a way out of the machine's network, with an installed program. The program
 * outlives the engine: connections of containers continue when the engine is killed, and the next engine finds it. The
 * namespace's holder ends it.
 * @returns undefined, or a sentence why there is no way out
 */
export async function openWayOut(
  { home, network }: RootlessPrivilege,
  layout: Layout,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const open = () => hasDefaultRoute(home.read('/proc/net/route'));
  if (open()) return undefined;
  let broken: string | undefined;
  const files = new Map(
    wayOutPrograms.map(({ program }) => [program, findProgram(program, env.PATH ?? '')] as const),
  );
  const pasta = files.get('pasta');
  for (const program of wayOutOrder(pasta !== undefined && breaksHalfClosed(versionOf(pasta)))) {
    const file = files.get(program);
    if (file === undefined) continue;
    const said = await begin(
      file,
      wayOutWords(program, network, chooseLinkNetwork(machineAddresses())),
      layout,
      open,
    );
    if (said === undefined) return undefined;
    broken ??= brokenNotice(program, said, isUsable(TUN, constants.R_OK | constants.W_OK));
  }
  return broken ?? noProgramNotice();
}

/** Starts the program and waits for its link; returns its output if it ended before that. */
async function begin(
  file: string,
  words: readonly string[],
  layout: Layout,
  open: () => boolean,
): Promise<string | undefined> {
  const log = join(layout.run, 'way-out.log');
  const output = openSync(log, 'w', 0o600);
  const child = spawn(file, words, { stdio: ['ignore', output, output], detached: true, cwd: '/' });
  closeSync(output);
  let ended = false;
  child.once('error', () => (ended = true));
  child.once('exit', () => (ended = true));
  child.unref();
  if (child.pid !== undefined)
    writeFileSync(join(layout.run, 'way-out.pid'), `${child.pid}\n`, { mode: 0o600 });
  for (let waited = 0; waited < PATIENCE && !ended; waited += 5) {
    if (open()) return undefined;
    await sleep(5);
  }
  if (!ended && child.pid !== undefined) endGroup(child.pid);
  return readFileSync(log, 'utf8') || 'no link was made';
}

/** Ends a program with all that it has started: what is left in the namespaces would keep them. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

/** What a program says of its version; '' when it does not. */
const versionOf = (file: string): string =>
  spawnSync(file, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: PATIENCE })
    .stdout ?? '';

function findProgram(name: string, path: string): string | undefined {
  // Administrators' directories, which often have these programs although a user's PATH lacks them.
  const directories = [...path.split(delimiter), '/usr/sbin', '/sbin'];
  return directories
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find((file) => isUsable(file, constants.X_OK));
}

function isUsable(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

const machineAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
