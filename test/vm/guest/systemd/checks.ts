import type { Setting } from '../checks.ts';
import { afterwardsChecks } from './afterwards-checks.ts';
import { installChecks } from './install-checks.ts';
import { rebootChecks } from './reboot-checks.ts';
import { sessionChecks } from './session-checks.ts';

/** What is looked at after which boot of the machine; each boot finds what the one before has left. */
export interface BootSetting extends Setting {
  readonly boot: number;
}

const setting = (boot: number, name: string, checks: Setting['checks']): BootSetting => ({
  boot,
  situation: { name, root: '', port: 0 },
  prepare: () => {},
  checks,
});

export const settings: readonly BootSetting[] = [
  setting(1, 'a login session', sessionChecks),
  setting(1, 'services are installed', installChecks),
  setting(2, 'after a reboot with services', rebootChecks),
  setting(3, 'after a reboot without', afterwardsChecks),
];
