import { describe, expect, it } from 'vitest';
import { Restraint } from '../../../../src/cli/watch/session/restraint.ts';
import type { TcomposeEvent } from '../../../../src/events.ts';
import { planBatch } from '../../../../src/watch/batch.ts';
import type { Change } from '../../../../src/watch/change.ts';
import { compileRule } from '../../../../src/watch/rule.ts';

const rules = [
  compileRule({ service: 'web', action: 'sync+restart', path: '/p', target: '/app' }),
  compileRule({ service: 'web', action: 'rebuild', path: '/p' }),
];
const change: Change = { path: '/p/a', kind: 'file', settled: true };

function restrained() {
  const files = new Map([['/p/a', '1']]);
  const told: TcomposeEvent[] = [];
  const restraint = new Restraint({
    emit: (event) => void told.push(event),
    shown: (path) => path,
    print: (path) => files.get(path),
  });
  const did = (since: number, failed = false) => {
    const plan = planBatch(rules, [change], restraint.judge(rules, [change], since));
    restraint.ended(failed, since + 10);
    const { sync, restart, rebuild } = plan;
    return [sync.size > 0 && 'sync', restart.size > 0 && 'restart', rebuild.size > 0 && 'rebuild'].filter(
      Boolean,
    );
  };
  return { files, told, did };
}

describe('restraint', () => {
  it('restarts nothing for a file that is as it was, and syncs and builds all the same', () => {
    const { files, did } = restrained();
    expect(did(0)).toEqual(['sync', 'restart', 'rebuild']);
    expect(did(10_000)).toEqual(['sync', 'rebuild']);
    files.set('/p/a', '2');
    expect(did(20_000)).toEqual(['sync', 'restart', 'rebuild']);
  });

  it('tries again what failed, and what can not be compared', () => {
    const { files, did } = restrained();
    did(0, true);
    expect(did(10_000)).toContain('restart');
    files.delete('/p/a');
    expect(did(20_000)).toContain('restart');
    expect(did(30_000)).toContain('restart');
  });

  it('pauses a rule that sets itself off, naming it and the file', () => {
    const { files, told, did } = restrained();
    for (let at = 0; at < 10; at++) {
      files.set('/p/a', `again ${at}`);
      expect(did(at * 100).includes('restart')).toBe(at < 6);
    }
    const messages = told.map((event) => (event.type === 'warning' ? event.message : ''));
    expect(messages).toHaveLength(2);
    expect(messages[0]).toContain('web: the rule sync+restart of /p is paused');
    expect(messages[0]).toContain('/p/a changed each time');
  });
});
