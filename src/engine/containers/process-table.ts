import { readFileSync } from 'node:fs';
import type { ContainerTopResponse } from '../api/container.ts';

interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly uid: string;
  readonly tty: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** Seconds of CPU. */
  readonly cpu: number;
  readonly command: string;
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * What `ps -ef` (or `ps -eo pid,cmd`-like with an `o` list of known columns) shows of these pids, read from /proc, for
 * GET /containers/{id}/top: no ps binary is needed. Other ps options change nothing.
 */
export function processTable(pids: readonly number[], psArgs: string, nowMs: number): ContainerTopResponse {
  const bootMs = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) * 1000;
  const users = userNames();
  const rows = pids.flatMap((pid) => readProcess(pid, bootMs, users));
  const aux = /^-?a?u?x?u/.test(psArgs) && !psArgs.startsWith('-e');
  if (aux) {
    return {
      Titles: ['USER', 'PID', 'TTY', 'START', 'TIME', 'COMMAND'],
      Processes: rows.map((row) => [
        row.uid,
        String(row.pid),
        row.tty,
        clock(row.started, nowMs),
        cpuTime(row.cpu),
        row.command,
      ]),
    };
  }
  return {
    Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    Processes: rows.map((row) => [
      row.uid,
      String(row.pid),
      String(row.ppid),
      String(Math.min(99, Math.floor((row.cpu * 100_000) / Math.max(1000, nowMs - row.started)))),
      clock(row.started, nowMs),
      row.tty,
      cpuTime(row.cpu),
      row.command,
    ]),
  };
}

function readProcess(pid: number, bootMs: number, users: ReadonlyMap<string, string>): ProcessFacts[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2 may hold spaces and brackets; fields after the last bracket are plain (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const arguments_ = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    const ttyNumber = Number(fields[4]);
    return [
      {
        pid,
        ppid: Number(fields[1]),
        uid: users.get(uid) ?? uid,
        tty: ttyNumber === 0 ? '?' : `pts/${ttyNumber & 0xff}`,
        started: bootMs + (Number(fields[19]) * 1000) / ticksPerSecond,
        cpu: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
        command: arguments_ || `[${name}]`,
      },
    ];
  } catch {
    return [];
  }
}

function userNames(): Map<string, string> {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return new Map(lines.map((line) => line.split(':')).map((parts) => [parts[2] ?? '', parts[0] ?? '']));
  } catch {
    return new Map();
  }
}

function clock(ms: number, nowMs: number): string {
  const date = new Date(ms);
  return nowMs - ms < 24 * 3_600_000 ? date.toTimeString().slice(0, 5) : date.toDateString().slice(4, 10);
}

function cpuTime(seconds: number): string {
  const part = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${part(seconds / 3600)}:${part((seconds / 60) % 60)}:${part(seconds % 60)}`;
}
