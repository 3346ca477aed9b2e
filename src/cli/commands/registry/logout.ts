import { homedir } from 'node:os';
import type { Command } from '../../arguments/command.ts';
import { dockerConfigFile } from '../../credentials/auth-files.ts';
import { keyOfServer } from '../../credentials/server-key.ts';
import { forgetCredentials } from '../../credentials/store-credentials.ts';

export const command: Command = {
  name: 'logout',
  summary: 'Log out from a registry',
  args: { usage: '[SERVER]', max: 1, flags: [] },
  async run(args, ctx) {
    const server = keyOfServer(args.positional[0] ?? 'docker.io');
    ctx.write(`Removing login credentials for ${server}\n`);
    const file = dockerConfigFile(ctx.env, ctx.env.HOME || homedir());
    const objection = await forgetCredentials(file, server, ctx.env);
    if (objection !== undefined) ctx.warn(`could not erase credentials: ${objection}`);
    return 0;
  },
};
