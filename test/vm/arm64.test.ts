import { arm64 } from './machine/architecture.ts';
import { describeMachine } from './machine/checked-machine.ts';

describeMachine(arm64);
