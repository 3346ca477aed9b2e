import { describe, expect, it } from 'vitest';
import {
  freeRange,
  idCount,
  idMap,
  mapArguments,
  parseGetSubIds,
  parseSubIds,
  sharedWith,
} from '../../../../../src/engine/client/rootless/sub-ids.ts';

describe('sub-ids', () => {
  it('are those of lines with the user’s name or number', () => {
    const text = 'ann:100000:65536\nbob:165536:65536\n1001:300000:10\n\n# no\nann:x:1\nann:5:0\n';
    expect(parseSubIds(text, { name: 'ann', uid: 1001 })).toEqual([
      { first: 100_000, count: 65_536 },
      { first: 300_000, count: 10 },
    ]);
  });

  it('come after the user’s own id, which is 0', () => {
    const map = idMap(1000, [
      { first: 100_000, count: 10 },
      { first: 500_000, count: 5 },
    ]);
    expect(mapArguments(map)).toEqual(['0', '1000', '1', '1', '100000', '10', '11', '500000', '5']);
    expect(idCount(map)).toBe(16);
  });

  it('leave the own id out where a range has it', () => {
    expect(mapArguments(idMap(1000, [{ first: 998, count: 5 }]))).toEqual([
      '0',
      '1000',
      '1',
      '1',
      '998',
      '2',
      '3',
      '1001',
      '2',
    ]);
    expect(mapArguments(idMap(1000, [{ first: 1000, count: 2 }]))).toEqual([
      '0',
      '1000',
      '1',
      '1',
      '1001',
      '1',
    ]);
  });

  it('have a next range that no line touches', () => {
    expect(freeRange(['a:100000:65536\nb:165536:65536\n', 'a:300000:65536\n'])).toEqual({
      first: 365_536,
      last: 431_071,
    });
    expect(freeRange(['', ''])).toEqual({ first: 100_000, last: 165_535 });
  });
});

it('reads what getsubids prints', () => {
  expect(parseGetSubIds('0: ann 100000 65536\n1: ann 300000 10\n')).toEqual([
    { first: 100_000, count: 65_536 },
    { first: 300_000, count: 10 },
  ]);
  expect(parseGetSubIds('Error fetching ranges\n')).toEqual([]);
});

it('finds who else has ids of a range', () => {
  const ranges = [{ first: 100_000, count: 65_536 }];
  const ann = { name: 'ann', uid: 1000 };
  const with_ = (text: string, passwd = '') => sharedWith(ranges, ann, { text, passwd });
  expect(with_('ann:100000:65536\n1000:100000:65536\nbob:165536:65536\n# comment\n')).toBeUndefined();
  expect(with_('ann:100000:65536\nbob:165535:10\n')).toBe('user bob');
  expect(with_('', 'root:x:0:0::/:\nann:x:1000:1000::/:\n')).toBeUndefined();
  expect(with_('', 'svc:x:120000:1::/:\n')).toBe('account svc (120000)');
});
