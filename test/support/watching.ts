import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { WatchEvent } from '../../src/events.ts';
import { until } from './engine.ts';
import { readIfThere } from './leaks.ts';
import type { Running, Workbench } from './project-dir.ts';

type Applied = Extract<WatchEvent, { phase: 'applied' }>;

/** A `watch` that runs, read by its JSON events. */
export class Watching {
  readonly run: Running;
  readonly #bench: Workbench;
  readonly #pids = new Map<string, number>();

  private constructor(bench: Workbench, run: Running) {
    this.#bench = bench;
    this.run = run;
  }

  /** Starts it and waits until it acts on changes. */
  static async begin(bench: Workbench, file: string, ...args: string[]): Promise<Watching> {
    const watching = new Watching(bench, bench.begin('--progress', 'json', '-f', file, ...args));
    await watching.run.until('"phase":"ready"');
    return watching;
  }

  events(): readonly WatchEvent[] {
    return this.run
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{"type":"watch"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as WatchEvent);
  }

  applied(): readonly Applied[] {
    return this.events().filter((event): event is Applied => event.phase === 'applied');
  }

  /** The next batch that was carried out after `count` of them. */
  async next(count: number): Promise<Applied> {
    await until(() => this.applied().length > count, `batch ${count + 1} in ${this.run.output()}`);
    return this.applied()[count]!;
  }

  /** Waits until nothing more is being carried out: no event came for a while in which nobody waited for a processor to tell one. */
  async rests(): Promise<void> {
    let [count, since] = [-1, Date.now()];
    await until(() => {
      const now = this.events().length;
      if (now !== count || this.#processes().some(wantsToRun)) [count, since] = [now, Date.now()];
      return Date.now() - since > 500;
    }, 'rest');
  }

  /** The command, the process that looks at the files, the engine and the shims. */
  #processes(): readonly string[] {
    const keeper = readIfThere(join(this.#bench.env.TCOMPOSE_ROOT ?? '', 'run/keeper.pid')).trim();
    const own = String(this.run.child.pid);
    return [own, ...childrenOf(own), ...childrenOf(keeper)];
  }

  /** A path as the container's processes see it. */
  inside(container: string, path: string): string {
    let pid = this.#pids.get(container);
    if (pid === undefined || !existsSync(`/proc/${pid}/root/`)) {
      const inspected = this.#bench.run('container', 'inspect', container);
      const [{ State }] = JSON.parse(inspected.stdout) as [{ State: { Pid: number } }];
      pid = State.Pid;
      this.#pids.set(container, pid);
    }
    return join('/proc', String(pid), 'root', path);
  }

  async end(): Promise<number | null> {
    this.run.child.kill('SIGINT');
    return this.run.exit;
  }
}

const childrenOf = (pid: string): readonly string[] =>
  readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);

const wantsToRun = (pid: string): boolean => /\) [RD] /.test(readIfThere(`/proc/${pid}/stat`));

/** Waits until a file has this content. */
export async function holds(path: string, content: string): Promise<void> {
  await until(() => contentOf(path) === content, `${content} in ${path}`);
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Everything in a directory: path → content, link or mark; for comparing two trees. */
export function treeOf(top: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (relative: string) => {
    for (const name of readdirSync(join(top, relative)).sort()) {
      const path = join(relative, name);
      const stat = lstatSync(join(top, path));
      const mode = (stat.mode & 0o777).toString(8);
      if (stat.isDirectory()) {
        found[path] = `directory ${mode}`;
        visit(path);
      } else if (stat.isSymbolicLink()) found[path] = `link ${readlinkSync(join(top, path))}`;
      else found[path] = `${mode} ${readFileSync(join(top, path), 'utf8')}`;
    }
  };
  if (existsSync(top)) visit('');
  return found;
}

/** Waits until two directories hold the same. */
export async function sameTrees(one: string, other: string, what: string): Promise<void> {
  await until(() => {
    try {
      return JSON.stringify(treeOf(one)) === JSON.stringify(treeOf(other));
    } catch {
      // It changes while it is read.
      return false;
    }
  }, what);
}
