/**
 * Acts in another network namespace through a socket that was made there: ioctl(2) applies to the socket's namespace,
 * so the engine never has to enter one (if it failed to return, it would be stuck there).
 */
import { check, declare } from './libc.ts';
import { socketAddress } from './port-probe.ts';

const ioctl = declare('int ioctl(int fd, unsigned long request, void *argument)');

const SIOCADDRT = 0x890b;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCGSKNS = 0x894c;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const IFNAMSIZ = 16;

/** A descriptor (CLOEXEC) of the network namespace the socket belongs to. The caller closes it. */
export const namespaceOfSocket = (fd: number): number => check(ioctl(fd, SIOCGSKNS, null), 'ioctl SIOCGSKNS');

const inet = (address: Uint8Array) => socketAddress({ family: 4, address, port: 0 });

/** Brings up interface `name` in the socket's namespace, with an IPv4 address and a mask (both 4 bytes). */
export function setInterfaceAddress(fd: number, name: string, address: Uint8Array, mask: Uint8Array): void {
  const request = (value: Uint8Array) => {
    const bytes = Buffer.alloc(40);
    bytes.write(name.slice(0, IFNAMSIZ - 1), 0);
    bytes.set(inet(value), IFNAMSIZ);
    return bytes;
  };
  const flags = Buffer.alloc(40);
  flags.write(name.slice(0, IFNAMSIZ - 1), 0);
  flags.writeUInt16LE(IFF_UP | IFF_RUNNING, IFNAMSIZ);
  check(ioctl(fd, SIOCSIFFLAGS, flags), `bring up ${name}`);
  check(ioctl(fd, SIOCSIFADDR, request(address)), `address of ${name}`);
  check(ioctl(fd, SIOCSIFNETMASK, request(mask)), `netmask of ${name}`);
}

/** Adds an IPv4 default route through `gateway` (4 bytes) in the socket's namespace. EEXIST when there is one already. */
export function addDefaultRouteOf(fd: number, gateway: Uint8Array): void {
  // struct rtentry on a 64-bit machine: pad, destination, gateway, mask, flags, the rest 0.
  const bytes = Buffer.alloc(120);
  bytes.set(inet(Uint8Array.of(0, 0, 0, 0)), 8);
  bytes.set(inet(gateway), 24);
  bytes.set(inet(Uint8Array.of(0, 0, 0, 0)), 40);
  bytes.writeUInt16LE(RTF_UP | RTF_GATEWAY, 56);
  check(ioctl(fd, SIOCADDRT, bytes), 'default route');
}
