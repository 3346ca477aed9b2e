import { composeWords } from '../../compose-words.ts';
import { TcomposeError } from '../../errors.ts';
import type { Act } from './act.ts';
import { createContainer } from './create-container.ts';
import { lastLines } from './wait.ts';

/** Runs each hook's container to its end; the container of a failed hook is kept for inspection. */
export const runPreStart: Act<'run-hooks'> = async (operation, { client, ids }, progress, signal) => {
  progress('Running pre_start hooks', 'working');
  for (const { name, spec } of operation.hooks) {
    const { id } = await createContainer(client, name, spec, ids);
    const ended = client.containers.wait(id, 'next-exit', signal);
    ended.catch(() => undefined);
    await client.containers.start(id);
    const { StatusCode } = await ended;
    if (StatusCode !== 0) {
      const lines = await lastLines(client, id, { tty: false });
      throw new TcomposeError(
        'PROJECT_DEPENDENCY',
        `${composeWords.hookFailed(operation.service, StatusCode)}: a pre_start hook: ${name} failed${
          lines === '' ? '' : `\n  last output of ${name}:\n${lines.replace(/^/gm, '    ')}`
        }`,
        { hint: 'Its container is kept until the next attempt.' },
      );
    }
    await client.containers.remove(id, { force: true, volumes: false });
  }
  progress('Ran pre_start hooks', 'done');
};
