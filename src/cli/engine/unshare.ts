import { constants } from 'node:os';
import { engineProgram } from '../../engine/client/engine-paths.ts';
import { beginInNamespaces } from '../../engine/client/rootless/run-in-namespaces.ts';
import { TcomposeError } from '../../errors.ts';
import type { Command } from '../arguments/command.ts';
import { ownEnginePaths } from './own-engine.ts';

export const command: Command = {
  name: 'unshare',
  summary:
    'Run a command, or a shell, as root of the user namespace your containers are in: their files are yours there',
  args: { usage: '[COMMAND [ARGS...]]', passThroughAfter: 0, flags: [] },
  async run(args, ctx) {
    if (process.getuid?.() === 0)
      throw new TcomposeError('CLI_USAGE', "root's containers are in no user namespace of their own", {
        hint: 'Run the command itself.',
      });
    const { run } = ownEnginePaths(ctx.env);
    // The engine keeps the namespaces alive until the command is in them.
    const client = await ctx.engine();
    const words = args.positional.length > 0 ? args.positional : [ctx.env.SHELL || '/bin/sh'];
    const mode = ['command', ctx.cwd, ...words];
    const child = beginInNamespaces(engineProgram().shim, run, mode, ctx.env);
    client.close();
    const ignored = () => {};
    // A terminal's signals also reach the command, which decides what to do.
    process.on('SIGINT', ignored);
    const { code, signal } = await child;
    process.off('SIGINT', ignored);
    return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  },
};
