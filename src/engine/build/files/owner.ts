import type { AccountFiles } from '../../../runtime/spec/users.ts';

/** Ids of a user and a group. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The ids that `--chown` or USER names, by the account files of the tree. Unknown names, and all names if there are no
 * files, mean root, as with BuildKit; an unknown group means the user's own. Numbers that are too large count as names.
 */
export function resolveOwner(text: string, files: AccountFiles): Owner {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const group = colon < 0 ? undefined : text.slice(colon + 1);
  const users = rows(files.passwd);
  const entry = users.find(([name]) => name === user);
  const uid = number(user) ?? number(entry?.[2]) ?? 0;
  const own = number(user) ?? number(entry?.[3]) ?? 0;
  if (group === undefined) return { uid, gid: own };
  if (group === '') return { uid, gid: 0 };
  const found = rows(files.group).find(([name]) => name === group);
  return { uid, gid: number(group) ?? number(found?.[2]) ?? own };
}

const rows = (text: string | undefined): readonly (readonly string[])[] =>
  (text ?? '').split('\n').map((line) => line.trim().split(':'));

const largestId = 2 ** 31 - 1;

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) && Number(text) <= largestId ? Number(text) : undefined;
