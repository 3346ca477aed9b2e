import { requirements } from '../support/cli.ts';
import { settings } from './guest/systemd/checks.ts';
import { arm64, x64 } from './machine/architecture.ts';
import { describeMachine } from './machine/checked-machine.ts';
import { findSystemd } from './machine/systemd-system.ts';

const architecture = process.arch === 'arm64' ? arm64 : x64;

describeMachine({
  title: `systemd on ${architecture.node}`,
  architecture,
  // Files of root and of the user go into the image with their owners.
  system: () => requirements({ root: true, commands: ['chroot'] }) ?? findSystemd(architecture),
  entry: 'test/vm/guest/systemd/main.ts',
  settings,
});
