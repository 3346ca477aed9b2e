import { spawn } from 'node:child_process';
import type { Env } from '../context.ts';
import type { RegistryAuth } from './docker-config.ts';

/** What a helper answered. `none`: it keeps nothing of that name. */
export type HelperAnswer =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly why: string };

type Verb = 'get' | 'store' | 'erase' | 'list';

/** Longest time a helper may take, milliseconds: it may ask its user something. */
const patience = 120_000;
/** Most bytes of an answer that are read. */
const longest = 1 << 20;

/** What helpers print for a server they know nothing of (docker-credential-helpers). */
const unknown = /credentials not found/i;

export const helperProgram = (suffix: string): string => `docker-credential-${suffix}`;

/**
 * Runs `docker-credential-SUFFIX VERB` of the user's PATH with `input` on its standard input; what it writes to standard error
 * goes to the user's.
 */
export async function askHelper(suffix: string, verb: Verb, input: string, env: Env): Promise<HelperAnswer> {
  if (!/^[\w.-]+$/.test(suffix))
    return { kind: 'failed', why: `${JSON.stringify(suffix)} is no helper's name` };
  const program = helperProgram(suffix);
  return new Promise((resolve) => {
    const child = spawn(program, [verb], {
      env: env as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: patience,
    });
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= longest) parts.push(part);
    });
    // A helper may end without having read what it was given.
    child.stdin.on('error', () => undefined);
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({
        kind: 'failed',
        why: error.code === 'ENOENT' ? `${program} is not on PATH` : error.message,
      }),
    );
    child.on('close', (code, signal) => {
      const text = Buffer.concat(parts).toString('utf8').trim();
      if (code === 0) resolve({ kind: 'done', text });
      else if (unknown.test(text)) resolve({ kind: 'none' });
      else
        resolve({
          kind: 'failed',
          why:
            text.split('\n')[0] || (signal === null ? `it ended with ${code}` : `it was ended by ${signal}`),
        });
    });
    child.stdin.end(input);
  });
}

/** Who a helper's answer to `get` is for; undefined when it is not what the protocol says. */
export function authOfAnswer(text: string, serveraddress: string): RegistryAuth | undefined {
  try {
    const { Username, Secret } = JSON.parse(text) as { Username?: unknown; Secret?: unknown };
    if (typeof Username !== 'string' || typeof Secret !== 'string') return undefined;
    return Username === '<token>'
      ? { identitytoken: Secret, serveraddress }
      : { username: Username, password: Secret, serveraddress };
  } catch {
    return undefined;
  }
}
