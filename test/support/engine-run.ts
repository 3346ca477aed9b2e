import type { TestEngine } from './engine.ts';

/**
 * Creates, starts and waits for a container without a network, and removes it: what it printed, or the message that the engine
 * refused it with.
 */
export async function outputOfRun(
  engine: TestEngine,
  request: { readonly HostConfig?: object; readonly [key: string]: unknown },
): Promise<{ readonly output: string; readonly message: string | undefined }> {
  const made = await engine.api<{ Id: string; message?: string }>('POST', '/containers/create', {
    Tty: true,
    ...request,
    HostConfig: { NetworkMode: 'none', ...request.HostConfig },
  });
  if (made.status !== 201) return { output: '', message: made.json.message };
  const path = `/containers/${made.json.Id}`;
  try {
    const start = await engine.api<{ message: string }>('POST', `${path}/start`);
    if (start.status !== 204) return { output: '', message: start.json.message };
    await engine.api('POST', `${path}/wait`);
    const { text } = await engine.api('GET', `${path}/logs?stdout=1&stderr=1`);
    return { output: text.replaceAll('\r\n', '\n'), message: undefined };
  } finally {
    await engine.api('DELETE', `${path}?force=1&v=1`);
  }
}
