/** An IPv4 network for the link through which a rootless engine's containers reach the outside. */
interface LinkNetwork {
  /** Three bytes: `10.0.2`. */
  readonly prefix: string;
}

/** slirp4netns's own default, and alternatives for machines that use it. */
const candidates: readonly LinkNetwork[] = ['10.0.2', '10.255.2', '100.95.2', '198.18.2'].map((prefix) => ({
  prefix,
}));

/**
 * One that contains none of the machine's addresses, by the first three bytes: these must stay reachable. Pure.
 * @param taken IPv4 addresses of the machine's links and routers
 */
export const chooseLinkNetwork = (taken: readonly string[]): LinkNetwork =>
  candidates.find(({ prefix }) => !taken.some((address) => address.startsWith(`${prefix}.`))) ??
  candidates[0]!;

/** Programs that connect a network namespace to the outside without root, best first; each with its package in Debian. */
export const wayOutPrograms = [
  { program: 'pasta', package: 'passt' },
  { program: 'slirp4netns', package: 'slirp4netns' },
] as const;

export type WayOutProgram = (typeof wayOutPrograms)[number]['program'];

/** The order in which they are tried: a pasta of old is better than no way out, and no more. Pure. */
export const wayOutOrder = (oldPasta: boolean): readonly WayOutProgram[] =>
  oldPasta ? ['slirp4netns', 'pasta'] : ['pasta', 'slirp4netns'];

/**
 * Arguments of the command that stays in the foreground while the namespace at `path` has a way out. It gives no access
 * to the machine's loopback and opens no port on the machine: services there rely on that. Both programs terminate
 * streams and datagrams of the namespace in sockets of the machine, which fragments them for its own links. The largest
 * MTU lets datagrams of any size through; these programs don't reassemble fragments. Pure.
 */
export function wayOutWords(program: WayOutProgram, path: string, { prefix }: LinkNetwork): string[] {
  if (program === 'slirp4netns') {
    const words = [
      '--configure',
      '--mtu=65520',
      '--disable-host-loopback',
      '--disable-dns',
      `--cidr=${prefix}.0/24`,
    ];
    return [...words, '--netns-type=path', path, 'tap0'];
  }
  const closed = ['-t', '-u', '-T', '-U'].flatMap((option) => [option, 'none']);
  const addresses = ['-a', `${prefix}.100`, '-n', '24', '-g', `${prefix}.2`];
  return ['-f', '-q', '--config-net', '--no-map-gw', ...closed, ...addresses, '-m', '65520', '--netns', path];
}

/** Whether a routing table (/proc/net/route) has a default route. Pure. */
export const hasDefaultRoute = (table: string): boolean => defaultLink(table) !== undefined;

/** The link of the default route. Pure. */
export const defaultLink = (table: string): string | undefined =>
  table
    .split('\n')
    .map((line) => line.split('\t'))
    .find(
      ([, destination, , , , , , mask]) => destination === '00000000' && mask?.trim() === '00000000',
    )?.[0];

const closing = 'Containers reach each other, and are reached by their published ports.';

/** Why containers have no way out, and the remedy. Pure. */
export const noProgramNotice = (): string =>
  `containers cannot reach out of this machine: neither pasta nor slirp4netns is installed. ${closing} ` +
  `Install one of them (the package passt or slirp4netns), then \`tcompose engine stop\``;

/**
 * The same if the installed program does not work; `said` is its output, `mayUseTun` whether the user may open
 * /dev/net/tun. Pure.
 */
export function brokenNotice(program: WayOutProgram, said: string, mayUseTun: boolean): string {
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/to syslog$/.test(line));
  const tun = mayUseTun
    ? ''
    : ' It needs /dev/net/tun, which is not open to you: sudo chmod 666 /dev/net/tun.';
  return `containers cannot reach out of this machine: ${program} does not work (${lines.slice(-2).join('; ') || 'it said nothing'}). ${closing}${tun}`;
}
