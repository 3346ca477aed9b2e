/** What the process table needs to know about a process. */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly user: string;
  readonly state: string;
  readonly tty: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  /** Seconds of CPU. */
  readonly cpu: number;
  readonly nice: number;
  readonly threads: number;
  /** KiB. */
  readonly virtual: number;
  readonly resident: number;
  readonly name: string;
  readonly command: string;
}

/** Reference values for computing columns. */
interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** KiB of memory of the machine. */
  readonly memory: number;
}

interface Column {
  readonly title: string;
  readonly text: (row: ProcessFacts, at: Moment) => string;
}

const column = (title: string, text: Column['text']): Column => ({ title, text });

/** Columns of ps(1) by the names that its option -o accepts. */
const columns: Readonly<Record<string, Column>> = {
  pid: column('PID', ({ pid }) => String(pid)),
  ppid: column('PPID', ({ ppid }) => String(ppid)),
  pgid: column('PGID', ({ pgid }) => String(pgid)),
  sid: column('SID', ({ sid }) => String(sid)),
  user: column('USER', ({ user }) => user),
  tty: column('TT', ({ tty }) => tty),
  stat: column('STAT', ({ state }) => state),
  comm: column('COMMAND', ({ name }) => name),
  args: column('COMMAND', ({ command }) => command),
  cmd: column('CMD', ({ command }) => command),
  time: column('TIME', ({ cpu }) => cpuTime(cpu)),
  etime: column('ELAPSED', ({ started }, { now }) => elapsed((now - started) / 1000)),
  stime: column('STIME', ({ started }, { now }) => clock(started, now)),
  pcpu: column('%CPU', (row, at) => (cpuShare(row, at) * 100).toFixed(1)),
  c: column('C', (row, at) => String(Math.min(99, Math.floor(cpuShare(row, at) * 100)))),
  pmem: column('%MEM', ({ resident }, { memory }) => ((resident * 100) / memory).toFixed(1)),
  vsz: column('VSZ', (row) => String(row.virtual)),
  rss: column('RSS', ({ resident }) => String(resident)),
  ni: column('NI', ({ nice }) => String(nice)),
  nlwp: column('NLWP', ({ threads }) => String(threads)),
};

const otherNames: Readonly<Record<string, string>> = {
  '%cpu': 'pcpu',
  '%mem': 'pmem',
  command: 'args',
  cputime: 'time',
  euser: 'user',
  nice: 'ni',
  pgrp: 'pgid',
  s: 'stat',
  sess: 'sid',
  start: 'stime',
  start_time: 'stime',
  state: 'stat',
  thcount: 'nlwp',
  tname: 'tty',
  tt: 'tty',
  ucmd: 'comm',
  uname: 'user',
  vsize: 'vsz',
};

const titled = (title: string, name: string): Column => ({ ...columns[name]!, title });

const full: readonly Column[] = [
  titled('UID', 'user'),
  ...['pid', 'ppid', 'c', 'stime'].map((name) => columns[name]!),
  titled('TTY', 'tty'),
  columns.time!,
  columns.cmd!,
];

const userOriented: readonly Column[] = [
  ...['user', 'pid', 'pcpu', 'pmem', 'vsz', 'rss'].map((name) => columns[name]!),
  titled('TTY', 'tty'),
  columns.stat!,
  titled('START', 'stime'),
  columns.time!,
  columns.args!,
];

/**
 * Columns for options of ps(1): `-ef`, `aux`, and with `-o` (`o`, `-eo`, `axo`) a list of names, including `pid=TITLE`.
 * Options that select processes have no effect, since a container's are selected already. A string result is an option
 * that was not understood.
 */
export function columnsFor(psArgs: string): readonly Column[] | string {
  const words = psArgs.split(/\s+/).filter((word) => word !== '');
  let chosen: readonly Column[] = full;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const [, letters, list = ''] = /^-?([aAdefgwxu]*)o(.*)$/.exec(word) ?? [];
    if (letters !== undefined) {
      const named = namedColumns(list === '' ? (words[++index] ?? '') : list);
      if (typeof named === 'string') return named;
      chosen = named;
    } else if (/^-?[aAdefgwxu]+$/.test(word)) {
      chosen = word.includes('u') ? userOriented : chosen;
    } else {
      return word;
    }
  }
  return chosen;
}

function namedColumns(list: string): readonly Column[] | string {
  const found: Column[] = [];
  for (const entry of list.split(',')) {
    const [name = '', title] = entry.split('=');
    const known = columns[otherNames[name.toLowerCase()] ?? name.toLowerCase()];
    if (known === undefined) return entry === '' ? '-o without a list' : entry;
    found.push(title ? { ...known, title } : known);
  }
  return found;
}

function cpuShare({ cpu, started }: ProcessFacts, { now }: Moment): number {
  return (cpu * 1000) / Math.max(1000, now - started);
}

function clock(ms: number, nowMs: number): string {
  const date = new Date(ms);
  return nowMs - ms < 24 * 3_600_000 ? date.toTimeString().slice(0, 5) : date.toDateString().slice(4, 10);
}

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');

function cpuTime(seconds: number): string {
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `[[DD-]hh:]mm:ss`. */
function elapsed(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = (seconds / 3600) % 24;
  const rest = `${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (days > 0) return `${two(days)}-${two(hours)}:${rest}`;
  return hours >= 1 ? `${two(hours)}:${rest}` : rest;
}
