import { version } from '../../../version.ts';
import { type Command, flag } from '../../arguments/command.ts';

/** `tcompose version`: the release; it says nothing about the engine, so it does not need one. */
export const command: Command = {
  name: 'version',
  summary: 'Show version information',
  args: {
    usage: '',
    max: 0,
    flags: [
      {
        name: 'format',
        short: 'f',
        type: 'string',
        choices: ['pretty', 'json'],
        summary: 'Output format: pretty, json',
      },
      { name: 'short', type: 'boolean', summary: 'Show only the version number' },
    ],
  },
  run(args, ctx) {
    if (flag.bool(args, 'short')) ctx.write(`${version}\n`);
    else if (flag.str(args, 'format') === 'json')
      ctx.write(`${JSON.stringify({ version: `v${version}` })}\n`);
    else ctx.write(`tcompose version v${version}\n`);
    return 0;
  },
};
