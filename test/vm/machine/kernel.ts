import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A kernel with its modules, unpacked. */
export interface Kernel {
  readonly image: string;
  /** `lib/modules/<release>` of the unpacked package. */
  readonly modules: string;
  readonly release: string;
}

const metaPackage = 'linux-image-cloud-amd64';

/** Where packages are kept between runs: outside of the project. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TCOMPOSE_VM_CACHE) return env.TCOMPOSE_VM_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tcompose', 'vm');
}

/**
 * Debian's kernel for virtual machines, from the cache or by apt (`apt-get download`, nothing is installed), or why it
 * is not to be had, as a sentence.
 */
export function findKernel(cache: string): Kernel | string {
  const tree = join(cache, 'kernel');
  if (!existsSync(tree)) {
    const problem = fetchKernel(cache, tree);
    if (problem !== undefined) return problem;
  }
  const [release] = names(join(tree, 'lib/modules'));
  const image = names(join(tree, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (release === undefined || image === undefined) return `${tree} holds no kernel: remove it and try again`;
  return { image: join(tree, 'boot', image), modules: join(tree, 'lib/modules', release), release };
}

function fetchKernel(cache: string, tree: string): string | undefined {
  const scratch = join(cache, `fetch-${process.pid}`);
  mkdirSync(scratch, { recursive: true });
  try {
    const run = (command: string, ...args: string[]): string =>
      execFileSync(command, args, { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const name = /Depends: (linux-image-\S+)/.exec(run('apt-cache', 'depends', metaPackage))?.[1];
    if (name === undefined) return `apt knows no package ${metaPackage}`;
    run('apt-get', 'download', name);
    const [archive] = names(scratch).filter((file) => file.endsWith('.deb'));
    if (archive === undefined) return `apt-get download ${name} left no package`;
    run('dpkg-deb', '-x', archive, 'tree');
    renameSync(join(scratch, 'tree'), tree);
    return undefined;
  } catch (error) {
    return `the kernel package ${metaPackage} is not to be had: ${(error as Error).message.split('\n')[0]}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
