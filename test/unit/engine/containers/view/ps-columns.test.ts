import { expect, it } from 'vitest';
import { columnsFor, type ProcessFacts } from '../../../../../src/engine/containers/view/ps-columns.ts';

const row: ProcessFacts = {
  pid: 7,
  ppid: 1,
  pgid: 7,
  sid: 7,
  user: 'root',
  state: 'S',
  tty: '?',
  started: 1_000_000,
  cpu: 5,
  nice: 0,
  threads: 2,
  virtual: 2048,
  resident: 1024,
  name: 'sh',
  command: 'sh -c x',
};
const at = { now: 1_000_000 + 3_725_000, memory: 102_400 };
const table = (args: string) => {
  const columns = columnsFor(args);
  return typeof columns === 'string'
    ? columns
    : columns.map(({ title, text }) => `${title} ${text(row, at)}`);
};

it('shows what ps shows with the options people use', () => {
  const full = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];
  for (const args of ['-ef', 'ef', '']) {
    expect((table(args) as string[]).map((cell) => cell.split(' ')[0])).toEqual(full);
  }
  expect((table('aux') as string[]).map((cell) => cell.split(' ')[0])).toEqual([
    'USER',
    'PID',
    '%CPU',
    '%MEM',
    'VSZ',
    'RSS',
    'TTY',
    'STAT',
    'START',
    'TIME',
    'COMMAND',
  ]);
  const wanted = ['PID 7', 'COMMAND sh', 'ELAPSED 01:02:05', '%CPU 0.1', '%MEM 1.0', 'RSS 1024'];
  for (const args of [
    '-o pid,comm,etime,pcpu,%mem,rss',
    '-eo pid,ucmd,etime,%cpu,pmem,rss',
    'axo pid,comm,etime,pcpu,pmem,rss',
  ]) {
    expect(table(args)).toEqual(wanted);
  }
  expect(table('-opid=P,args')).toEqual(['P 7', 'COMMAND sh -c x']);
});

it('names what it does not understand', () => {
  expect([table('zz'), table('--forest'), table('-o pid,nosuch'), table('-o')]).toEqual([
    'zz',
    '--forest',
    'nosuch',
    '-o without a list',
  ]);
});
