import type { Hook } from '../../compose/model/hooks.ts';
import { composeWords } from '../../compose-words.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { outputOf } from '../../engine/client/frames.ts';
import { TcomposeError } from '../../errors.ts';

/** Runs one command inside a container, and returns its exit code and output. */
export async function runInside(
  client: EngineClient,
  container: string,
  hook: Hook,
): Promise<{ readonly code: number; readonly output: string }> {
  const exec = await client.exec.create(container, {
    Cmd: hook.command ?? [],
    AttachStdout: true,
    AttachStderr: true,
    ...(hook.user === undefined ? {} : { User: hook.user }),
    ...(hook.privileged === undefined ? {} : { Privileged: hook.privileged }),
    ...(hook.working_dir === undefined ? {} : { WorkingDir: hook.working_dir }),
    ...(hook.environment === undefined
      ? {}
      : {
          Env: Object.entries(hook.environment).map(([name, value]) =>
            value === null ? name : `${name}=${value}`,
          ),
        }),
  });
  const { socket, head } = await client.exec.start(exec.Id, { tty: false });
  const output: Buffer[] = [];
  const source = (async function* () {
    if (head.length > 0) yield head;
    yield* socket as AsyncIterable<Buffer>;
  })();
  for await (const chunk of outputOf(source, true)) output.push(chunk.bytes);
  const { ExitCode } = await client.exec.inspect(exec.Id);
  return { code: ExitCode ?? -1, output: Buffer.concat(output).toString('utf8') };
}

/**
 * Runs a service's hooks inside its container, one after the other.
 * @throws TcomposeError PROJECT_STEP with the hook's output when one ends with an exit code other than 0.
 */
export async function runHooks(
  client: EngineClient,
  container: { readonly id: string; readonly name: string; readonly service: string },
  hooks: readonly Hook[],
  when: 'post_start' | 'pre_stop',
): Promise<void> {
  for (const hook of hooks) {
    const { code, output } = await runInside(client, container.id, hook);
    if (code === 0) continue;
    const text = output.trimEnd();
    throw new TcomposeError(
      'PROJECT_STEP',
      `${composeWords.hookFailed(container.service, code)}: ${when} of ${container.name}: ${(hook.command ?? []).join(' ')}${
        text === '' ? '' : `\n${text.replace(/^/gm, '    ')}`
      }`,
    );
  }
}
