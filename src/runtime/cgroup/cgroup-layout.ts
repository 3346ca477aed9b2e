/** cgroup v1 controllers tcompose knows. */
const v1Controllers = ['devices', 'memory', 'cpuacct', 'pids', 'freezer', 'blkio', 'cpu', 'cpuset'] as const;
export type Controller = (typeof v1Controllers)[number];

/** Where a v1 hierarchy is: `base` is the path our groups begin under, '' for the hierarchy's root. */
interface ControllerMount {
  readonly mountPoint: string;
  readonly base: string;
}

/** How control groups are mounted on this machine. */
export type CgroupLayout =
  /** One tree at `mountPoint`; `controllers` are those that our groups can have. */
  | {
      readonly kind: 'v2';
      readonly mountPoint: string;
      /** Where our tree begins, relative to the mount: '' or, delegated, `/a/b`. */
      readonly base: string;
      readonly controllers: readonly string[];
      /** The base was made for this engine: whatever process is in it may be moved out of the way. */
      readonly made?: true;
    }
  /** Controllers mounted by themselves (the v2 tree beside them, if any, has none that we need). */
  | {
      readonly kind: 'v1';
      /** Two controllers that are mounted together share the mount point. */
      readonly mounts: Readonly<Partial<Record<Controller, ControllerMount>>>;
      /** What a new cpuset group has to be given before a process may join it. */
      readonly cpuset?: { readonly cpus: string; readonly mems: string };
      /** Where the v2 tree is mounted beside them. */
      readonly unified?: string;
      /** Mount points of hierarchies that we make no groups in (name=systemd, net_cls, …), but other runtimes do. */
      readonly others?: readonly string[];
    }
  | { readonly kind: 'none'; readonly reason: string };

/** A v2 group that somebody has named for the engine's groups to be in. */
export interface GivenGroup {
  /** As /proc/self/cgroup has it, or with the mount point before it. */
  readonly path: string;
  readonly made: boolean;
}

interface CgroupProbe {
  /** Goes before what would be found. */
  readonly given?: GivenGroup;
  /** Whether directories can be made in this one; absent: everywhere. */
  readonly writable?: (directory: string) => boolean;
  /** Text of a small file, '' when unreadable: cgroup.controllers, cpuset.cpus. */
  readonly read?: (path: string) => string;
}

/**
 * Reads the layout out of the texts of /proc/self/mountinfo (proc_pid_mountinfo(5)) and /proc/self/cgroup
 * (cgroups(7)). Any of the controllers mounted as v1 makes it v1: a controller can be in one hierarchy only.
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

/** A path of the tree as one below its mount: '' for the mount itself. */
function below(path: string, mountPoint: string, root: string): string {
  const inTree = isIn(path, mountPoint) ? path.slice(mountPoint.length) : path;
  const inside = root !== '/' && isIn(inTree, root) ? inTree.slice(root.length) : inTree;
  return inside.replace(/\/+$/, '');
}

const isIn = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`);

/** The last two names of a group that keeper and engine have moved to, below the base: engine/containers/spec/own-group.ts. */
const ownGroup = /\/tcompose-[0-9a-f]{8}\/keeper$/;

/** The v2 group that processes were started in, by the text of /proc/self/cgroup: what an engine entered since then is left out. */
export function startedIn(selfCgroup: string): string {
  const line = selfCgroup.split('\n').find((text) => text.startsWith('0::'));
  return (line?.slice(3) ?? '/').replace(ownGroup, '') || '/';
}

function first(...texts: readonly string[]): string {
  return texts.map((text) => text.trim()).find((text) => text !== '') ?? '';
}

/**
 * The group above the one this process was started in, below the mount's root: its sibling groups are ours where it was delegated.
 * An engine that is started again finds itself where the first one went, and means the same group.
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

/** Space, tab, newline and backslash stand as octal in mountinfo. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
