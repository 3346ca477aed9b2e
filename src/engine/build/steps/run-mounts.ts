import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mount, RunStep, Tree } from '../../../build/plan/types.ts';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { baseOf, bytesOfPath, parentOf, textOfPath } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';
import type { ResolvedMount } from '../../../runtime/spec/spec-input.ts';
import type { CacheLease, StepPlace } from '../cache/cache-types.ts';
import { list } from '../files/content-digest.ts';
import { Copier } from '../files/copier.ts';
import { usualMode } from '../files/mode-change.ts';
import { select } from '../files/select.ts';
import type { SourceTree } from '../files/source-tree.ts';
import { forwardAgent } from './forward-agent.ts';
import type { CacheLocks } from './locks.ts';

/** What a step's mounts need from the build. */
export interface MountSources {
  readonly cache: CacheLease;
  readonly locks: CacheLocks;
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Path of an agent's socket. */
  readonly agent: (id: string) => string | undefined;
  readonly open: (tree: Tree) => Promise<SourceTree>;
  /** The tree that the command runs on; the caller closes it. */
  readonly root: () => ConfinedDirectory;
  /** A directory that does not survive a reboot: secrets are written there. */
  readonly volatile: string;
  /** Aborted when the build's client has disconnected. */
  readonly signal: AbortSignal;
}

/** Mounts of a RUN, and the environment variables that they add. */
export interface PreparedMounts {
  readonly mounts: readonly ResolvedMount[];
  readonly environment: readonly string[];
  /** A lowest layer that contains the mount targets, so that the step's own layer need not. */
  readonly stubs: string;
  readonly release: () => Promise<void>;
}

/** @throws TcomposeError BUILD_STEP, BUILD_NOT_YET */
export async function prepareMounts(
  step: RunStep,
  place: StepPlace,
  sources: MountSources,
): Promise<PreparedMounts> {
  const mounts: ResolvedMount[] = [];
  const environment: string[] = [];
  const releases: (() => Promise<void>)[] = [];
  const shown = [...step.mounts.entries()].filter(([at, mount]) => !isCovered(step, at, mount));
  try {
    const caches = await takeCaches(
      shown.map(([, mount]) => mount),
      sources,
      releases,
    );
    for (const [at, mount] of shown) {
      const agents = step.mounts.slice(0, at).filter(({ type }) => type === 'ssh').length;
      const around = { sources, releases, agents, caches };
      const scratch = mount.type === 'secret' ? sources.volatile : place.scratch;
      const made = await prepareMount(mount, join(scratch, `m${at}`), around);
      if (made.environment !== undefined) environment.push(made.environment);
      if (made.mount === undefined) continue;
      mounts.push(made.mount);
    }
    if (step.script !== undefined) mounts.push(scriptMount(step.script, place));
  } catch (error) {
    for (const release of releases) await release();
    throw error;
  }
  const release = async (): Promise<void> => {
    for (const one of releases) await one();
  };
  return { mounts, environment, stubs: makeStubs(place, mounts, sources.root), release };
}

/** Whether a later mount at the same place covers this one. */
const isCovered = (step: RunStep, at: number, mount: Mount): boolean =>
  step.mounts.slice(at + 1).some(({ target }) => target !== undefined && target === mount.target);

type CacheMount = Extract<Mount, { type: 'cache' }>;

/** Takes the directories of a step's cache mounts, in the same order for all steps. */
async function takeCaches(
  mounts: readonly Mount[],
  { locks, signal }: MountSources,
  releases: (() => Promise<void>)[],
): Promise<ReadonlyMap<Mount, string>> {
  const wanted = mounts
    .filter((mount): mount is CacheMount => mount.type === 'cache')
    .map((mount) => ({ mount, key: cacheName(mount) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const names = new Map<Mount, string>();
  // A step that mounts one at two places takes it once.
  const own = new Map<string, string>();
  for (const { mount, key } of wanted) {
    let name = own.get(key);
    if (name === undefined) {
      const held = await locks.take(key, mount.sharing, signal);
      releases.push(held.release);
      name = held.name;
      own.set(key, name);
    }
    names.set(mount, name);
  }
  return names;
}

/** The name of a cache mount's directory: mounts that differ in any of these share nothing. */
const cacheName = ({ id, from, source, mode, uid, gid }: CacheMount): string =>
  createHash('sha256')
    .update(JSON.stringify({ id, from, source, mode, uid, gid }))
    .digest('hex')
    .slice(0, 24);

interface Made {
  readonly mount?: ResolvedMount;
  readonly environment?: string;
}

interface Preparing {
  readonly sources: MountSources;
  readonly releases: (() => Promise<void>)[];
  /** Number of agent mounts before this one. */
  readonly agents: number;
  /** Names of the cache mounts' directories. */
  readonly caches: ReadonlyMap<Mount, string>;
}

async function prepareMount(mount: Mount, scratch: string, around: Preparing): Promise<Made> {
  const { sources, caches } = around;
  switch (mount.type) {
    case 'bind':
      return {
        mount: bindMount(
          mount.target,
          await copied(mount.from, mount.source, scratch, sources),
          !mount.writable,
        ),
      };
    case 'cache':
      return { mount: await cacheMount(mount, caches.get(mount)!, scratch, sources) };
    case 'tmpfs': {
      // As in BuildKit, programs may be created and run there.
      const options = [
        'exec',
        'dev',
        `mode=${modeAt(mount.target, sources.root).toString(8)}`,
        ...(mount.size === undefined ? [] : [`size=${mount.size}`]),
      ];
      return {
        mount: { type: 'tmpfs', source: '', target: mount.target, readOnly: !mount.writable, options },
      };
    }
    case 'secret':
      return secretMount(mount, scratch, sources);
    case 'ssh':
      return sshMount(mount, scratch, around);
  }
}

/** The mode of a tmpfs: that of the directory in its place; where there is none, everybody may write into it. */
function modeAt(target: string, open: () => ConfinedDirectory): number {
  const root = open();
  try {
    const there = root.find(bytesOfPath(target.replace(/^\/+/, '')), true);
    there?.close();
    return there?.stat.isDirectory() === true ? there.stat.mode & 0o7777 : 0o1777;
  } finally {
    root.close();
  }
}

const bindMount = (target: string, source: string, readOnly: boolean): ResolvedMount => ({
  type: 'bind',
  source,
  target,
  readOnly,
  recursive: false,
});

/** A copy of what a mount shows: what the command writes into it is discarded, and what the ignore file hides is missing. */
async function copied(from: Tree, source: string, scratch: string, sources: MountSources): Promise<string> {
  mkdirSync(scratch, { mode: 0o755 });
  const tree = await sources.open(from);
  try {
    const [one] = source === '/' && from.kind === 'empty' ? [] : await select(tree, source, 'literal');
    if (one === undefined) return scratch;
    const target = ConfinedDirectory.at(scratch);
    try {
      const copier = new Copier(target, { owner: undefined, mode: undefined, madeMode: usualMode });
      const destination = { path: one.directory ? 'd' : '', marked: !one.directory };
      await copier.copy(tree, one, destination, await list(tree, one));
    } finally {
      target.close();
    }
    return join(scratch, one.directory ? 'd' : Buffer.from(one.name, 'latin1').toString());
  } finally {
    await tree.close();
  }
}

async function cacheMount(
  mount: CacheMount,
  name: string,
  scratch: string,
  sources: MountSources,
): Promise<ResolvedMount> {
  const { id, from, source, mode, uid, gid } = mount;
  const directory = sources.cache.mount(name);
  sources.cache.noteMount(name, `cache mount ${mount.target}${id === mount.target ? '' : ` (${id})`}`);
  await sources.locks.made(name, async () => {
    if (statSync(directory, { throwIfNoEntry: false }) !== undefined) return;
    const made = `${directory}.new`;
    rmSync(made, { recursive: true, force: true });
    if (from.kind === 'empty' && source === '/') mkdirSync(made, { mode });
    else renameSync(await copied(from, source, scratch, sources), made);
    chownSync(made, uid, gid);
    chmodSync(made, mode);
    renameSync(made, directory);
  });
  return bindMount(mount.target, directory, !mount.writable);
}

/** Without an agent of this name the command runs without one, unless the mount requires it. */
async function sshMount(
  mount: Extract<Mount, { type: 'secret' | 'ssh' }>,
  scratch: string,
  { sources, releases, agents }: Preparing,
): Promise<Made> {
  const target = mount.target ?? `/run/buildkit/ssh_agent.${agents}`;
  // If there are several, programs get the first.
  const environment = agents === 0 ? { environment: `SSH_AUTH_SOCK=${target}` } : {};
  const socket = sources.agent(mount.id);
  if (socket === undefined) {
    if (!mount.required) return environment;
    throw new TcomposeError('BUILD_STEP', `unset ssh forward key ${mount.id}`, {
      hint: `This build was given no agent with that id: --ssh ${mount.id}, or build.ssh of the service.`,
    });
  }
  releases.push(await forwardAgent(socket, scratch, mount));
  return { ...environment, mount: bindMount(target, scratch, false) };
}

function secretMount(
  mount: Extract<Mount, { type: 'secret' | 'ssh' }>,
  scratch: string,
  { secrets }: MountSources,
): Made {
  const value = secrets.get(mount.id);
  if (value === undefined && mount.required)
    throw new TcomposeError('BUILD_STEP', `secret ${mount.id}: not found`, {
      hint:
        secrets.size === 0
          ? 'No secret was given to this build.'
          : `Secrets given to this build: ${[...secrets.keys()].join(', ')}.`,
    });
  const environment = mount.env === undefined ? undefined : `${mount.env}=${value?.toString() ?? ''}`;
  const variable = environment === undefined ? {} : { environment };
  if (value === undefined || mount.target === undefined) return variable;
  writeFileSync(scratch, value, { mode: mount.mode });
  chownSync(scratch, mount.uid, mount.gid);
  const options = ['nosuid', 'nodev', 'noexec'];
  return { ...variable, mount: { ...bindMount(mount.target, scratch, true), options } };
}

function scriptMount(script: { name: string; content: string }, place: StepPlace): ResolvedMount {
  const file = join(place.scratch, 'script');
  writeFileSync(file, script.content, { mode: 0o755 });
  return bindMount(`/dev/pipes/${script.name}`, file, true);
}

/** A lowest layer with the targets of mounts: a directory, or an empty file for a file. */
function makeStubs(
  place: StepPlace,
  mounts: readonly ResolvedMount[],
  open: () => ConfinedDirectory,
): string {
  const stubs = join(place.scratch, 'stubs');
  mkdirSync(stubs, { mode: 0o755 });
  if (mounts.length === 0) return stubs;
  const root = open();
  try {
    for (const { source, target, type } of mounts) {
      const path = join(stubs, throughLinks(root, target));
      const directory = type === 'tmpfs' || statSync(source).isDirectory();
      mkdirSync(directory ? path : dirname(path), { recursive: true, mode: 0o755 });
      if (!directory) writeFileSync(path, '', { flag: 'a', mode: 0o644 });
    }
  } finally {
    root.close();
  }
  return stubs;
}

/** Where a target is after following the links on the way to it, as the kernel will. */
function throughLinks(root: ConfinedDirectory, target: string): string {
  const missing: string[] = [];
  for (let at = bytesOfPath(target.replace(/^\/+/, '')); at !== ''; at = parentOf(at)) {
    const entry = root.find(at, true);
    entry?.close();
    if (entry !== undefined) return textOfPath([entry.path, ...missing].join('/'));
    missing.unshift(baseOf(at));
  }
  return textOfPath(missing.join('/'));
}
