import { type Command, flag } from '../arguments/command.ts';
import { ownEnginePaths } from './own-engine.ts';
import { installService } from './service/service.ts';
import { ownSurroundings } from './service/surroundings.ts';

export const command: Command = {
  name: 'install',
  summary: "Install the engine as a service that starts at boot: of root, or of a user's own systemd",
  args: {
    max: 0,
    flags: [
      {
        name: 'no-linger',
        type: 'boolean',
        summary: "Do not change lingering: a user's service then runs only while the user is logged in",
      },
    ],
  },
  run(args, ctx) {
    ownEnginePaths(ctx.env);
    const { said, warnings } = installService(ownSurroundings(ctx.env), {
      linger: !flag.bool(args, 'no-linger'),
    });
    ctx.write(said.map((line) => `${line}\n`).join(''));
    for (const { message, hint } of warnings) ctx.warn(message, hint);
    return 0;
  },
};
