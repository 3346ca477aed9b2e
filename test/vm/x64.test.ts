import { settings } from './guest/checks.ts';
import { x64 } from './machine/architecture.ts';
import { bareSystem } from './machine/bare-system.ts';
import { describeMachine } from './machine/checked-machine.ts';

describeMachine({
  title: 'pure cgroup v2 on x64',
  architecture: x64,
  system: () => bareSystem,
  entry: 'test/vm/guest/main.ts',
  settings,
});
