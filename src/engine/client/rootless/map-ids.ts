import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  brokenLine,
  freeRange,
  idCount,
  idMap,
  mapArguments,
  notAsItMustBe,
  parseGetSubIds,
  parseSubIds,
  type SubIds,
  sharedWith,
  USUAL_IDS,
  type User,
} from '../../../sub-ids.ts';
import { ownAccount } from './account.ts';
import { giveIds, groupRefusal, oneIdWarning } from './refusal.ts';
import type { IdMaps } from './store-ids.ts';

const doctorKnows = 'see `tcompose doctor sub-ids`';

/** What was mapped, and the notice about it. */
interface Mapped {
  readonly maps: IdMaps;
  readonly sentence: string | undefined;
  /** Why the ids that the user has could not be mapped. */
  readonly failure: string | undefined;
}

/**
 * Maps the ids of a process's new user namespace: to the ranges that the machine's owner gave the user if possible,
 * else only the user's own id.
 * @throws TcomposeError ENGINE_ROOTLESS for a process that has another group than its account
 * @throws node:fs's error when not even one id can be mapped (AppArmor)
 */
export function mapIds(pid: number): Mapped {
  const { username, uid, gid } = ownAccount();
  const group = process.getegid?.() ?? gid;
  if (group !== gid) throw groupRefusal(username, gid, group);
  const user = { name: username, uid };
  const texts = ['/etc/subuid', '/etc/subgid'].map(read);
  const [uids = [], gids = []] = texts.map((text, at) => rangesOf(text, user, at === 0 ? [] : ['-g']));
  const one = (why: string, remedy: string, failure?: string): Mapped => {
    mapOneId(pid, uid, gid);
    return {
      maps: { uids: idMap(uid, []), gids: idMap(gid, []) },
      sentence: oneIdWarning(why, remedy),
      failure,
    };
  };
  if (uids.length === 0 || gids.length === 0) {
    const lacking = uids.length === 0 ? ['/etc/subuid', texts[0]] : ['/etc/subgid', texts[1]];
    return one(hasNone(lacking, user), giveIds(username, freeRange(texts)));
  }
  const maps = { uids: idMap(uid, uids), gids: idMap(gid, gids) };
  const failed =
    run('newuidmap', pid, mapArguments(maps.uids)) ?? run('newgidmap', pid, mapArguments(maps.gids));
  if (failed !== undefined) return one(failed.why, failed.remedy, failed.why);
  const count = Math.min(idCount(maps.uids), idCount(maps.gids));
  const other = sharedWith(uids, user, { text: texts[0] ?? '', passwd: read('/etc/passwd') });
  const sentence =
    other !== undefined
      ? `ids of user ${username} in /etc/subuid are also those of ${other}, whose files containers can read and write: ${doctorKnows}`
      : count < USUAL_IDS
        ? `user ${username} has ${count} ids in /etc/subuid and /etc/subgid; images use up to ${USUAL_IDS} (65534 is nobody)`
        : undefined;
  return { maps, sentence, failure: undefined };
}

function hasNone([file = '', text = '']: readonly (string | undefined)[], user: User): string {
  const broken = brokenLine(text, user);
  return `${file} has no ids for user ${user.name}${broken === undefined ? '' : notAsItMustBe(broken)}`;
}

/** From the file, else from getsubids, which also knows accounts of a directory service (nsswitch.conf, "subid"). */
function rangesOf(text: string, user: User, options: readonly string[]): SubIds[] {
  const own = parseSubIds(text, user);
  if (own.length > 0) return own;
  return parseGetSubIds(spawnSync('getsubids', [...options, user.name], { encoding: 'utf8' }).stdout ?? '');
}

/** Why it failed and what helps, or undefined. */
function run(
  program: string,
  pid: number,
  map: readonly string[],
): { readonly why: string; readonly remedy: string } | undefined {
  const { error, status, stderr } = spawnSync(program, [String(pid), ...map], { encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return { why: `${program} is not installed`, remedy: 'install the package uidmap' };
  if (error !== undefined) return { why: `${program} cannot be run: ${error.message}`, remedy: doctorKnows };
  return status === 0
    ? undefined
    : { why: `${program} refused the ids: ${stderr.trim()}`, remedy: doctorKnows };
}

/** A map that was written already stays: newuidmap may have worked where newgidmap did not. */
function mapOneId(pid: number, uid: number, gid: number): void {
  if (read(`/proc/${pid}/uid_map`).trim() === '') writeFileSync(`/proc/${pid}/uid_map`, `0 ${uid} 1\n`);
  writeFileSync(`/proc/${pid}/setgroups`, 'deny');
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${gid} 1\n`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
