import { describe, expect, it } from 'vitest';
import {
  brokenLine,
  freeRange,
  idCount,
  idMap,
  mapArguments,
  parseGetSubIds,
  parseSubIds,
  sharedWith,
} from '../../src/sub-ids.ts';

describe('sub-ids', () => {
  it('are those of lines with the user’s name or number', () => {
    const text = 'ann:100000:65536\nbob:165536:65536\n1001:300000:10\n\n# no\nann:x:1\nann:5:0\n';
    expect(parseSubIds(text, { name: 'ann', uid: 1001 })).toEqual([
      { first: 100_000, count: 65_536 },
      { first: 300_000, count: 10 },
    ]);
  });

  it('are those that newuidmap takes: plain numbers up to the last id', () => {
    const of = (text: string) => parseSubIds(text, { name: 'ann', uid: 1001 });
    expect(of('ann:100000:65536\r\nann:-5:10\nann: 7:8\nann:7:8 \nann:0x10:5\nann:7:\n')).toEqual([]);
    expect(of('ann:100000:65536:more\n')).toEqual([{ first: 100_000, count: 65_536 }]);
    expect(of('ann:4294967290:65536\nann:4294967295:1\nann:9999999999:1\n')).toEqual([
      { first: 4_294_967_290, count: 5 },
    ]);
    expect(brokenLine('bob:x:1\nann:100000:5\n1001:5\n', { name: 'ann', uid: 1001 })).toBe('1001:5');
    expect(brokenLine('bob:x:1\nann:100000:5\n', { name: 'ann', uid: 1001 })).toBeUndefined();
  });

  it('are counted once where lines overlap, as the kernel takes no id twice', () => {
    const map = (...ranges: [number, number][]) =>
      mapArguments(
        idMap(
          1000,
          ranges.map(([first, count]) => ({ first, count })),
        ),
      )
        .slice(3)
        .join(' ');
    expect(map([100_000, 10], [100_000, 10])).toBe('1 100000 10');
    expect(map([100_000, 10], [100_005, 10])).toBe('1 100000 10 11 100010 5');
    expect(map([100_005, 5], [100_000, 20])).toBe('1 100005 5 6 100000 5 11 100010 10');
    expect(map([998, 5], [999, 5])).toBe('1 998 2 3 1001 2 5 1003 1');
    expect(map([300_000, 4_294_667_295])).toBe('1 300000 4294667295');
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
    // Behind the last id there are none: the first gap that is large enough.
    expect(freeRange(['a:4294900000:65536\nb:120000:10\n', 'c:180000:65536\n'])).toEqual({
      first: 245_536,
      last: 311_071,
    });
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
