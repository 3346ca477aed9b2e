import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { createRequest } from './create-request.ts';

/** Makes the container a command line describes; its warnings go to standard error. @returns its id */
export async function createFromArgs(
  ctx: CliContext,
  client: EngineClient,
  args: ParsedArgs,
  attached: boolean,
): Promise<string> {
  if (flag.str(args, 'pull') === 'always')
    ctx.warn('--pull always is not carried out: images are used as they are on this machine');
  const { rows, columns } = ctx.stdout;
  const request = createRequest(args, attached, {
    env: ctx.env,
    cwd: ctx.cwd,
    readFile: (path) => {
      try {
        return readFileSync(resolve(ctx.cwd, path), 'utf8');
      } catch (error) {
        throw new TcomposeError('CLI_USAGE', `${path} can not be read: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    ...(ctx.stdout.isTTY === true && rows > 0 ? { consoleSize: [rows, columns] as const } : {}),
  });
  const platform = flag.str(args, 'platform');
  const created = await client.containers.create(flag.str(args, 'name') ?? '', request, platform);
  for (const warning of created.Warnings ?? []) ctx.warn(warning);
  const file = flag.str(args, 'cidfile');
  if (file !== undefined) writeFileSync(resolve(ctx.cwd, file), created.Id, { flag: 'wx' });
  return created.Id;
}
