import { TcomposeError } from '../../errors.ts';
import { type Destination, destinationOf, inNetwork, isLoopback, splitPort } from './host-pattern.ts';
import { type ProxySettings, variableOf } from './proxy-settings.ts';

/** A proxy to use. */
export interface ProxyServer {
  /** The protocol of the proxy itself: `http:`, `https:`, or `socks5:` and `socks5h:`, which are equivalent here. */
  readonly url: URL;
  /** The variable that sets it. */
  readonly variable: string;
}

/**
 * The proxy for a request, if any: HTTPS_PROXY or ALL_PROXY for https, HTTP_PROXY or ALL_PROXY for http; never for this
 * machine, nor for what NO_PROXY lists.
 * @throws TcomposeError REGISTRY_PROXY for a value that is not a proxy's address, or of an unsupported kind.
 */
export function chooseProxy(url: URL, settings: ProxySettings): ProxyServer | undefined {
  const destination = destinationOf(url);
  const own = url.protocol === 'https:' ? 'httpsProxy' : 'httpProxy';
  const key = settings[own] ? own : 'allProxy';
  const value = settings[key];
  if (!value || isLoopback(destination.host) || isExcepted(destination, settings.noProxy ?? ''))
    return undefined;
  return { url: parseProxy(value, variableOf(key)), variable: variableOf(key) };
}

const socks = ['socks5:', 'socks5h:'];
const socksPort = 1080;

/** Whether a proxy supports connections of any kind. */
export const isSocks = ({ url }: ProxyServer): boolean => socks.includes(url.protocol);

/** The address of the proxy itself. */
export function placeOf(proxy: ProxyServer): Destination {
  const { host, port } = destinationOf(proxy.url);
  return isSocks(proxy) ? { host, port: Number(proxy.url.port || socksPort) } : { host, port };
}

function parseProxy(value: string, variable: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') {
    throw new TcomposeError('REGISTRY_PROXY', `${variable} is not the address of a proxy`, {
      hint: 'It looks like http://proxy.example:3128.',
    });
  }
  if (!['http:', 'https:', ...socks].includes(url.protocol)) {
    throw new TcomposeError(
      'REGISTRY_PROXY',
      `${variable} names a proxy of the kind ${url.protocol.slice(0, -1)}, which is not supported`,
      { hint: 'Name a proxy with http://, https:// or socks5://, or except the registry by NO_PROXY.' },
    );
  }
  return url;
}

/**
 * Whether NO_PROXY excludes a destination. Entries, separated by comma or space: `*`, a host (including its
 * subdomains), `.suffix` or `*.suffix` (only subdomains), an address, a network; each with `:port` for only that port
 * (golang.org/x/net/http/httpproxy).
 */
export function isExcepted({ host, port }: Destination, noProxy: string): boolean {
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '') return false;
      if (entry === '*' || entry === host || inNetwork(host, entry)) return true;
      const pattern = splitPort(entry);
      if (pattern.port !== undefined && pattern.port !== port) return false;
      const name = pattern.host.replace(/^\*\./, '.');
      return name.startsWith('.')
        ? host.endsWith(name)
        : name !== '' && (host === name || host.endsWith(`.${name}`));
    });
}

/** A proxy's address without its secrets. */
export function shownProxy({ url }: ProxyServer): string {
  return `${url.protocol}//${url.host}`;
}

/** User and password, when the address has them. */
export function userOf({ url }: ProxyServer): readonly [string, string] | undefined {
  return url.username === '' ? undefined : [decode(url.username), decode(url.password)];
}

/** Value of `Proxy-Authorization`, when the address has a user. */
export function proxyAuthorization(proxy: ProxyServer): string | undefined {
  const user = userOf(proxy);
  return user === undefined ? undefined : `Basic ${Buffer.from(user.join(':')).toString('base64')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
