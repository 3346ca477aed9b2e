import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { TcomposeError } from '../errors.ts';
import { connectKeeper } from '../runtime/shim/keeper-client.ts';
import type { HeldLock } from '../sys/flock.ts';
import { keepMemorySmall } from '../sys/memory.ts';
import { systemClock } from './clock.ts';
import { createLog } from './log-sink.ts';
import { assemble } from './process/assemble.ts';
import { takeLock } from './process/lock.ts';
import { readPrivilege } from './process/privilege.ts';
import { serve } from './process/serve.ts';
import { createDamageReport } from './store/damage.ts';
import { checkFormat } from './store/format.ts';
import { locate, makeDirectories } from './store/layout.ts';

/**
 * The engine process. Started by the keeper as `node engine.cjs --lib DIR --run DIR` with fd 3 (see shim-protocol.ts);
 * exit 0 also ends the keeper, any other exit makes it start the next engine.
 */

keepMemorySmall();

const log = createLog(systemClock, (line) => process.stderr.write(line), process.env.TCOMPOSE_DEBUG === '1');

process.on('unhandledRejection', (reason) => log.error('a promise was rejected without a handler', reason));
process.on('uncaughtException', (error) => {
  log.error('stopping after an uncaught error', error);
  process.exit(1);
});

main().catch((error: unknown) => {
  const hint = error instanceof TcomposeError && error.hint !== undefined ? ` (${error.hint})` : '';
  log.error(`the engine cannot run: ${error instanceof Error ? error.message : String(error)}${hint}`);
  if (!(error instanceof TcomposeError)) log.error('where it happened', error);
  process.exit(1);
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { lib: { type: 'string' }, run: { type: 'string' } } });
  if (process.getuid?.() !== 0) {
    throw new TcomposeError('CLI_NOT_ROOT', 'the engine is not root of the namespace it was started in', {
      hint: 'it is started by commands that need it, which make a namespace for users who are not root',
    });
  }
  const layout = locate(
    { ...(values.lib ? { lib: values.lib } : {}), ...(values.run ? { run: values.run } : {}) },
    process.env,
  );
  if (Buffer.byteLength(`${layout.socket}.new`) > 107) {
    throw new TcomposeError(
      'ENGINE_START_FAILED',
      `${layout.socket} is too long for a unix socket's address.`,
      {
        hint: 'choose a shorter TCOMPOSE_ROOT, at most 90 characters',
      },
    );
  }
  makeDirectories(layout);
  const keeper = await connectKeeper(Number(process.env.TCOMPOSE_KEEPER_FD ?? 3));
  const damage = createDamageReport(log);
  let lock: HeldLock;
  try {
    lock = await takeLock(layout);
    rmSync(layout.ended, { force: true });
    checkFormat(layout, damage);
  } catch (error) {
    // Trying again would not help, so the keeper must not start another engine.
    keeper.shutdown();
    throw error;
  }
  await serve(await assemble(layout, readPrivilege(process.env, layout), keeper, log, damage), lock);
}
