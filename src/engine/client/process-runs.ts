import { readFileSync } from 'node:fs';

/**
 * Whether a process exists and has not ended. One that has ended stays in the process table until its parent reaps it,
 * which nobody does in a container without an init: signal 0 would still reach it (proc_pid_stat(5): Z, X).
 */
export function processRuns(pid: number, read: (path: string) => string = readText): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const stat = read(`/proc/${pid}/stat`);
  // The name in parentheses may itself contain any character.
  const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  return state !== '' && state !== 'Z' && state !== 'X';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
