import { userInfo } from 'node:os';

/** The person this process is of. */
interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly username: string;
  readonly homedir: string;
}

/** By the account; an id without one, as containers and build machines run programs with, is called by its number and lives in $HOME. */
export function ownAccount(env: Readonly<Record<string, string | undefined>> = process.env): Account {
  try {
    return userInfo();
  } catch {
    const uid = process.getuid?.() ?? 0;
    return { uid, gid: process.getgid?.() ?? uid, username: String(uid), homedir: env.HOME || '/' };
  }
}
