import { describe, expect, it } from 'vitest';
import {
  giveIds,
  namespaceRefusal,
  oneIdWarning,
} from '../../../../../src/engine/client/rootless/refusal.ts';

const open = { most: '96365', debianClone: '', appArmor: '', binary: '/opt/t/shim' };

describe('why there is no user namespace', () => {
  it.each([
    [{ most: '0' }, 'user.max_user_namespaces', 'sysctl user.max_user_namespaces=15000'],
    [{ debianClone: '0' }, 'only root may make one', 'sysctl kernel.unprivileged_userns_clone=1'],
    [{ appArmor: '1' }, 'AppArmor restricts those of /opt/t/shim', 'apparmor_parser'],
    [{}, 'none could be made: EPERM', '--privileged'],
  ])('%j', (facts, message, hint) => {
    const error = namespaceRefusal('EPERM', { ...open, ...facts });
    expect(error.code).toBe('ENGINE_ROOTLESS');
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it('is that as many exist as there may be', () => {
    const error = namespaceRefusal('unshare: No space left on device', { ...open, most: '20000' });
    expect(error.message).toContain(
      'as many exist as this machine allows (user.max_user_namespaces is 20000)',
    );
    expect(error.hint).toContain('sysctl user.max_user_namespaces=40000');
  });

  it('says what one id means, and the command that gives more', () => {
    const remedy = giveIds('ann', { first: 100_000, last: 165_535 });
    expect(oneIdWarning('there are none', remedy)).toMatch(
      /^there are none: .*usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann/,
    );
  });
});
