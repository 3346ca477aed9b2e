import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { formatAddress, type parseAddress } from '../ipam/address.ts';

/** One line of /proc/net/{tcp,tcp6,udp,udp6} about a bound socket. */
interface BoundSocket {
  readonly family: 4 | 6;
  readonly address: bigint;
  readonly port: number;
  readonly inode: string;
}

const TCP_LISTEN = '0A';

/** Parses such a file. For TCP only listeners count; addresses are groups of 32 bits in the host's byte order. */
export function parseSocketTable(text: string, protocol: 'tcp' | 'udp', family: 4 | 6): BoundSocket[] {
  const found: BoundSocket[] = [];
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [address, port] = fields[1]?.split(':') ?? [];
    if (!address || !port || !fields[9]) continue;
    if (protocol === 'tcp' && fields[3] !== TCP_LISTEN) continue;
    const bytes = Buffer.from(address, 'hex');
    bytes.swap32();
    found.push({
      family,
      address: BigInt(`0x${bytes.toString('hex')}`),
      port: Number.parseInt(port, 16),
      inode: fields[9],
    });
  }
  return found;
}

/** Whether a bound socket prevents binding `address`: it has the same address, or one of them is the wildcard. */
export function clashes(socket: BoundSocket, family: 4 | 6, address: bigint, port: number): boolean {
  if (socket.port !== port) return false;
  if (socket.family === family) {
    return socket.address === 0n || address === 0n || socket.address === address;
  }
  // A wildcard IPv6 socket also takes IPv4, unless it is v6-only, which this table doesn't show.
  return socket.family === 6 && socket.address === 0n;
}

export interface PortHolder {
  readonly pid: number;
  readonly command: string;
  /** It is this process itself. */
  readonly isSelf?: boolean;
}

/** Which process has the port, according to /proc. Undefined: none is found (another namespace's process, no permission). */
export function findPortHolder(
  protocol: 'tcp' | 'udp',
  address: NonNullable<ReturnType<typeof parseAddress>>,
  port: number,
  proc = '/proc',
): PortHolder | undefined {
  const sockets = ([4, 6] as const).flatMap((family) =>
    parseSocketTable(readText(`${proc}/net/${protocol}${family === 6 ? '6' : ''}`), protocol, family),
  );
  const clashing = sockets.filter((socket) => clashes(socket, address.family, address.value, port));
  const best = clashing.find((socket) => socket.family === address.family) ?? clashing[0];
  return best && processWithSocket(best.inode, proc);
}

function processWithSocket(inode: string, proc: string): PortHolder | undefined {
  const wanted = `socket:[${inode}]`;
  for (const pid of list(proc).filter((name) => /^\d+$/.test(name))) {
    const has = list(`${proc}/${pid}/fd`).some((fd) => readLink(`${proc}/${pid}/fd/${fd}`) === wanted);
    if (has) {
      const own = readText(`${proc}/${pid}/comm`).trim();
      return {
        pid: Number(pid),
        command: programIn(own, `${proc}/${pid}`),
        isSelf: Number(pid) === process.pid,
      };
    }
  }
  return undefined;
}

/**
 * A process's name is that of its main thread, to which some programs add what the thread does, or which they replace
 * by it: `node-MainThread` and `MainThread` of versions of Node 24.
 */
function programIn(name: string, directory: string): string {
  const program = basename(readLink(`${directory}/exe`)).replace(/ \(deleted\)$/, '');
  const isRole = name === 'MainThread' || name.startsWith(`${program}-`);
  return program !== '' && isRole ? program : name;
}

/** `192.0.2.1:80`, `[::]:80`. */
export const formatEndpoint = (address: { family: 4 | 6; value: bigint }, port: number): string => {
  const text = formatAddress(address.family, address.value);
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
};

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
