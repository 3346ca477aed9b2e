import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { explainFailure } from '../../../../src/runtime/launch/explain-failure.ts';

const { EINVAL, ENOENT, ENOTCONN, EPERM } = constants.errno;

it.each([
  ['clone', 'fchown stdio 1 to user 1000', 'user 1000'],
  ['process', 'setresuid 70', 'user 70'],
  ['process', 'setresgid 70', 'group 70'],
])('an id that the user namespace lacks is named (%s: %s)', (step, detail, who) => {
  const error = explainFailure({ step, errno: EINVAL, detail }, { name: 'web' });
  expect(error.message).toBe(`web: it cannot run as ${who}: this engine has no such id`);
  expect(error.hint).toContain('tcompose doctor sub-ids');
});

it('a tmpfs that is to belong to such an id says what may be wrong', () => {
  const error = explainFailure(
    { step: 'setup', errno: EINVAL, detail: 'mount tmpfs on /t' },
    { name: 'web' },
  );
  expect(error.message).toBe('web: mounting tmpfs on /t: invalid argument');
  expect(error.hint).toContain('tcompose doctor sub-ids');
});

it('what is asked of a root whose program was killed is told so, and what helps', () => {
  const lost = (step: string, detail: string) => explainFailure({ step, errno: ENOTCONN, detail });
  for (const error of [lost('exec', 'execve ls'), lost('process', 'chdir /x')]) {
    expect(error.message).not.toContain('ENOTCONN');
    expect(error.hint).toContain('Restart the container');
  }
  expect(lost('setup', 'bind source /srv/sshfs').hint).toContain('mount it again on the machine');
});

it('a device that would have another name than the machine’s is told what names there are', () => {
  const detail = 'device /dev/foo (bound from the host)';
  expect(explainFailure({ step: 'setup', errno: ENOENT, detail }).hint).toContain('both sides of the colon');
  expect(explainFailure({ step: 'setup', errno: ENOENT, detail: 'device /dev/foo' }).hint).toBeUndefined();
});

it('other refusals of the same calls are not taken for it', () => {
  for (const detail of ['fchown stdio 1 to user 1000', 'setresuid 70'])
    expect(explainFailure({ step: 'process', errno: EPERM, detail }).message).not.toContain('no such id');
  expect(
    explainFailure({ step: 'process', errno: EINVAL, detail: 'setgroups 3 groups' }).message,
  ).not.toContain('no such id');
});
