import { spawn } from 'node:child_process';
import { TcomposeError } from '../../../errors.ts';
import type { OciHook } from '../../../runtime/spec/oci-types.ts';
import type { CliContext } from '../../context.ts';
import type { OciContainer } from './store.ts';

/** The container's state for hooks without its closing brace: status and pid are added at each point. */
export function hookState({ id, bundle, spec }: OciContainer): string {
  const { ociVersion, annotations } = spec;
  return JSON.stringify({ ociVersion, id, bundle, ...(annotations ? { annotations } : {}) }).slice(0, -1);
}

/**
 * Hooks after the start or after the deletion, in the runtime's namespaces. A failed hook is reported as a warning, and
 * the others still run (runtime.md, Lifecycle, steps 10 and 13).
 */
export async function runLateHooks(
  ctx: CliContext,
  container: OciContainer,
  point: 'poststart' | 'poststop',
  pid: number | undefined,
): Promise<void> {
  const status = point === 'poststart' ? 'running' : 'stopped';
  const state = `${hookState(container)},"status":"${status}","pid":${pid ?? 0}}\n`;
  for (const hook of container.spec.hooks?.[point] ?? []) {
    try {
      await runHook(hook, state);
    } catch (error) {
      ctx.warn(`${point} hook ${hook.path} failed: ${(error as Error).message}`);
    }
  }
}

function runHook(hook: OciHook, state: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const [name = hook.path, ...args] = hook.args ?? [];
    const child = spawn(hook.path, args, {
      argv0: name,
      env: environment(hook.env ?? []),
      stdio: ['pipe', 'ignore', 'pipe'],
      ...(hook.timeout === undefined ? {} : { timeout: hook.timeout * 1000, killSignal: 'SIGKILL' }),
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      if (said.length < 300) said += bytes.toString();
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(state);
    child.on('error', reject);
    // Not `close`: processes that the hook left behind may keep the streams open.
    child.on('exit', (code, signal) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(hookError(hook, code, signal, said.trim()));
    });
  });
}

function hookError(
  hook: OciHook,
  code: number | null,
  signal: NodeJS.Signals | null,
  said: string,
): TcomposeError {
  const late = signal === 'SIGKILL' && hook.timeout !== undefined;
  const how = late
    ? `it took longer than ${hook.timeout} s`
    : signal === null
      ? `exit code ${code}`
      : `signal ${signal}`;
  return new TcomposeError('RUNTIME_BUNDLE', said === '' ? how : `${how}: ${said}`);
}

function environment(env: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    env.map((entry): [string, string] => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
