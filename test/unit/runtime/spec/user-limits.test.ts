import { expect, it } from 'vitest';
import { hardLimits, userLimitWarnings } from '../../../../src/runtime/spec/user-limits.ts';

const text = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 20000                files
Max locked memory         8388608              8388608              bytes
Max nice priority         0                    0
`;

it('hard limits are read by their names, those without a bound left out', () => {
  expect(hardLimits(text)).toEqual({ nofile: 20_000, memlock: 8_388_608, nice: 0 });
  expect(hardLimits('')).toEqual({});
});

it('what a user can not raise or lower is told, by name, and nothing of it to a root who can', () => {
  const limits = hardLimits(text);
  const wanted = {
    OomScoreAdj: -500,
    Ulimits: [
      { Name: 'nofile', Soft: 30_000, Hard: 30_000 },
      { Name: 'memlock', Soft: -1, Hard: -1 },
      { Name: 'cpu', Soft: -1, Hard: -1 },
      { Name: 'nice', Soft: 0, Hard: 0 },
    ],
  };
  expect(userLimitWarnings(wanted, { userNamespace: true, limits })).toEqual([
    'ulimit nofile stays at 20000: only root can raise it',
    'ulimit memlock stays at 8388608: only root can raise it',
    'oom_score_adj -500 is not applied: only root can lower it',
  ]);
  expect(userLimitWarnings(wanted, { userNamespace: false, limits })).toEqual([]);
  const all = 0x1ff_ffff_ffffn;
  expect(userLimitWarnings(wanted, { userNamespace: false, limits, boundingSet: all })).toEqual([]);
  expect(
    userLimitWarnings(wanted, { userNamespace: false, limits, boundingSet: all & ~(1n << 24n) }),
  ).toEqual([
    'ulimit nofile stays at 20000: only a root with CAP_SYS_RESOURCE can raise it',
    'ulimit memlock stays at 8388608: only a root with CAP_SYS_RESOURCE can raise it',
    'oom_score_adj -500 is not applied: only a root with CAP_SYS_RESOURCE can lower it',
  ]);
  expect(userLimitWarnings({ OomScoreAdj: 500, Ulimits: null }, { userNamespace: true, limits })).toEqual([]);
});
