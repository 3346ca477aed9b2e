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
