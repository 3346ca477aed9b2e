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
  const actions = text.split(',').flatMap(readClause);
  return (mode, directory) => {
    // By what it was, whatever the clauses before have made of it.
    const searched = directory || (mode & 0o111) !== 0;
    return actions.reduce((value, action) => action(value, searched), mode & 0o7777);
  };
}

/** What `--chmod` means for a directory that is made on the way: only an octal mode counts there. */
export const madeMode = (text: string | undefined): number =>
  text !== undefined && /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) & 0o777 : usualMode;

/** `ugo`: the classes that are meant; none without `a` or a class, which is not quite the same as all. */
const classes: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o007, a: 0o6777 };
const sticky = 0o1000;
const others = 0o007;

/** What a letter stands for in every class. */
const permissionBits: Readonly<Record<string, number>> = {
  r: 0o444,
  w: 0o222,
  x: 0o111,
  s: 0o6000,
  t: sticky,
};

function readClause(text: string): readonly Action[] {
  const [, who = '', rest = ''] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(text) ?? [];
  if (rest === '')
    throw new TcomposeError('BUILD_STEP', 'invalid syntax', { hint: `--chmod has "${text}".` });
  const meant = [...who].reduce((bits, letter) => bits | classes[letter]!, 0);
  return [...rest.matchAll(/([-+=])([rwxXstugo]*)/g)].map(([, sign = '', letters = '']) =>
    readAction(sign, letters, meant),
  );
}

/** @param searched whether X counts: of a directory, and of what somebody may execute */
type Action = (mode: number, searched: boolean) => number;

/** One sign with what follows it, by the rules of BSD's chmod(1): what is copied from a class comes after the letters before it. */
function readAction(sign: string, letters: string, who: number): Action {
  const notOthersAlone = who === 0 || (who & ~others) !== 0;
  const scope = who | (letters.includes('t') && notOthersAlone ? sticky : 0);
  const parts: Action[] = [];
  for (const [part = ''] of letters.matchAll(/[ugo]|[rwxXst]+/g)) {
    if (/[ugo]/.test(part)) {
      parts.push((mode) => copiedFrom(part, sign, scope, mode));
      continue;
    }
    const usable = notOthersAlone ? part : part.replace(/[st]/g, '');
    const plain = [...usable].reduce((bits, letter) => bits | (permissionBits[letter] ?? 0), 0);
    parts.push((mode, searched) => {
      const bits = (plain | (part.includes('X') && searched ? 0o111 : 0)) & (scope || 0o7777);
      return changed(sign, mode, bits, scope || classes.a!);
    });
  }
  if (parts.length === 0) return (mode) => changed(sign, mode, 0, scope || classes.a!);
  return (start, searched) => parts.reduce((mode, part) => part(mode, searched), start);
}

function changed(sign: string, mode: number, bits: number, cleared: number): number {
  if (sign === '+') return mode | bits;
  return (sign === '-' ? mode & ~bits : mode & ~cleared) | (sign === '=' ? bits : 0);
}

function copiedFrom(from: string, sign: string, scope: number, mode: number): number {
  const value = (mode >> places[from]!) & 7;
  return Object.values(places).reduce((made, shift) => {
    if (scope !== 0 && (scope & (4 << shift)) === 0) return made;
    const kept = sign === '+' ? made : made & ~((sign === '=' ? 7 : value) << shift);
    return sign === '-' ? kept : kept | (value << shift);
  }, mode);
}
