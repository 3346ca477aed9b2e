import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';

/** Where packages are kept between runs: outside of the project, a folder an architecture. */
export function cacheDirectory(architecture: Architecture, env: NodeJS.ProcessEnv = process.env): string {
  const all =
    env.TCOMPOSE_VM_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tcompose', 'vm');
  return join(all, architecture.debian);
}

/** Runs a program where the packages go; its standard output. */
export type Run = (command: string, ...args: string[]) => string;

/** apt for one architecture with lists of its own: what is installed on this machine plays no part. */
export interface Apt {
  readonly run: Run;
  readonly get: (...args: string[]) => string;
  readonly cache: (...args: string[]) => string;
}

/**
 * Makes `tree` out of the packages that `fetch` leaves in its working directory (`*.deb`), unless it is there already.
 * Why they are not to be had, as a sentence; undefined when all is well. Nothing is installed.
 */
export function unpackOnce(
  architecture: Architecture,
  tree: string,
  fetch: (apt: Apt) => void,
): string | undefined {
  if (existsSync(tree)) return undefined;
  const scratch = `${tree}.${process.pid}`;
  try {
    for (const path of ['lists/partial', 'archives/partial'])
      mkdirSync(join(scratch, path), { recursive: true });
    writeFileSync(join(scratch, 'status'), '');
    const run: Run = (command, ...args) =>
      execFileSync(command, args, { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const options = [
      `APT::Architecture=${architecture.debian}`,
      `APT::Architectures::=${architecture.debian}`,
      'APT::Sandbox::User=root',
      `Dir::State=${scratch}`,
      `Dir::State::lists=${scratch}/lists`,
      `Dir::State::status=${scratch}/status`,
      `Dir::Cache::archives=${scratch}/archives`,
      'Dir::Cache::pkgcache=',
      'Dir::Cache::srcpkgcache=',
    ].flatMap((option) => ['-o', option]);
    const get = (...args: string[]): string => run('apt-get', ...options, '-qq', ...args);
    get('update');
    fetch({ run, get, cache: (...args) => run('apt-cache', ...options, ...args) });
    mkdirSync(join(scratch, 'tree'), { recursive: true });
    for (const directory of [scratch, join(scratch, 'archives')]) {
      for (const file of readdirSync(directory).filter((name) => name.endsWith('.deb')))
        run('dpkg-deb', '-x', join(directory, file), 'tree');
    }
    renameSync(join(scratch, 'tree'), tree);
    return undefined;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return `packages for ${architecture.debian} are not to be had: ${reason}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
