import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: agents of builds: ${unmet}`);

describe.skipIf(unmet !== undefined)('RUN --mount=type=ssh', () => {
  let builder: Builder;
  let agent: Server;
  let directory: string;
  let socket: string;

  beforeAll(async () => {
    builder = await startBuilder();
    directory = mkdtempSync(join(tmpdir(), 'tcompose-agent-'));
    socket = join(directory, 'agent');
    // Whatever it is asked, it answers with the same word.
    agent = createServer((client) => client.on('data', () => client.end('answer\n')));
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
  });

  afterAll(async () => {
    agent?.close();
    if (directory !== undefined) rmSync(directory, { recursive: true });
    expect(await builder?.close()).toEqual([]);
  });

  it('leads to the agent of that id, with the owner and mode of the mount', async () => {
    const text = `FROM busybox
USER nginx
RUN --mount=type=ssh,id=github,uid=101,mode=0660 stat -c '%u %a %F' $SSH_AUTH_SOCK && echo $SSH_AUTH_SOCK
RUN test -z "$SSH_AUTH_SOCK" && test ! -e /run
`;
    const { error, output, image } = await builder.build({ text, ssh: { github: socket } });
    expect(error).toBeUndefined();
    expect(output.slice(0, 2)).toEqual(['101 660 socket', '/run/buildkit/ssh_agent.0']);
    const { json } = await builder.engine.api<{ Config: { Env: readonly string[] } }>(
      'GET',
      `/images/${image}/json`,
    );
    expect(json.Config.Env.join()).not.toContain('SSH_AUTH_SOCK');
  });

  it('carries what is said both ways, and is gone with the build', async () => {
    const text = 'FROM busybox\nRUN --mount=type=ssh echo ready && sleep 1000\n';
    const stop = new AbortController();
    const [temporary, ...scratch] = [join(builder.engine.root, 'lib/build/tmp'), 'scratch', 'm0'];
    let answer = '';
    const build = builder.build(
      { text, ssh: { default: socket } },
      {
        signal: stop.signal,
        onEvent(event) {
          if (event.type !== 'log') return;
          const [step = ''] = readdirSync(temporary);
          connect(join(temporary, step, ...scratch))
            .on('data', (bytes) => {
              answer += bytes.toString();
            })
            .on('close', () => stop.abort())
            .write('question\n');
        },
      },
    );
    await expect(build).rejects.toThrow(/abort/i);
    expect(answer).toBe('answer\n');
    await until(() => readdirSync(temporary).length === 0, 'the step to be cleared away');
  });

  it('is an error without the agent only where it is required', async () => {
    const without = await builder.build({
      text: 'FROM busybox\nRUN --mount=type=ssh test ! -e $SSH_AUTH_SOCK\n',
    });
    expect(without.error).toBeUndefined();
    const { error } = await builder.build({
      text: 'FROM busybox\nRUN --mount=type=ssh,required=true true\n',
    });
    expect(error).toMatchObject({ message: expect.stringContaining('unset ssh forward key default') });
    expect(error?.where?.line).toBe(2);
    expect(error?.hint).toContain('--ssh default');
  });
});
