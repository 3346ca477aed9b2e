import type { Command } from '../arguments/command.ts';
import { ownEnginePaths } from './own-engine.ts';
import { uninstallService } from './service/service.ts';
import { ownSurroundings } from './service/surroundings.ts';

export const command: Command = {
  name: 'uninstall',
  summary: 'Remove the service of the engine; containers keep running',
  args: { max: 0, flags: [] },
  run(_args, ctx) {
    ownEnginePaths(ctx.env);
    const { said, warnings } = uninstallService(ownSurroundings(ctx.env));
    ctx.write(said.map((line) => `${line}\n`).join(''));
    for (const { message, hint } of warnings) ctx.warn(message, hint);
    return 0;
  },
};
