import { spawn } from 'node:child_process';
import type { Layout } from '../store/layout.ts';

/** Starts a keeper to replace one that died; it starts the next engine, which waits for this one's lock. */
export function startKeeper(layout: Layout): void {
  const shim = process.env.TCOMPOSE_SHIM;
  if (shim === undefined) return;
  const argv = [
    'keeper',
    '--lib',
    layout.lib,
    '--run',
    layout.run,
    '--engine',
    process.execPath,
    process.argv[1]!,
  ];
  spawn(shim, argv, { stdio: 'ignore', detached: true, cwd: '/' }).unref();
}
