import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type EnginePaths, engineProgram } from '../../engine/client/engine-paths.ts';
import { runInNamespaces } from '../../engine/client/rootless/run-in-namespaces.ts';
import { cannotUse } from '../../engine/client/start-engine.ts';
import { TcomposeError } from '../../errors.ts';
import type { Command } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { confirmPrune } from '../render/confirm.ts';
import { ownEnginePaths, runningEngine } from './own-engine.ts';
import { stopEngine } from './stop.ts';

export const command: Command = {
  name: 'reset',
  summary: 'Remove everything the engine keeps (containers, images, volumes, networks), and stop it',
  args: {
    max: 0,
    flags: [{ name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' }],
  },
  async run(args, ctx) {
    const paths = ownEnginePaths(ctx.env);
    const question = `Remove all containers, images, volumes and networks below ${paths.lib}?`;
    if (!(await confirmPrune(ctx, args, 'containers, images, volumes and networks', question))) return 0;
    const removed = await removeContainers(ctx);
    await removeStore(paths, ctx);
    const what = removed === 0 ? '' : `, after ${removed} ${removed === 1 ? 'container' : 'containers'}`;
    ctx.write(`${paths.lib} is removed${what}; the next command that needs an engine starts from scratch.\n`);
    return 0;
  },
};

/** A running engine removes its containers itself, and with them their processes, links and mounts. */
async function removeContainers(ctx: CliContext): Promise<number> {
  // An engine that can't be started could not remove containers anyway.
  const client = (await runningEngine(ctx.env)) ?? (await ctx.engine().catch(() => undefined));
  if (client === undefined) return 0;
  const containers = await client.containers.list({ all: true });
  for (const { Id } of containers) await client.containers.remove(Id, { force: true, volumes: true });
  await stopEngine(client, { force: true, containers: false });
  return containers.length;
}

/**
 * A rootless store contains files of the user's sub-ids, which only root in its namespaces may remove.
 * @throws TcomposeError ENGINE_API when something is left
 */
async function removeStore({ lib, run, ...rest }: EnginePaths, ctx: CliContext): Promise<void> {
  const remove =
    "try { require('node:fs').rmSync(process.argv[1], { recursive: true, force: true }) } catch (error) { console.error(error.message) }";
  let said = '';
  try {
    // The copies from which the next engine would restore the store.
    rmSync(join(run, 'copies'), { recursive: true, force: true });
  } catch (error) {
    throw cannotUse({ lib, run, ...rest }, error as NodeJS.ErrnoException);
  }
  if (process.getuid?.() === 0) rmSync(lib, { recursive: true, force: true });
  else
    ({ said } = await runInNamespaces(
      engineProgram().shim,
      run,
      ['command', '/', process.execPath, '-e', remove, lib],
      { env: process.env, warn: ctx.warn },
    ));
  if (lstatSync(lib, { throwIfNoEntry: false }) !== undefined)
    throw new TcomposeError(
      'ENGINE_API',
      `${lib} could not be removed whole: ${said.trim() || 'something is in use'}`,
      {
        hint: `Root can remove what is left: sudo rm -r ${lib}`,
      },
    );
}
