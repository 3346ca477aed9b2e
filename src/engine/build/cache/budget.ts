import { statfsSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import { readOwnersFile } from '../../client/owners-file.ts';

/** Share of the disk, and most bytes: what the cache may take unless engine.json says otherwise. */
const usualShare = 0.1;
const usualMost = 20_000_000_000;

const units: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/**
 * Bytes that the build cache may take, from `builder.gc` in engine.json, which has the form of Docker's daemon.json:
 * `{"enabled": false}` for no limit, `{"defaultKeepStorage": "20GB"}`.
 * @param config path of engine.json
 * @param lib the data directory
 * @throws TcomposeError BUILD_CONTEXT when the file is invalid
 */
export function cacheBudget(config: string, lib: string): number {
  const text = readOwnersFile(config, 'BUILD_CONTEXT', 'It sets how large the build cache may get');
  const given = text === undefined ? undefined : budgetOf(text, config);
  if (given !== undefined) return given;
  const { blocks, bsize } = statfsSync(lib);
  return Math.min(usualMost, blocks * bsize * usualShare);
}

/** Undefined if the file does not say. Pure. */
export function budgetOf(text: string, file: string): number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TcomposeError('BUILD_CONTEXT', `${file}: this is not JSON`, { cause });
  }
  const { builder } = (value ?? {}) as {
    readonly builder?: {
      readonly gc?: { readonly enabled?: unknown; readonly defaultKeepStorage?: unknown };
    };
  };
  if (builder?.gc?.enabled === false) return Number.POSITIVE_INFINITY;
  const size = builder?.gc?.defaultKeepStorage;
  if (size === undefined) return undefined;
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(String(size)) ?? [];
  if (number === undefined)
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `${file}: builder.gc.defaultKeepStorage is not a size: ${String(size)}`,
      {
        hint: 'A size looks like 20GB.',
      },
    );
  return Math.floor(Number(number) * 1000 ** units[unit.toLowerCase()]!);
}
