const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/**
 * Whether a text is an IPv4 or IPv6 address without brackets, zone or prefix length. Implemented here because
 * `node:net` takes several milliseconds to load and a command that only reads files needs nothing else of it.
 */
export const isAddress = (text: string): boolean => ipv4.test(text) || isIpv6(text);

function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    const last = index === halves.length - 1 ? parts.at(-1) : undefined;
    if (last !== undefined && ipv4.test(last)) {
      parts.pop();
      groups += 2;
    }
    if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return false;
    groups += parts.length;
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

/** `[::1]` → `::1`; anything else unchanged. */
export const withoutBrackets = (text: string): string =>
  text.length > 2 && text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;

/** Whether an address is in a subnet such as `10.0.0.0/24`; true for a subnet that can't be read, which is not for here to say. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [network = '', length = ''] = subnet.split('/');
  if (!isAddress(network) || !/^\d+$/.test(length)) return true;
  const [a, b] = [bits(address), bits(network)];
  return a.length === b.length && a.slice(0, Number(length)) === b.slice(0, Number(length));
}

/** The bits of an address as text. */
function bits(address: string): string {
  const last = /[^:]*$/.exec(address)?.[0] ?? '';
  const octets = (ipv4.test(last) ? last.split('.') : []).map((part) => binary(Number(part), 8)).join('');
  if (!address.includes(':')) return octets;
  const rest = octets === '' ? address : address.slice(0, -last.length).replace(/([^:]):$/, '$1');
  const [head = [], tail = []] = rest
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
    .map((groups) => groups.map((group) => binary(Number.parseInt(group, 16), 16)));
  const [before, after] = [head.join(''), tail.join('') + octets];
  return before + '0'.repeat(128 - before.length - after.length) + after;
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
