import type { Command } from '../../arguments/command.ts';
import { freeze } from '../container/freeze.ts';

export const command: Command = {
  name: 'resume',
  summary: 'Resume the processes of a paused container',
  args: { usage: 'ID', min: 1, max: 1, flags: [] },
  run: (args, ctx) => freeze(args, ctx, false),
};
