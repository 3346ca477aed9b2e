import { TcomposeError } from '../../errors.ts';

/** Texts of /etc/passwd and /etc/group of a container; a file that doesn't exist is undefined. */
export interface AccountFiles {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups including the primary one, sorted, without duplicates. */
  readonly groups: readonly number[];
  /** Home directory of the passwd entry; `/` when there is none. */
  readonly home: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** In HostConfig.GroupAdd, as in Podman: the groups of the user who runs the engine, whatever their ids inside. */
export const keepGroupsWord = 'keep-groups';

/** The kernel's -1 means "no change", so the largest id is one less than 2^32 - 1; Docker stops at 2^31 - 1. */
const largestId = 2 ** 31 - 1;

/**
 * Resolves Docker's `user[:group]` (names or numbers, '' = 0:0) and `groupAdd` (HostConfig.GroupAdd) against a
 * container's account files. As in Docker a number is an id and never a name; otherwise an image could turn a user that
 * was requested by number into root (CVE-2016-3697). An id without an entry is used as it is with group 0, and an
 * explicit group drops the memberships in /etc/group. The primary group is also a supplementary one: otherwise a
 * process could drop it by setgid and so evade a mode that denies access to the group. Throws RUNTIME_USER for a name
 * without an entry.
 */
export function resolveUser(
  user: string,
  files: AccountFiles,
  groupAdd: readonly string[] = [],
): ResolvedUser {
  const [userWord = '', groupWord = ''] = splitOnce(user);
  const passwd = parsePasswd(files.passwd ?? '');
  const groups = parseGroup(files.group ?? '');
  const asked = userWord === '' ? 0 : numericId(userWord);
  const entry = passwd.find(({ name, uid }) => (asked === undefined ? name === userWord : uid === asked));
  const uid = entry?.uid ?? asked ?? unknownUser(userWord, files.passwd !== undefined, passwd);
  const gid = groupWord === '' ? (entry?.gid ?? 0) : groupId(groupWord, groups);
  const memberships =
    groupWord === '' && entry !== undefined
      ? groups.filter(({ members }) => members.includes(entry.name)).map((group) => group.gid)
      : [];
  const extra = groupAdd.filter((word) => word !== keepGroupsWord).map((word) => groupId(word, groups));
  return {
    uid,
    gid,
    groups: [...new Set([gid, ...memberships, ...extra])].sort((a, b) => a - b),
    home: entry === undefined || entry.home === '' ? '/' : entry.home,
  };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function groupId(word: string, groups: readonly GroupEntry[]): number {
  const id = numericId(word) ?? groups.find(({ name }) => name === word)?.gid;
  if (id !== undefined) return id;
  throw new TcomposeError('RUNTIME_USER', `unable to find group ${word}: no matching entries in group file`, {
    hint: 'Name a group of the image, or give a numeric group id.',
  });
}

/** The id that a string of digits means; undefined for a name. */
function numericId(word: string): number | undefined {
  if (!/^-?\d+$/.test(word)) return undefined;
  const id = Number(word);
  if (id >= 0 && id <= largestId) return id;
  throw new TcomposeError('RUNTIME_USER', `uids and gids must be in range 0-${largestId}, not ${word}`);
}

function unknownUser(word: string, hasFile: boolean, passwd: readonly PasswdEntry[]): never {
  const names = passwd.map(({ name }) => name);
  const known = names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
  throw new TcomposeError('RUNTIME_USER', `unable to find user ${word}: no matching entries in passwd file`, {
    hint:
      hasFile && names.length > 0
        ? `The image has ${known}; a numeric id needs no entry.`
        : 'The image has no /etc/passwd: give a numeric user id.',
  });
}

/** An id in an account file; undefined for an invalid one, including -1 as the unsigned number that setuid would see. */
function fileId(word: string): number | undefined {
  return /^\d+$/.test(word) && Number(word) <= largestId ? Number(word) : undefined;
}

/** passwd(5): name:password:uid:gid:gecos:home:shell; other lines are skipped. */
function parsePasswd(text: string): PasswdEntry[] {
  return lines(text).flatMap((fields) => {
    const [name = '', , uidWord = '', gidWord = '', , home = ''] = fields;
    const uid = fileId(uidWord);
    const gid = gidWord === '' ? 0 : fileId(gidWord);
    return uid !== undefined && gid !== undefined && name !== '' ? [{ name, uid, gid, home }] : [];
  });
}

/** group(5): name:password:gid:member,member. */
function parseGroup(text: string): GroupEntry[] {
  return lines(text).flatMap((fields) => {
    const [name = '', , gidWord = '', members = ''] = fields;
    const gid = fileId(gidWord);
    return gid !== undefined && name !== ''
      ? [{ name, gid, members: members.split(',').filter((member) => member !== '') }]
      : [];
  });
}

function lines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
