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
 * The launch plan: everything the C binary does to bring up one container or one exec, as data. TypeScript decides, C
 * obeys. A plan is encoded by plan-codec.ts (versioned binary, decoder in native/), can be printed as text, and is the
 * same for every caller (engine, oci CLI, bench).
 *
 * The two processes:
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
   * CRI text log written by the monitor; absent: output goes only to attached clients (exec). `maxSize` in bytes (0: no
   * limit), `maxFiles` includes the current one (1: a full log is discarded, 3: log, log.1, log.2).
   */
  readonly log?: LogPlan;
  /**
   * True: when everything is set up the shim reports `created`, and runs the command only after a `start` request, so
   * that a client can attach before the first byte of output (docker run, exec) and `oci create` makes sense.
   */
  readonly waitForStart: boolean;
  /**
   * File whose line `oom_kill N` counts kills because of the memory limit (v1 memory.oom_control, v2 memory.events),
   * read by the monitor before the start and after the exit.
   */
  readonly oomCounter?: string;
  /** Done by the monitor, in the host's namespaces, before anything else: cgroup directories and limits, reserved ports. */
  readonly host: readonly HostOp[];
  /**
   * Init's namespaces. 'new' = clone flag; {path} = setns to that file first; 'host' = unchanged. An exec joins every
   * namespace in which `process.joinPid` differs from the monitor, whatever this says ('host' by convention).
   */
  readonly namespaces: NamespacePlan;
  /** With user 'new': lines for uid_map and gid_map (`inside outside count`). */
  readonly userMaps?: UserMaps;
  /**
   * Done inside the container's network namespace, by the monitor before init is cloned (it unshares, carries these
   * out, and returns by setns; if that fails it exits): netlink messages, sysctls of net.*, sockets to hold.
   */
  readonly network: readonly NetworkOp[];
  /** Done by init in its new namespaces, in order: the root file system and everything in it. */
  readonly setup: readonly SetupOp[];
  readonly process: ProcessPlan;
  /** Done by the monitor after the container has ended, each even if others fail: rmdir of cgroups. */
  readonly teardown: readonly HostOp[];
  /**
   * If present, another OCI runtime carries out the launch, and only the documented parts of `setup` and `process` are
   * used.
   */
  readonly foreign?: ForeignPlan;
  /** A time namespace for the container; if absent, it uses the machine's. Not for an exec, which joins the container's. */
  readonly timeNamespace?: TimeNamespacePlan;
  /** Present for a launch by a command line: the process that spawned the shim passes its stdio to the command. */
  readonly caller?: CallerPlan;
  /** Programs to run at points of the launch. */
  readonly hooks?: HooksPlan;
}

/**
 * Calls of another OCI runtime's command line. Each list is a complete argv that begins with the program's absolute
 * path; all of them run in the directory `bundle`, with `env` and no descriptors except stdio. The monitor is a
 * subreaper, so that the process in the bundle's file `runtime.pid`, which `create` writes, becomes its child.
 *
 * run: `setup` mounts the root file system, in a mount namespace of the monitor's own; the network namespace made by
 * `network` is bound to the file `netns` of the bundle. `process` only says who owns the pipes of stdio. With a
 * terminal, `create` gets the socket `terminal.sock` in the bundle.
 *
 * exec: `create` is the runtime's `exec`; the other calls are not used.
 */
export interface ForeignPlan {
  /** Mode 0700; contains config.json (run) or process.json (exec). */
  readonly bundle: string;
  readonly env: readonly string[];
  readonly create: readonly string[];
  readonly start: readonly string[];
  /** The signal's number is appended. */
  readonly kill: readonly string[];
  /** Called after the container's end, and after a failed start. */
  readonly delete: readonly string[];
  /** Mount points that the runtime must not see: they are unmounted in its mount namespace. */
  readonly hide: readonly string[];
  /** What config.json refers to by a path in the bundle, because a container with the same root could change the real path. */
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
  /** Initial terminal size; 0 keeps the kernel's default. */
  readonly rows: number;
  readonly columns: number;
  /** Keep stdin open for attached clients; otherwise stdin is /dev/null (with a tty: no input). */
  readonly stdin: boolean;
  /** Close stdin permanently when an attached client closes its half or disconnects (docker's StdinOnce; always for exec). */
  readonly stdinOnce: boolean;
}

export interface LogPlan {
  readonly path: string;
  readonly maxSize: number;
  readonly maxFiles: number;
  /**
   * Milliseconds from the launch during which nothing is rotated because a follower may still arrive that has to see
   * everything; 0: none is expected. Afterwards, or with a follower, rotation waits until all followers have opened the
   * current file.
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
  /** Adds init's pid to a cgroup.procs (or tasks) file, after the clone and before it may continue. */
  | { readonly op: 'join-cgroup'; readonly path: string; readonly optional: boolean }
  /** bpf(BPF_PROG_LOAD, CGROUP_DEVICE) + BPF_PROG_ATTACH on a cgroup v2 directory. */
  | { readonly op: 'device-filter'; readonly cgroup: string; readonly program: Uint8Array }
  /** A socket in the host's network namespace that the monitor holds as long as the container runs. */
  | HoldSocketOp
  | { readonly op: 'rmdir'; readonly path: string }
  | { readonly op: 'unlink'; readonly path: string }
  /** Kills every process of the cgroup (cgroup.kill, else SIGKILL to each of cgroup.procs until empty; at most 2 s). */
  | { readonly op: 'kill-cgroup'; readonly path: string }
  /** From here on, permanently, the monitor is in the network namespace at `path`, which counts as the host's for `network`. */
  | { readonly op: 'enter-network'; readonly path: string };

export interface HoldSocketOp {
  readonly op: 'hold-socket';
  /** Name by which the engine requests it (`dns-udp`, `port-tcp-8080-6`). */
  readonly name: string;
  readonly family: 4 | 6;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** TCP: listen(2) with this backlog, so that connections succeed even while no engine runs. 0: only bind. */
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
      /**
       * Offset of a u32 in the message to overwrite with a descriptor of the container's network namespace
       * (IFLA_NET_NS_FD).
       */
      readonly netnsFdAt?: number;
      /** What this message does, for errors: `veth tc1a2b3c4d5e6f`. */
      readonly what: string;
    }
  | { readonly op: 'write'; readonly path: string; readonly data: string; readonly optional: boolean }
  | HoldSocketOp
  /** Writes a setting of the host's own network namespace; a missing setting is skipped. */
  | { readonly op: 'write-host'; readonly path: string; readonly data: string }
  | ForwardOp;

/**
 * What arrives on a held socket of the plan is forwarded to an address that is reachable from the monitor's network
 * namespace, by a separate process of the monitor. A later forward for the same socket replaces it; connections to its
 * container then end. An IPv6 forward that follows does not replace it: it serves IPv6 clients whose address has to be
 * visible, as long as something listens there.
 */
export interface ForwardOp {
  readonly op: 'forward';
  /** HoldSocketOp.name */
  readonly socket: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
  /**
   * The container sees the address of a client on another machine; its answers must be routed back
   * (network/ports/way-back.ts).
   */
  readonly keepClient: boolean;
}

/**
 * Paths named `target` are inside the new root and are resolved with openat2(RESOLVE_IN_ROOT); a path below /dev, /proc
 * or /sys may not pass through any symbolic link. `source` paths are on the host. Before `pivot` the new root is at
 * `root` of the last rootfs op.
 */
export type SetupOp =
  /**
   * An overlayfs mount as the root; the last rootfs op is the container's, earlier ones mount images that binds of the
   * plan use. Read-only when `upper` is ''. The kernel accepts at most one page of options.
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
      /** Create a missing mount point: as a directory, as an empty file, or not at all. */
      readonly create: 'dir' | 'file' | 'none';
    }
  /**
   * open_tree + move_mount of `source` (host path), then the attributes by mount_setattr; recursive if requested.
   * `subpath` is the part of `source` to mount, '' for all of it: containers may change directories on that path, so it
   * is looked up once and never leads out of `source` (RESOLVE_BENEATH; EXDEV for a link that would).
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
      /** Other owners inside, by mount_setattr(MOUNT_ATTR_IDMAP): lines in the form of uid_map. Done by the monitor. */
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
  /** mknod; where that is not permitted (user namespace) a bind of the host's node with the same name. */
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
  /** Writes a file in the new root (hosts, hostname, resolv.conf are in the run directory and bound instead). */
  | { readonly op: 'write-file'; readonly target: string; readonly data: string; readonly mode: number }
  /** /proc/sys/<key> through a verified procfs descriptor. Only keys of the container's own namespaces. */
  | { readonly op: 'sysctl'; readonly key: string; readonly value: string }
  | { readonly op: 'hostname'; readonly name: string }
  | { readonly op: 'domainname'; readonly name: string }
  /** pts/ptmx/console: with a tty, binds the terminal over /dev/console. */
  | { readonly op: 'console' }
  | { readonly op: 'pivot' }
  /**
   * After pivot: remount the root read-only, hide a path (by /dev/null or an empty read-only tmpfs over it), make a
   * path read-only.
   */
  | { readonly op: 'readonly-root' }
  | { readonly op: 'mask'; readonly target: string }
  | { readonly op: 'readonly-path'; readonly target: string }
  /** When the hooks prestart, createRuntime and createContainer run. */
  | { readonly op: 'hooks' }
  /** mount_setattr(2) on the mount at `target`: MOUNT_ATTR_* to set and to clear, MS_* of its propagation (0: unchanged). */
  | {
      readonly op: 'attributes';
      readonly target: string;
      readonly recursive: boolean;
      readonly set: number;
      readonly clear: number;
      readonly propagation: number;
    }
  /** A tmpfs with a copy of its mount point's content. */
  | {
      readonly op: 'tmpfs-copy';
      readonly target: string;
      readonly flags: number;
      readonly data: string;
    }
  /** Instead of pivot: the root is moved over the namespace's (a joined mount namespace, or a root that can't be pivoted). */
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
  /** If argv[0] has no slash, it is looked up in PATH of `env` inside the container. */
  readonly argv: readonly string[];
  /** `K=V`. */
  readonly env: readonly string[];
  /** Absolute; a run creates a missing one (docker's WorkingDir), an exec fails with ENOENT. */
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** The groups stay the shim's, and `groups` is ignored. */
  readonly keepGroups: boolean;
  readonly umask?: number;
  /** Bit masks, bit n = capability n. Capabilities that the machine lacks are skipped with a warning. */
  readonly capabilities: CapabilitySets;
  readonly noNewPrivileges: boolean;
  /** struct sock_filter[] as bytes; absent: unconfined. */
  readonly seccomp?: Uint8Array;
  /** SECCOMP_FILTER_FLAG_* of seccomp(2). */
  readonly seccompFlags?: number;
  /** RLIMIT_* number → soft, hard; -1n = infinity. Exceeding the machine's limit gives a warning. */
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
  /** Start time of joinPid (field 22 of /proc/<pid>/stat, clock ticks), so that a reused pid is refused. */
  readonly joinStartTime?: bigint;
}
