import type { BuildEvent } from '../../engine/api/build.ts';
import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { CliContext } from '../context.ts';
import { runOneOff } from '../run/run-one-off.ts';

/** What a failed step has left, and the shell to examine it with. */
export type FailedStep = NonNullable<Extract<BuildEvent, { type: 'error' }>['shell']> & {
  readonly service: string;
};

/**
 * Opens a shell in the environment of a failed step's command: its files as it left them, its variables, directory and
 * user. The shell reads this process's input; what the step has left is removed afterwards.
 */
export async function debugShell(
  ctx: CliContext,
  client: EngineClient,
  { service, step, image, command }: FailedStep,
): Promise<void> {
  const tty = ctx.stdout.isTTY === true && ctx.stdin.isTTY === true;
  ctx.warn(`${service}: ${command.join(' ')} in the container of ${step}; mounts of the step are not there`);
  const name = `${service}-failed-step-${image.slice(7, 15)}`;
  try {
    const { Id: id } = await client.containers.create(name, {
      Image: image,
      Entrypoint: [...command],
      Cmd: [],
      Tty: tty,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const run = { id, name, service, tty, interactive: true, detach: false, remove: true };
    await runOneOff(ctx, client, run);
  } finally {
    await tolerate(client.images.remove(image, { force: true }), 404, 409);
  }
}
