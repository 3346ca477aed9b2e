import { version } from '../../../version.ts';
import type { Command } from '../../arguments/command.ts';

/** Highest supported version of the runtime-spec. */
export const specVersion = '1.3.0';

export const command: Command = {
  name: 'version',
  summary: 'Show the versions of runtime and specification',
  args: { max: 0, flags: [] },
  run(_args, ctx) {
    ctx.write(`tcompose-oci version ${version}\nspec: ${specVersion}\n`);
    return 0;
  },
};
