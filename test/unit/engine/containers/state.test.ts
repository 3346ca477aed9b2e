import { describe, expect, it } from 'vitest';
import { Container } from '../../../../src/engine/containers/container.ts';
import type { ContainerRecord } from '../../../../src/engine/containers/record.ts';
import {
  type ContainerState,
  type ContainerStatus,
  canBecome,
  isUp,
  lastExit,
  lastStart,
  shownStatus,
  transitions,
} from '../../../../src/engine/containers/state.ts';
import { layoutOf } from '../../../../src/engine/store/layout.ts';

const exit = { exitCode: 3, oomKilled: false, error: '', finishedAt: '2026-01-01T00:00:01Z' };
const process = { pid: 7, startTime: '1', bootId: 'b' };
const startedAt = '2026-01-01T00:00:00Z';
const states: Record<ContainerStatus, ContainerState> = {
  created: { status: 'created' },
  starting: { status: 'starting', before: { status: 'exited', startedAt, exit }, bootId: 'b' },
  running: { status: 'running', process, startedAt },
  paused: { status: 'paused', process, startedAt },
  exiting: { status: 'exiting', startedAt, exit },
  restarting: { status: 'restarting', startedAt, exit, delay: 100 },
  exited: { status: 'exited', startedAt, exit },
  removing: { status: 'removing', startedAt, exit, volumes: false },
  dead: { status: 'dead', startedAt, exit },
};
const record = { id: 'c'.repeat(64) } as ContainerRecord;
const containerIn = (state: ContainerState): Container =>
  new Container(layoutOf('/lib', '/run'), record, {
    version: 1,
    name: 'x',
    state,
    attachments: {},
    ports: [],
    restartCount: 0,
    lastDelay: 0,
    stoppedByUser: false,
  });

describe('state machine', () => {
  const all = Object.keys(states) as ContainerStatus[];

  it.each(all)('from %s allows what the table says and refuses the rest', (from) => {
    for (const to of all) {
      if (to === from) continue;
      const move = () => containerIn(states[from]).become(states[to]);
      if (transitions[from].includes(to)) expect(move).not.toThrow();
      else expect(move, `${from} to ${to}`).toThrow(`cannot go from ${from} to ${to}`);
    }
  });

  it('never leads from a run to removal or back to created', () => {
    for (const from of ['running', 'paused'] as const) {
      expect(canBecome(from, 'removing')).toBe(false);
      expect(canBecome(from, 'created')).toBe(false);
    }
  });

  it('reaches removal from every state', () => {
    for (const from of all) {
      const seen = new Set<ContainerStatus>([from]);
      for (const status of seen) for (const next of transitions[status]) seen.add(next);
      expect(seen.has('removing'), from).toBe(true);
    }
  });

  it('shows clients neither starting nor exiting', () => {
    expect(shownStatus(states.starting)).toBe('exited');
    expect(shownStatus(states.exiting)).toBe('running');
    expect(all.filter((status) => isUp(states[status]))).toEqual([
      'starting',
      'running',
      'paused',
      'exiting',
    ]);
  });

  it('remembers the last run through a start', () => {
    expect(lastExit(states.starting)).toEqual(exit);
    expect(lastStart(states.starting)).toBe(startedAt);
    expect(lastExit(states.running)).toBeUndefined();
    expect(lastStart(states.created)).toBeUndefined();
  });
});
