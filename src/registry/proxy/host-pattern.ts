import { BlockList, isIP } from 'node:net';

/**
 * The destination of a request, as host patterns see it: host in lower case without brackets, port with the scheme's
 * default.
 */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

export function destinationOf(url: URL): Destination {
  return {
    host: url.hostname.toLowerCase().replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
  };
}

/** 127.0.0.0/8, ::1 and `localhost`: this machine, for which neither proxies nor certificates are used. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
}

/** Whether an address is in `10.0.0.0/8` or `fd00::/8`; false when either is invalid. */
export function inNetwork(host: string, network: string): boolean {
  const [address = '', prefix = ''] = network.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), kind);
  return list.check(host, kind);
}

/** Splits `host:port`; brackets of an IPv6 address are removed. */
export function splitPort(text: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text);
  if (match === null) return { host: text, port: undefined };
  return { host: match[1] ?? match[2] ?? '', port: match[3] === undefined ? undefined : Number(match[3]) };
}
