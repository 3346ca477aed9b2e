import { spawn } from 'node:child_process';
import type { Env } from '../context.ts';
import type { RegistryAuth } from './docker-config.ts';

/** A helper's answer. `none`: it has nothing under that name. */
export type HelperAnswer =
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly why: string };

type Verb = 'get' | 'store' | 'erase' | 'list';

/** Milliseconds that a helper may take: it may ask its user something. */
const patience = 120_000;
/** Most bytes of an answer that are read. */
const longest = 1 << 20;

/** What helpers print for an unknown server (docker-credential-helpers). */
const unknown = /credentials not found/i;

export const helperProgram = (suffix: string): string => `docker-credential-${suffix}`;

/**
 * Runs `docker-credential-SUFFIX VERB` from the user's PATH with `input` on its standard input; its standard error is
 * the user's.
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
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    child.stdout?.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= longest) parts.push(part);
    });
    // A helper may end without reading its input.
    child.stdin?.on('error', () => undefined);
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
    child.stdin?.end(input);
  });
}

/** The credentials in a helper's answer to `get`; undefined when it violates the protocol. */
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
