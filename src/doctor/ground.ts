/** Which user asks, on what kind of system: decides what is needed and how commands are written. */
export interface Ground {
  readonly uid: number;
  readonly user: string;
  /** The system's program for installing packages; undefined if it is not a known one. */
  readonly packages: PackageProgram | undefined;
}

export type PackageProgram = 'apt-get' | 'dnf' | 'apk' | 'pacman' | 'zypper';

/** Packages by purpose; the names are those in each system's own archive. */
const packages = {
  newuidmap: {
    'apt-get': 'uidmap',
    dnf: 'shadow-utils',
    apk: 'shadow-uidmap',
    pacman: 'shadow',
    zypper: 'shadow',
  },
  pasta: { 'apt-get': 'passt', dnf: 'passt', apk: 'passt', pacman: 'passt', zypper: 'passt' },
  slirp4netns: {
    'apt-get': 'slirp4netns',
    dnf: 'slirp4netns',
    apk: 'slirp4netns',
    pacman: 'slirp4netns',
    zypper: 'slirp4netns',
  },
  fuseOverlayfs: {
    'apt-get': 'fuse-overlayfs',
    dnf: 'fuse-overlayfs',
    apk: 'fuse-overlayfs',
    pacman: 'fuse-overlayfs',
    zypper: 'fuse-overlayfs',
  },
  emulators: {
    'apt-get': 'qemu-user-static binfmt-support',
    dnf: 'qemu-user-static',
    apk: 'qemu-openrc qemu-aarch64 qemu-x86_64 qemu-arm',
    pacman: 'qemu-user-static qemu-user-static-binfmt',
    zypper: 'qemu-linux-user',
  },
} as const satisfies Record<string, Record<PackageProgram, string>>;

const verbs: Readonly<Record<PackageProgram, string>> = {
  'apt-get': 'apt-get install -y',
  dnf: 'dnf install -y',
  apk: 'apk add',
  pacman: 'pacman -S --noconfirm',
  zypper: 'zypper install -y',
};

/** The package program of a system, from its /etc/os-release (os-release(5): ID, ID_LIKE). */
export function packageProgram(osRelease: string): PackageProgram | undefined {
  const value = (key: string) =>
    new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1]?.split(' ') ?? [];
  const names = [...value('ID'), ...value('ID_LIKE')];
  const has = (...known: readonly string[]) => names.some((name) => known.includes(name));
  if (has('debian', 'ubuntu')) return 'apt-get';
  if (has('fedora', 'rhel', 'centos', 'amzn')) return 'dnf';
  if (has('alpine')) return 'apk';
  if (has('arch')) return 'pacman';
  if (has('suse', 'opensuse', 'sles')) return 'zypper';
  return undefined;
}

/** A command that needs root, as this user has to type it. */
export const asRoot = ({ uid }: Ground, command: string): string => (uid === 0 ? command : `sudo ${command}`);

/** The command that installs something; undefined on a system with unknown packages. */
export function install(ground: Ground, what: keyof typeof packages): string | undefined {
  const program = ground.packages;
  return program && asRoot(ground, `${verbs[program]} ${packages[what][program]}`);
}

/** The command that writes a text to a file as root. `text` contains no quotes. */
export const writeFile = (ground: Ground, text: string, file: string): string =>
  ground.uid === 0 ? `printf '${text}' > ${file}` : `printf '${text}' | sudo tee ${file}`;

const sysctlFile = '/etc/sysctl.d/60-tcompose.conf';

/** The command that sets a kernel setting now and for every boot. */
export function sysctl(ground: Ground, key: string, value: number | string): string {
  const line = `${key} = ${value}`;
  const append =
    ground.uid === 0 ? `echo '${line}' >> ${sysctlFile}` : `echo '${line}' | sudo tee -a ${sysctlFile}`;
  return `${append} && ${asRoot(ground, `sysctl -p ${sysctlFile}`)}`;
}

/** `1.5 GB`, decimal, as in df -H. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
