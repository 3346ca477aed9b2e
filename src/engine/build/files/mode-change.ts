import { TcomposeError } from '../../../errors.ts';

/** The new mode of a file, from its present one. */
export type ModeChange = (mode: number, directory: boolean) => number;

/** Mode of a directory that is made on the way. */
export const usualMode = 0o755;

const places: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/**
 * Reads `--chmod`: octal for everything, or symbolic (`u=rwX,go-w`), applied to each file's mode. The umask has no
 * effect.
 * @throws TcomposeError BUILD_STEP
 */
export function readModeChange(text: string): ModeChange {
  if (/^\d/.test(text)) {
    if (/^0*[0-7]{1,4}$/.test(text)) {
      const mode = Number.parseInt(text, 8);
      return () => mode;
    }
    throw new TcomposeError(
      'BUILD_STEP',
      `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    );
  }
  const clauses = text.split(',').map(readClause);
  return (mode, directory) => clauses.reduce((value, clause) => clause(value, directory), mode & 0o7777);
}

/** What `--chmod` means for a directory that is made on the way: only an octal mode counts there. */
export const madeMode = (text: string | undefined): number =>
  text !== undefined && /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) & 0o777 : usualMode;

function readClause(text: string): ModeChange {
  const [, who = '', rest = ''] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(text) ?? [];
  if (rest === '')
    throw new TcomposeError('BUILD_STEP', 'invalid syntax', { hint: `--chmod has "${text}".` });
  const all = who === '' || who.includes('a');
  const targets = all ? 'ugo' : who;
  const actions = [...rest.matchAll(/([-+=])([rwxXstugo]*)/g)].map(([, sign = '', permissions = '']) => ({
    sign,
    permissions,
  }));
  return (start, directory) =>
    actions.reduce((mode, { sign, permissions }) => {
      const bits = bitsOf(all ? permissions : permissions.replaceAll('t', ''), targets, mode, directory);
      if (sign === '+') return mode | bits;
      return sign === '-' ? mode & ~bits : (mode & ~clearedBy(targets, directory)) | bits;
    }, start);
}

function bitsOf(permissions: string, targets: string, mode: number, directory: boolean): number {
  let bits = 0;
  for (const permission of permissions) {
    for (const target of targets) {
      const shift = places[target]!;
      if (permission === 'r') bits |= 4 << shift;
      else if (permission === 'w') bits |= 2 << shift;
      else if (permission === 'x' || (permission === 'X' && (directory || (mode & 0o111) !== 0)))
        bits |= 1 << shift;
      else if (permission === 's') bits |= target === 'u' ? 0o4000 : target === 'g' ? 0o2000 : 0;
      else if ('ugo'.includes(permission)) bits |= ((mode >> places[permission]!) & 7) << shift;
    }
    if (permission === 't') bits |= 0o1000;
  }
  return bits;
}

function clearedBy(targets: string, directory: boolean): number {
  let bits = 0;
  for (const target of targets) {
    bits |= 7 << places[target]!;
    if (!directory) bits |= target === 'u' ? 0o4000 : target === 'g' ? 0o2000 : 0;
  }
  return targets === 'ugo' ? bits | 0o1000 : bits;
}
