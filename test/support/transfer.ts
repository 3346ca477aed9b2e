import { request } from 'node:http';
import { encodeRegistryAuth } from '../../src/engine/api/registry-headers.ts';
import type { RegistryCredentials } from '../../src/registry/auth/credentials.ts';

/** A line of the stream of a pull or push. */
export interface TransferLine {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly progress?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message: string; readonly tcompose?: { readonly code: string } };
  readonly aux?: { readonly Tag: string; readonly Digest: string; readonly Size: number };
  readonly message?: string;
}

export interface Transfer {
  readonly status: number;
  readonly lines: TransferLine[];
  /** As it came. */
  readonly text: string;
  /** The connection broke before the end. */
  readonly broken: boolean;
}

export interface TransferOptions {
  readonly credentials?: RegistryCredentials;
  readonly headers?: Readonly<Record<string, string>>;
  /** Told of each line and how many there are; the client goes away when it returns false. */
  readonly each?: (line: TransferLine, count: number) => boolean | undefined;
}

/** Asks an engine for a pull or push and reads its lines as they come. */
export function transfer(socketPath: string, path: string, options: TransferOptions = {}): Promise<Transfer> {
  return new Promise((resolve, reject) => {
    const lines: TransferLine[] = [];
    let text = '';
    let rest = '';
    const asked = request({
      socketPath,
      method: 'POST',
      path,
      agent: false,
      headers: {
        ...options.headers,
        ...(options.credentials === undefined
          ? {}
          : { 'X-Registry-Auth': encodeRegistryAuth(options.credentials) }),
      },
    });
    asked.on('response', (response) => {
      const done = (broken: boolean): void => {
        if (rest.trim() !== '') lines.push(JSON.parse(rest) as TransferLine);
        rest = '';
        resolve({ status: response.statusCode ?? 0, lines, text, broken });
      };
      response.on('data', (part: Buffer) => {
        text += part.toString();
        rest += part.toString();
        const found = rest.split('\n');
        rest = found.pop() ?? '';
        for (const line of found) {
          if (line.trim() === '') continue;
          lines.push(JSON.parse(line) as TransferLine);
          if (options.each?.(lines.at(-1)!, lines.length) === false) asked.destroy();
        }
      });
      response.on('end', () => done(false));
      response.on('error', () => done(true));
      response.on('close', () => done(!response.complete));
    });
    asked.on('error', (error) => (lines.length > 0 ? undefined : reject(error)));
    asked.end();
  });
}

/** What went wrong, by the last line or the answer; undefined: nothing. */
export const errorOf = ({ lines }: Transfer): string | undefined =>
  lines.at(-1)?.error ?? lines.at(-1)?.message;
