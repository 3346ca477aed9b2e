import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';

/**
 * A command whose errors are also written to the file of --log, and its warnings only there, one line each, in the form
 * that other OCI runtimes use (callers like podman read them there): the stderr that a caller passes to `create` is
 * also the container's, so that a warning would look like its output. It also refuses --systemd-cgroup.
 */
export function logged(command: Command): Command {
  return {
    ...command,
    async run(args, ctx) {
      const file = flag.str(args, 'log');
      const json = flag.str(args, 'log-format') === 'json';
      const put = (level: string, message: string): void => {
        if (file !== undefined)
          appendFileSync(resolve(ctx.cwd, file), line(json, level, message), { mode: 0o644 });
      };
      try {
        if (flag.bool(args, 'systemd-cgroup')) throw noSystemd();
        return await command.run(args, {
          ...ctx,
          warn: (message, hint) => {
            if (file === undefined) ctx.warn(message, hint);
            else put('warning', message);
          },
        });
      } catch (error) {
        put('error', error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
  };
}

function line(json: boolean, level: string, msg: string): string {
  const time = new Date().toISOString();
  if (json) return `${JSON.stringify({ level, msg, time })}\n`;
  return `time="${time}" level=${level} msg=${JSON.stringify(msg)}\n`;
}

function noSystemd(): TcomposeError {
  return new TcomposeError(
    'CLI_USAGE',
    '--systemd-cgroup is given, and control groups are made directly here',
    {
      hint: 'Let the caller use cgroupfs, as `podman --cgroup-manager cgroupfs`.',
    },
  );
}
