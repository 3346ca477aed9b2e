import type { AccountFiles } from '../../../runtime/spec/users.ts';

/** Ids of a user and a group. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The ids that `--chown` or USER names, by the account files of the tree. Unknown names, and all names if there are no
 * files, mean root, as with BuildKit.
 */
export function resolveOwner(text: string, files: AccountFiles): Owner {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const group = colon < 0 ? undefined : text.slice(colon + 1);
  const users = rows(files.passwd);
  const entry = users.find(([name]) => name === user);
  const uid = number(user) ?? number(entry?.[2]) ?? 0;
  if (group === undefined) return { uid, gid: number(user) ?? number(entry?.[3]) ?? 0 };
  const found = rows(files.group).find(([name]) => name === group);
  return { uid, gid: number(group) ?? number(found?.[2]) ?? 0 };
}

const rows = (text: string | undefined): readonly (readonly string[])[] =>
  (text ?? '').split('\n').map((line) => line.trim().split(':'));

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
