/** The cgroup v1 controllers that tcompose uses. */
const v1Controllers = ['devices', 'memory', 'cpuacct', 'pids', 'freezer', 'blkio', 'cpu', 'cpuset'] as const;
export type Controller = (typeof v1Controllers)[number];

/** Where a v1 hierarchy is: `base` is the path below which our groups are, '' for the hierarchy's root. */
interface ControllerMount {
  readonly mountPoint: string;
  readonly base: string;
}

/** How control groups are mounted on this machine. */
export type CgroupLayout =
  /** A single tree at `mountPoint`; `controllers` are those available to our groups. */
  | {
      readonly kind: 'v2';
      readonly mountPoint: string;
      /** Where our part of the tree begins, relative to the mount: '' or, delegated, `/a/b`. */
      readonly base: string;
      readonly controllers: readonly string[];
      /** The base was made for this engine: any process in it may be moved out of the way. */
      readonly made?: true;
    }
  /** Controllers that are mounted separately (if there is also a v2 tree, it has no controller that we need). */
  | {
      readonly kind: 'v1';
      /** Two controllers that are mounted together share a mount point. */
      readonly mounts: Readonly<Partial<Record<Controller, ControllerMount>>>;
      /** What a new cpuset group needs before a process may join it. */
      readonly cpuset?: { readonly cpus: string; readonly mems: string };
      /** Where the v2 tree is mounted in addition. */
      readonly unified?: string;
      /** Mount points of hierarchies in which we make no groups (name=systemd, net_cls, …), but other runtimes do. */
      readonly others?: readonly string[];
    }
  | { readonly kind: 'none'; readonly reason: string };

/** A v2 group that was configured as the parent of the engine's groups. */
export interface GivenGroup {
  /** In the form of /proc/self/cgroup, or preceded by the mount point. */
  readonly path: string;
  readonly made: boolean;
}

interface CgroupProbe {
  /** Takes precedence over what would be detected. */
  readonly given?: GivenGroup;
  /** Whether directories can be made in this one; if absent, they can everywhere. */
  readonly writable?: (directory: string) => boolean;
  /** Text of a small file, '' when unreadable: cgroup.controllers, cpuset.cpus. */
  readonly read?: (path: string) => string;
}

/**
 * Detects the layout from the texts of /proc/self/mountinfo (proc_pid_mountinfo(5)) and /proc/self/cgroup (cgroups(7)).
 * If any of the controllers is mounted as v1, the layout is v1: a controller can only be in one hierarchy.
 */
export function detectCgroups(mountinfo: string, selfCgroup: string, probe: CgroupProbe = {}): CgroupLayout {
  const writable = probe.writable ?? (() => true);
  const read = probe.read ?? (() => '');
  const mounts: Partial<Record<Controller, ControllerMount>> = {};
  let unified: { mountPoint: string; root: string } | undefined;
  let unwritable = false;
  const others: string[] = [];
  for (const mount of parseMounts(mountinfo)) {
    if (mount.type === 'cgroup2') unified ??= mount;
    if (mount.type !== 'cgroup') continue;
    const controllers = v1Controllers.filter((name) => mount.options.includes(name));
    if (controllers.length === 0) others.push(mount.mountPoint);
    if (controllers.length === 0) continue;
    if (!writable(mount.mountPoint)) unwritable = true;
    else for (const name of controllers) mounts[name] ??= { mountPoint: mount.mountPoint, base: '' };
  }
  if (Object.keys(mounts).length > 0) {
    const set = mounts.cpuset?.mountPoint;
    const beside = {
      ...(unified === undefined ? {} : { unified: unified.mountPoint }),
      ...(others.length === 0 ? {} : { others }),
    };
    if (set === undefined) return { kind: 'v1', mounts, ...beside };
    const cpus = first(read(`${set}/cpuset.effective_cpus`), read(`${set}/cpuset.cpus`));
    const mems = first(read(`${set}/cpuset.effective_mems`), read(`${set}/cpuset.mems`));
    return { kind: 'v1', mounts, cpuset: { cpus, mems }, ...beside };
  }
  const { given } = probe;
  if (unwritable) return { kind: 'none', reason: given === undefined ? notWritable : onlyV1 };
  if (unified === undefined) return { kind: 'none', reason: 'no control groups are mounted' };
  const { mountPoint, root } = unified;
  const bases =
    given === undefined ? ['', delegated(selfCgroup, root)] : [below(given.path, mountPoint, root)];
  for (const base of bases) {
    if (base === undefined || !writable(`${mountPoint}${base}`)) continue;
    const controllers = read(`${mountPoint}${base}/cgroup.controllers`).split(/\s+/).filter(Boolean);
    return { kind: 'v2', mountPoint, base, controllers, ...(given?.made ? { made: true } : {}) };
  }
  const reason =
    given === undefined ? notWritable : `the control group ${given.path} is not this user's to write to`;
  return { kind: 'none', reason };
}

const notWritable = 'the control groups are not writable for this user';
const onlyV1 = 'a control group is named for it, but those of this machine are v1, which cannot be delegated';

/** Converts a path in the tree to one below its mount: '' for the mount itself. */
function below(path: string, mountPoint: string, root: string): string {
  const inTree = isIn(path, mountPoint) ? path.slice(mountPoint.length) : path;
  const inside = root !== '/' && isIn(inTree, root) ? inTree.slice(root.length) : inTree;
  return inside.replace(/\/+$/, '');
}

const isIn = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`);

/**
 * The last two parts of a group's path, below the base, into which keeper and engine have moved:
 * engine/containers/spec/own-group.ts.
 */
const ownGroup = /\/tcompose-[0-9a-f]{8}\/keeper$/;

/**
 * The v2 group in which processes were started, from the text of /proc/self/cgroup: without the group that an engine
 * has entered since.
 */
export function startedIn(selfCgroup: string): string {
  const line = selfCgroup.split('\n').find((text) => text.startsWith('0::'));
  return (line?.slice(3) ?? '/').replace(ownGroup, '') || '/';
}

function first(...texts: readonly string[]): string {
  return texts.map((text) => text.trim()).find((text) => text !== '') ?? '';
}

/**
 * The parent of the group in which this process was started, relative to the mount's root: if it was delegated, we may
 * make sibling groups there. An engine that is restarted is in the first engine's group, and gets the same result.
 */
function delegated(selfCgroup: string, root: string): string | undefined {
  const line = selfCgroup.split('\n').find((text) => text.startsWith('0::'));
  const path = line?.slice(3) ?? '/';
  const inside = root !== '/' && isIn(path, root) ? path.slice(root.length) : path;
  const entered = ownGroup.test(inside);
  const base = entered ? inside.replace(ownGroup, '') : inside.slice(0, Math.max(0, inside.lastIndexOf('/')));
  return base === '' ? undefined : base;
}

interface CgroupMount {
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  /** Super block options. */
  readonly options: readonly string[];
}

function parseMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const dash = fields.indexOf('-');
    const [, , , root, mountPoint] = fields;
    const type = fields[dash + 1];
    if (dash < 0 || root === undefined || mountPoint === undefined || !type?.startsWith('cgroup')) return [];
    return [
      {
        root: unescapeOctal(root),
        mountPoint: unescapeOctal(mountPoint),
        type,
        options: (fields[dash + 3] ?? '').split(','),
      },
    ];
  });
}

/** In mountinfo, space, tab, newline and backslash are written as octal. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
