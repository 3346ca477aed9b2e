import type { CgroupLayout } from '../runtime/cgroup/cgroup-layout.ts';
import type { Ground } from './ground.ts';

/** What `tcompose-shim probe` printed: errno by the name of what was tested, 0 for success. What was not tested is absent. */
export type Probe = Readonly<Partial<Record<ProbeStep, number>>>;

export const probeSteps = [
  ...['inotify', 'keyring', 'fuse', 'tun', 'user', 'map', 'ipc', 'uts', 'cgroup', 'net'],
  ...['bridge', 'veth', 'nft', 'nat', 'mnt', 'overlay', 'pid', 'proc'],
] as readonly ProbeStep[];

export type ProbeStep =
  | 'inotify'
  | 'keyring'
  | 'fuse'
  | 'tun'
  | 'user'
  | 'map'
  | 'ipc'
  | 'uts'
  | 'cgroup'
  | 'net'
  | 'bridge'
  | 'veth'
  | 'nft'
  | 'nat'
  | 'mnt'
  | 'overlay'
  | 'pid'
  | 'proc';

export interface KernelFacts {
  /** `uname -r` */
  readonly release: string;
  /** Node's name: x64, arm64. */
  readonly arch: string;
  readonly node: string;
}

export interface NamespaceFacts {
  /** In a user namespace for ordinary users; undefined: the probe could not be run. */
  readonly probe: Probe | undefined;
  /** Texts below /proc/sys; '' if there is no such setting. */
  readonly maxUser: string;
  readonly debianClone: string;
  readonly appArmor: string;
  /** The binary that makes the namespaces. */
  readonly binary: string;
}

/** newuidmap or newgidmap. */
export interface IdProgram {
  readonly path: string;
  readonly setuid: boolean;
  /** In the form of getcap(8); undefined if that is not installed. */
  readonly capabilities: string | undefined;
}

export interface SubIdFacts {
  /** Lines `name:first:count` of this user, from getsubids(1) if available, else from the files; and all lines of the files. */
  readonly subuid: SubIdTexts;
  readonly subgid: SubIdTexts;
  readonly newuidmap: IdProgram | undefined;
  readonly newgidmap: IdProgram | undefined;
  /** /etc/passwd */
  readonly passwd: string;
  /** Whether this process can't gain privileges through a program (prctl(2), PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivileges: boolean;
  /** /proc/self/uid_map */
  readonly uidMap: string;
}

interface SubIdTexts {
  readonly own: string;
  readonly all: string;
}

export interface CgroupFacts {
  readonly layout: CgroupLayout;
  /** The v2 group that is delegated to the user; undefined if none is. */
  readonly delegated: { readonly path: string; readonly controllers: readonly string[] } | undefined;
  /** The group that $TCOMPOSE_CGROUP names, if it does. */
  readonly named?: string;
  /** What is missing to ask the user's own systemd, which could provide a group, for one. */
  readonly unasked?: 'bus' | 'systemd-run';
  /** Whether systemd runs this machine. */
  readonly systemd: boolean;
}

/** A directory and its file system; it may not exist yet: then the one where it will be. */
export interface Place {
  readonly what: string;
  readonly path: string;
  /** Where the file system that contains it is mounted. */
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** 0: the file system does not count them. */
  readonly inodes: number;
}

export interface StorageFacts {
  readonly probe: Probe | undefined;
  readonly state: Place | undefined;
  /** /var/tmp, an alternative place for state. */
  readonly elsewhere: Place | undefined;
  readonly fuseOverlayfs: string | undefined;
}

export interface NetworkFacts {
  readonly probe: Probe | undefined;
}

export interface FirewallFacts {
  /** net.ipv4.ip_forward */
  readonly forward: string;
  /** Whether this process could change it. */
  readonly settable: boolean;
  /** net.bridge.bridge-nf-call-iptables; '' if the module is not loaded. */
  readonly bridgeCalls: string;
  /** `nft -j list chains`; undefined without nft. */
  readonly chains: string | undefined;
  /** `iptables-legacy -S FORWARD`; undefined if no such table is loaded. */
  readonly legacyForward: string | undefined;
  readonly firewalld: boolean;
  readonly ufw: boolean;
}

export interface PublishedPort {
  readonly service: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

export interface TakenPort extends PublishedPort {
  readonly holder: { readonly pid: number; readonly command: string; readonly unit?: string } | undefined;
}

export interface PortFacts {
  /** net.ipv4.ip_unprivileged_port_start */
  readonly start: number;
  readonly published: readonly PublishedPort[];
  /** Those of them that are taken. */
  readonly taken: readonly TakenPort[];
  /** Why the project could not be read; undefined: it was, or there is none. */
  readonly unread: string | undefined;
}

export interface OutsideFacts {
  readonly pasta: string | undefined;
  /** It breaks streams that a container closes on its side first, and is used where nothing else is there. */
  readonly oldPasta: boolean;
  readonly slirp4netns: string | undefined;
  readonly tun: number | undefined;
}

export interface ResolverFacts {
  /** /etc/resolv.conf; undefined if it can't be read. */
  readonly text: string | undefined;
  /** Addresses of this machine where something answers queries, as far as /proc/net/udp shows. */
  readonly listening: readonly string[];
}

export interface InotifyFacts {
  readonly watches: number;
  readonly instances: number;
  readonly probe: Probe | undefined;
  /** Number of directories below the paths that the project watches; `more`: counting was stopped. */
  readonly needed: { readonly directories: number; readonly more: boolean } | undefined;
}

export interface LimitFacts {
  readonly openFiles: number;
  readonly keys: { readonly most: number; readonly used: number } | undefined;
  readonly probe: Probe | undefined;
  readonly mapCount: number;
  /** user.max_*_namespaces by kind. */
  readonly namespaces: Readonly<Record<string, number>>;
  /** Images of the project. */
  readonly images: readonly string[];
}

export interface ClockFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** When this tcompose was built or installed. */
  readonly installed: number;
  /** The newest of the engine's files. */
  readonly newest: { readonly path: string; readonly time: number } | undefined;
}

export interface PlatformFacts {
  /** OCI's name: amd64, arm64. */
  readonly arch: string;
  /** Names of the enabled entries below /proc/sys/fs/binfmt_misc. */
  readonly interpreters: readonly string[];
  readonly wanted: readonly { readonly service: string; readonly platform: string }[];
}

export interface EngineFacts {
  readonly cli: string;
  readonly socket: string;
  /** DOCKER_HOST */
  readonly dockerHost: string | undefined;
  readonly state: 'running' | 'stopped' | 'silent' | 'refused';
  readonly version?: string;
  readonly pid?: number;
  readonly damaged: readonly { readonly file: string; readonly why: string; readonly remedy: string }[];
  /** Last lines of the log of an engine that was not ended on purpose. */
  readonly lastWords: readonly string[];
  readonly log: string;
  /** Why the engine's directories can't be used at all. */
  readonly unusable: { readonly message: string; readonly hint: string } | undefined;
}

export interface SessionFacts {
  /** Whether systemd runs this machine, and whether the user's systemd continues after logout. */
  readonly systemd: boolean;
  readonly lingers: boolean;
  /** $XDG_RUNTIME_DIR; '' if unset. */
  readonly runtimeDirectory: string;
  /** Where the engine's socket is. */
  readonly run: string;
  /** The directory that systemd makes for the user, if it exists. */
  readonly usual: string | undefined;
  /** The engine's unit, if it is a service. */
  readonly unit: string | undefined;
}

export interface OtherEngine {
  readonly whose: string;
  readonly socket: string;
  readonly running: boolean | undefined;
}

/** Facts about a machine. Topics that were not requested have none. */
export interface Facts {
  readonly ground: Ground;
  readonly kernel?: KernelFacts;
  readonly namespaces?: NamespaceFacts;
  readonly 'sub-ids'?: SubIdFacts;
  readonly cgroups?: CgroupFacts;
  readonly storage?: StorageFacts;
  readonly disk?: readonly Place[];
  readonly networks?: NetworkFacts;
  readonly firewall?: FirewallFacts;
  readonly ports?: PortFacts;
  readonly outside?: OutsideFacts;
  readonly resolver?: ResolverFacts;
  readonly inotify?: InotifyFacts;
  readonly limits?: LimitFacts;
  readonly clock?: ClockFacts;
  readonly platforms?: PlatformFacts;
  readonly session?: SessionFacts;
  readonly engine?: EngineFacts;
  readonly others?: readonly OtherEngine[];
}
