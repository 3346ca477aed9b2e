import { userInfo } from 'node:os';

/** The user to whom this process belongs. */
interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly username: string;
  readonly homedir: string;
}

/**
 * From the account database; an id without an account, with which containers and build machines run programs, is named
 * by its number and lives in $HOME.
 */
export function ownAccount(env: Readonly<Record<string, string | undefined>> = process.env): Account {
  try {
    return userInfo();
  } catch {
    const uid = process.getuid?.() ?? 0;
    return { uid, gid: process.getgid?.() ?? uid, username: String(uid), homedir: env.HOME || '/' };
  }
}
