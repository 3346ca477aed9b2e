import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { ContainerTopResponse } from '../../api/container.ts';
import { badParameter } from '../../http/failure.ts';
import { columnsFor, type ProcessFacts } from './ps-columns.ts';

/** USER_HZ: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * What ps(1) with these options shows for these pids, read from /proc, for GET /containers/{id}/top: no ps binary is
 * needed. Throws 400 for unknown options.
 */
export function processTable(pids: readonly number[], psArgs: string, nowMs: number): ContainerTopResponse {
  const columns = columnsFor(psArgs);
  if (typeof columns === 'string') {
    throw badParameter(
      `ps option not understood: ${columns}`,
      'use -ef, aux, or -o with a list such as pid,user,comm',
    );
  }
  const at = { now: nowMs, memory: totalmem() / 1024 };
  const bootMs = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) * 1000;
  const users = userNames();
  const rows = [...pids].sort((a, b) => a - b).flatMap((pid) => readProcess(pid, bootMs, users));
  return {
    Titles: columns.map(({ title }) => title),
    Processes: rows.map((row) => columns.map(({ text }) => text(row, at))),
  };
}

function readProcess(pid: number, bootMs: number, users: ReadonlyMap<string, string>): ProcessFacts[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // Field 2 may contain spaces and parentheses; the fields after the last parenthesis are plain (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number): number => Number(fields[number - 3]);
    const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? '0';
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    const tty = field(7);
    return [
      {
        pid,
        ppid: field(4),
        pgid: field(5),
        sid: field(6),
        user: users.get(uid) ?? uid,
        state: fields[0] ?? '?',
        tty: tty === 0 ? '?' : `pts/${tty & 0xff}`,
        started: bootMs + (field(22) * 1000) / ticksPerSecond,
        cpu: (field(14) + field(15)) / ticksPerSecond,
        nice: field(19),
        threads: field(20),
        virtual: Math.floor(field(23) / 1024),
        resident: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
        name,
        command: command || `[${name}]`,
      },
    ];
  } catch {
    // The process ended while it was being read.
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
