import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { defaultSpec } from '../bundle/default-spec.ts';

export const command: Command = {
  name: 'spec',
  summary: 'Write a starting config.json: a shell in the root file system `rootfs`',
  args: {
    max: 0,
    flags: [
      {
        name: 'bundle',
        short: 'b',
        type: 'string',
        value: 'DIR',
        summary: 'Bundle (default: this directory)',
      },
    ],
  },
  run(args, ctx) {
    const path = join(resolve(ctx.cwd, flag.str(args, 'bundle') ?? '.'), 'config.json');
    try {
      writeFileSync(path, `${JSON.stringify(defaultSpec(), null, 2)}\n`, { flag: 'wx', mode: 0o644 });
    } catch (cause) {
      const there = (cause as NodeJS.ErrnoException).code === 'EEXIST';
      throw new TcomposeError(
        'RUNTIME_BUNDLE',
        there ? `${path} exists already` : `${path} cannot be written: ${(cause as Error).message}`,
        { cause, ...(there ? { hint: 'Remove it first, or name another bundle.' } : {}) },
      );
    }
    return 0;
  },
};
