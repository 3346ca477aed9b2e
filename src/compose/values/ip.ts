import { isIP } from 'node:net';

/** Whether a text is an IPv4 or IPv6 address without brackets, zone or prefix length. */
export const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

/** `[::1]` → `::1`; anything else as it is. */
export const withoutBrackets = (text: string): string =>
  text.length > 2 && text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
