import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { tolerate } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import { isBuiltIn } from '../../../project/images/missing-image.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { createRequest } from './create-request.ts';

/** Creates the container that a command line describes; its warnings are printed on standard error. @returns its id */
export async function createFromArgs(
  ctx: CliContext,
  client: EngineClient,
  args: ParsedArgs,
  attached: boolean,
): Promise<string> {
  const { rows, columns } = ctx.stdout;
  const request = createRequest(args, attached, {
    env: ctx.env,
    cwd: ctx.cwd,
    readFile: (path) => {
      try {
        return readFileSync(resolve(ctx.cwd, path), 'utf8');
      } catch (error) {
        throw new TcomposeError('CLI_USAGE', `${path} cannot be read: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    ...(ctx.stdout.isTTY === true && rows > 0 ? { consoleSize: [rows, columns] as const } : {}),
  });
  const platform = flag.str(args, 'platform');
  const created = await createFetching(ctx, args, request.Image ?? '', () =>
    client.containers.create(flag.str(args, 'name') ?? '', request, platform),
  );
  for (const warning of created.Warnings ?? []) ctx.warn(warning);
  const file = flag.str(args, 'cidfile');
  if (file !== undefined) writeFileSync(resolve(ctx.cwd, file), created.Id, { flag: 'wx' });
  return created.Id;
}

/**
 * Creates, and pulls the image if it is missing or, with --pull always, first; the built-in one is in no registry. When
 * a create fails with 404 the image is missing, as the docker CLI also assumes.
 */
async function createFetching<T>(
  ctx: CliContext,
  args: ParsedArgs,
  image: string,
  create: () => Promise<T>,
): Promise<T> {
  const policy = flag.str(args, 'pull') ?? 'missing';
  const fetch = async (): Promise<void> => {
    const { fetchForContainer } = await import('../../image/transfer-image.ts');
    await fetchForContainer(ctx, {
      name: image,
      quiet: flag.bool(args, 'quiet'),
      platform: flag.str(args, 'platform'),
    });
  };
  if (policy === 'always' && !isBuiltIn(image)) await fetch();
  if (policy !== 'missing' || isBuiltIn(image)) return create();
  const created = await tolerate(create(), 404);
  if (created !== undefined) return created;
  await fetch();
  return create();
}
