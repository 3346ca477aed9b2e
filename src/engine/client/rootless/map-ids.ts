import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { ownAccount } from './account.ts';
import { oneIdWarning } from './refusal.ts';
import { freeRange, idCount, idMap, mapArguments, parseSubIds } from './sub-ids.ts';

/** Ids below that images use: 65534 is nobody's. */
const USUAL_IDS = 65_536;

/**
 * Maps the ids of a process's new user namespace: with the ranges that the machine's owner gave the user where that is possible, else his own id
 * alone. @returns what is to be said about it, once
 * @throws node:fs's error where not even one id can be mapped (AppArmor)
 */
export function mapIds(pid: number): string | undefined {
  const { username, uid, gid } = ownAccount();
  const user = { name: username, uid };
  const texts = ['/etc/subuid', '/etc/subgid'].map(read);
  const [uids = [], gids = []] = texts.map((text) => parseSubIds(text, user));
  const free = freeRange(texts);
  if (uids.length === 0 || gids.length === 0) {
    mapOneId(pid, uid, gid);
    const missing = uids.length === 0 ? '/etc/subuid' : '/etc/subgid';
    return oneIdWarning(`${missing} has no ids for user ${username}`, username, free);
  }
  const map = idMap(uid, uids);
  const failed =
    run('newuidmap', pid, mapArguments(map)) ?? run('newgidmap', pid, mapArguments(idMap(gid, gids)));
  if (failed !== undefined) {
    mapOneId(pid, uid, gid);
    return oneIdWarning(failed, username, free);
  }
  return idCount(map) < USUAL_IDS
    ? `user ${username} has ${idCount(map)} ids in /etc/subuid; images use up to ${USUAL_IDS} (65534 is nobody)`
    : undefined;
}

/** Why it did not work, or undefined. */
function run(program: string, pid: number, map: readonly string[]): string | undefined {
  const { error, status, stderr } = spawnSync(program, [String(pid), ...map], { encoding: 'utf8' });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return `${program} is not installed`;
  if (error !== undefined) return `${program} cannot be run: ${error.message}`;
  return status === 0 ? undefined : `${program} refused the ids: ${stderr.trim()}`;
}

/** What is mapped already stays: newuidmap may have worked where newgidmap did not. */
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
