import type {
  AffinityPlan,
  CallerPlan,
  HooksPlan,
  IdmapPlan,
  NamespaceSource,
  SchedulerPlan,
  TimeNamespacePlan,
} from './launch-options.ts';

/**
 * The launch plan: everything the C binary does to bring up one container or one exec, as data. TypeScript decides,
 * C obeys. A plan is encoded by plan-codec.ts (versioned binary, decoder in native/), can be printed as text, and is
 * the same for every caller (engine, oci CLI, bench).
 *
 * Who executes what:
 *   monitor  the shim process in the host's namespaces; parent of the container's init
 *   init     the child that becomes the container's pid 1 (or the exec'd process)
 */
export interface LaunchPlan {
  readonly kind: 'run' | 'exec';
  /** Container id (run) or exec id (exec); appears in the process title and in error messages. */
  readonly id: string;
  /**
   * Directory for this launch, mode 0700: `shim.sock` (the control socket, bound by the keeper before the fork so that
   * it exists when the spawn is answered), `pid` and `exit` (written by temp file + rename; see shim-protocol.ts).
   */
  readonly runDir: string;
  readonly stdio: StdioPlan;
  /**
   * CRI text log written by the monitor; absent: output only goes to attached clients (exec). `maxSize` in bytes
   * (0: no limit), `maxFiles` counts the current one (1: a full log is thrown away, 3: log, log.1, log.2).
   */
  readonly log?: LogPlan;
  /**
   * True: everything is set up, then the shim reports `created` and runs the command only after a `start` request, so
   * that a client can attach before the first byte of output (docker run, exec) and `oci create` has a meaning.
   */
  readonly waitForStart: boolean;
  /**
   * File whose line `oom_kill N` tells kills by the memory limit (v1 memory.oom_control, v2 memory.events), read by the
   * monitor before the start and after the exit.
   */
  readonly oomCounter?: string;
  /** By the monitor, in the host's namespaces, before anything else: cgroup directories and limits, reserved ports. */
  readonly host: readonly HostOp[];
  /**
   * What init gets. 'new' = clone flag; {path} = setns to that file first; 'host' = left as it is. An exec joins every
   * namespace in which `process.joinPid` differs from the monitor, whatever stands here ('host' by convention).
   */
  readonly namespaces: NamespacePlan;
  /** With user 'new': lines for uid_map and gid_map (`inside outside count`). */
  readonly userMaps?: UserMaps;
  /**
   * Inside the container's network namespace, by the monitor before init is cloned (it unshares, does these, and goes
   * back by setns; when that fails it exits): netlink messages, sysctls of net.*, sockets to hold.
   */
  readonly network: readonly NetworkOp[];
  /** By init in its new namespaces, in order: the root file system and everything in it. */
  readonly setup: readonly SetupOp[];
  readonly process: ProcessPlan;
  /** By the monitor after the container is gone, each tried whatever the others did: rmdir of cgroups. */
  readonly teardown: readonly HostOp[];
  /** Present: another OCI runtime carries the launch out, and of `setup` and `process` only what is documented there counts. */
  readonly foreign?: ForeignPlan;
  /** A time namespace for the container; absent: that of the machine. Not for an exec, which joins the container's. */
  readonly timeNamespace?: TimeNamespacePlan;
  /** Present for a launch by command line: the stdio of whoever spawned the shim is the command's own. */
  readonly caller?: CallerPlan;
  /** Programs to run at points of the launch. */
  readonly hooks?: HooksPlan;
}

/**
 * Calls of another OCI runtime's command line. Each list is a whole argv that begins with the program's absolute path; all of
 * them run in the directory `bundle`, with `env` and nothing but their stdio. The monitor is a subreaper, so the process named
 * by the file `runtime.pid` of the bundle, which `create` writes, becomes its child.
 *
 * run: `setup` mounts the root file system, in a mount namespace of the monitor's own; the network namespace made by `network`
 * is bound to the file `netns` of the bundle. `process` only says who owns the pipes of the stdio. With a terminal, `create` is
 * to be given the socket `terminal.sock` in the bundle.
 *
 * exec: `create` is the runtime's `exec`; the other calls are not used.
 */
export interface ForeignPlan {
  /** Mode 0700; has config.json (run) or process.json (exec). */
  readonly bundle: string;
  readonly env: readonly string[];
  readonly create: readonly string[];
  readonly start: readonly string[];
  /** The signal's number is put behind it. */
  readonly kill: readonly string[];
  /** After the container's end, and after a start that failed. */
  readonly delete: readonly string[];
  /** Mount points the runtime must not see: they are taken off in its mount namespace. */
  readonly hide: readonly string[];
  /** What config.json names by a path in the bundle, because whoever shares its root could change the way to it. */
  readonly sources: readonly ForeignSource[];
}

/** `path`, relative to the directory `root` and without links, is bound to the file or directory `name` of the bundle. */
export interface ForeignSource {
  readonly root: string;
  readonly path: string;
  readonly name: string;
}

export interface StdioPlan {
  readonly tty: boolean;
  /** Initial terminal size; 0 leaves the kernel's. */
  readonly rows: number;
  readonly columns: number;
  /** Keep stdin open for attached clients; otherwise stdin is /dev/null (with a tty: nobody types). */
  readonly stdin: boolean;
  /** Close stdin for good when an attached client closes its half or goes (docker's StdinOnce; always for exec). */
  readonly stdinOnce: boolean;
}

export interface LogPlan {
  readonly path: string;
  readonly maxSize: number;
  readonly maxFiles: number;
  /**
   * Milliseconds from the launch in which nothing is rotated because a follower may still come that is to see all; 0: none is
   * expected. Afterwards, and with a follower, rotation waits for those that follow to have opened the current file.
   */
  readonly awaitFollower: number;
}

export interface NamespacePlan {
  readonly mount: NamespaceSource;
  readonly pid: NamespaceSource;
  readonly net: NamespaceSource;
  readonly ipc: NamespaceSource;
  readonly uts: NamespaceSource;
  readonly cgroup: NamespaceSource;
  readonly user: NamespaceSource;
}

export interface UserMaps {
  readonly uid: string;
  readonly gid: string;
}

export type HostOp =
  | {
      readonly op: 'mkdir';
      readonly path: string;
      readonly mode: number /** EEXIST is no error. */;
      readonly existOk: boolean;
    }
  | {
      readonly op: 'write';
      readonly path: string;
      readonly data: string /** Failure is recorded as a warning, not fatal. */;
      readonly optional: boolean;
    }
  /** Adds init's pid to a cgroup.procs (or tasks) file, after clone and before it may run on. */
  | { readonly op: 'join-cgroup'; readonly path: string; readonly optional: boolean }
  /** bpf(BPF_PROG_LOAD, CGROUP_DEVICE) + BPF_PROG_ATTACH on a cgroup v2 directory. */
  | { readonly op: 'device-filter'; readonly cgroup: string; readonly program: Uint8Array }
  /** A socket of the host's network namespace held by the monitor for as long as the container runs. */
  | HoldSocketOp
  | { readonly op: 'rmdir'; readonly path: string }
  | { readonly op: 'unlink'; readonly path: string }
  /** Kills every process of the cgroup (cgroup.kill, else SIGKILL to each of cgroup.procs until empty; at most 2 s). */
  | { readonly op: 'kill-cgroup'; readonly path: string }
  /** From here on, and for good, the monitor is in the network namespace at `path`: it counts as the host's for `network`. */
  | { readonly op: 'enter-network'; readonly path: string };

export interface HoldSocketOp {
  readonly op: 'hold-socket';
  /** Name by which the engine asks for it (`dns-udp`, `port-tcp-8080-6`). */
  readonly name: string;
  readonly family: 4 | 6;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** TCP: listen(2) with this backlog, so that connects succeed while no engine runs. 0: bind only. */
  readonly backlog: number;
}

export type NetworkOp =
  /** Sends one netlink message (header included) or an nf_tables batch of several, and awaits its ACK. */
  | {
      readonly op: 'netlink';
      readonly protocol: number;
      /** Namespace whose socket sends it. */
      readonly from: 'container' | 'host';
      readonly message: Uint8Array;
      /** Offset of a u32 in the message to be overwritten with an fd of the container's netns (IFLA_NET_NS_FD). */
      readonly netnsFdAt?: number;
      /** What this message does, for errors: `veth tc1a2b3c4d5e6f`. */
      readonly what: string;
    }
  | { readonly op: 'write'; readonly path: string; readonly data: string; readonly optional: boolean }
  | HoldSocketOp
  /** Writes a setting of the host's own network namespace; what the kernel does not have is nothing to set. */
  | { readonly op: 'write-host'; readonly path: string; readonly data: string }
  | ForwardOp;

/**
 * What comes in by a held socket of the plan's goes to an address that is reached from the monitor's network namespace, by a
 * process of the monitor's own. A later one for the same socket takes its place; connections of the container's end then. One of IPv6
 * behind it does not: by that go clients of IPv6 whose address is to be seen, as long as something listens there.
 */
export interface ForwardOp {
  readonly op: 'forward';
  /** HoldSocketOp.name */
  readonly socket: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
  /** The container sees the address of a client of another machine; its answers must be led back to it (network/ports/way-back.ts). */
  readonly keepClient: boolean;
}

/**
 * Paths named `target` are inside the new root and are resolved with openat2(RESOLVE_IN_ROOT); one below /dev, /proc or
 * /sys may pass through no symbolic link at all. `source` paths are the host's. Before `pivot` the new root is at `root` of the last rootfs op.
 */
export type SetupOp =
  /**
   * overlayfs mount as the root; the last rootfs op is the container's, those before it hold images that binds of the plan show.
   * Read-only when `upper` is ''. The kernel takes at most one page of options.
   */
  | {
      readonly op: 'rootfs-overlay';
      readonly lower: readonly string[];
      readonly upper: string;
      readonly work: string;
      readonly mountPoint: string;
      readonly userxattr: boolean;
    }
  /** A plain directory as the root, bound onto itself. */
  | { readonly op: 'rootfs-bind'; readonly source: string; readonly mountPoint: string }
  | {
      readonly op: 'mount';
      readonly source: string;
      readonly target: string;
      readonly fstype: string;
      /** MS_* flags (see mount-flags.ts). */
      readonly flags: number;
      readonly data: string;
      /** Create the mount point if it is absent: a directory, an empty file, or nothing. */
      readonly create: 'dir' | 'file' | 'none';
    }
  /**
   * open_tree + move_mount of `source` (host path), then the attributes by mount_setattr; recursive when asked. `subpath` is
   * what of `source` is meant, '' all of it: containers may change what it passes through, so it is looked up once and never
   * leads out of `source` (RESOLVE_BENEATH; EXDEV when a link would).
   */
  | {
      readonly op: 'bind';
      readonly source: string;
      readonly subpath: string;
      readonly target: string;
      readonly recursive: boolean;
      readonly readOnly: 'no' | 'yes' | 'recursive';
      readonly nosuid: boolean;
      readonly nodev: boolean;
      readonly noexec: boolean;
      readonly propagation: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';
      readonly create: 'dir' | 'file' | 'none';
      /** Other owners inside, by mount_setattr(MOUNT_ATTR_IDMAP): lines as of uid_map. Made by the monitor. */
      readonly idmap?: IdmapPlan;
    }
  | {
      readonly op: 'mkdir';
      readonly target: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly op: 'symlink'; readonly text: string; readonly target: string }
  /** mknod; where that is not permitted (user namespace) a bind of the host's node of the same name. */
  | {
      readonly op: 'device';
      readonly target: string;
      readonly type: 'c' | 'b' | 'p';
      readonly major: number;
      readonly minor: number;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  /** Writes a file in the new root (hosts, hostname, resolv.conf live in the run dir and are bound instead). */
  | { readonly op: 'write-file'; readonly target: string; readonly data: string; readonly mode: number }
  /** /proc/sys/<key> through a verified procfs handle. Only keys of owned namespaces get here. */
  | { readonly op: 'sysctl'; readonly key: string; readonly value: string }
  | { readonly op: 'hostname'; readonly name: string }
  | { readonly op: 'domainname'; readonly name: string }
  /** pts/ptmx/console: with a tty, binds the slave over /dev/console. */
  | { readonly op: 'console' }
  | { readonly op: 'pivot' }
  /** After pivot: remount the root read-only, hide a path (/dev/null or an empty ro tmpfs over it), make a path read-only. */
  | { readonly op: 'readonly-root' }
  | { readonly op: 'mask'; readonly target: string }
  | { readonly op: 'readonly-path'; readonly target: string }
  /** Where the hooks of prestart, createRuntime and createContainer run. */
  | { readonly op: 'hooks' }
  /** mount_setattr(2) of the mount at `target`: MOUNT_ATTR_* to set and to clear, MS_* of its propagation (0: as it is). */
  | {
      readonly op: 'attributes';
      readonly target: string;
      readonly recursive: boolean;
      readonly set: number;
      readonly clear: number;
      readonly propagation: number;
    }
  /** A tmpfs that begins with what lay in its mount point. */
  | {
      readonly op: 'tmpfs-copy';
      readonly target: string;
      readonly flags: number;
      readonly data: string;
    }
  /** In place of pivot: the root is moved over the namespace's (a joined mount namespace, or a root that can't be pivoted). */
  | { readonly op: 'move-root' };

export interface CapabilitySets {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

export interface ResourceLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

export interface ProcessPlan {
  /** argv[0] is looked up in PATH of `env` inside the container when it has no slash. */
  readonly argv: readonly string[];
  /** `K=V`. */
  readonly env: readonly string[];
  /** Absolute; a run creates it when absent (docker's WorkingDir), an exec fails with ENOENT. */
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** The groups stay those of the shim, and `groups` is not looked at. */
  readonly keepGroups: boolean;
  readonly umask?: number;
  /** Bit masks, bit n = capability n. One that the machine does not have is left out with a warning. */
  readonly capabilities: CapabilitySets;
  readonly noNewPrivileges: boolean;
  /** struct sock_filter[] as bytes; absent: unconfined. */
  readonly seccomp?: Uint8Array;
  /** SECCOMP_FILTER_FLAG_* of seccomp(2). */
  readonly seccompFlags?: number;
  /** RLIMIT_* number → soft, hard; -1n = infinity. Raising beyond the machine's is a warning. */
  readonly rlimits: readonly ResourceLimit[];
  readonly oomScoreAdj?: number;
  /** Run the image's command under our own minimal init (docker's --init). */
  readonly init: boolean;
  /** personality(2). */
  readonly personality?: number;
  /** ioprio_set(2): class << 13 | priority. */
  readonly ioPriority?: number;
  readonly scheduler?: SchedulerPlan;
  readonly affinity?: AffinityPlan;
  /** exec only: pid of the container's init, whose namespaces and cgroups are joined (through a pidfd). */
  readonly joinPid?: number;
  /** Start time of joinPid (field 22 of /proc/<pid>/stat, clock ticks): a reused pid is refused. */
  readonly joinStartTime?: bigint;
}
