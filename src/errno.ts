import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

/** If one number has two names, the man pages' name comes first; `EOPNOTSUPP` is the one in the kernel's sources. */
const preferred = ['EAGAIN', 'EOPNOTSUPP'] as const;

const names = new Map(
  [...Object.keys(constants.errno), ...preferred].map((name) => [
    constants.errno[name as keyof typeof constants.errno],
    name,
  ]),
);

/** The symbolic name of an errno number (`EADDRINUSE` for 98), or `errno 133` when Node knows none. */
export function errnoName(number: number): string {
  const known = names.get(number);
  if (known !== undefined) return known;
  const other = number > 0 ? getSystemErrorName(-number) : '';
  return /^E[A-Z0-9]+$/.test(other) ? other : `errno ${number}`;
}
