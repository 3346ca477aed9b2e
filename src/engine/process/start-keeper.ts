import { spawn } from 'node:child_process';
import { keeperCommand } from '../../runtime/shim/keeper-command.ts';
import type { Layout } from '../store/layout.ts';

/** Starts a keeper to replace one that died; it starts the next engine, which waits for this one's lock. */
export function startKeeper(layout: Layout): void {
  const shim = process.env.TCOMPOSE_SHIM;
  if (shim === undefined) return;
  const argv = keeperCommand({ lib: layout.lib, run: layout.run, engine: process.argv[1]! });
  spawn(shim, argv, { stdio: 'ignore', detached: true, cwd: '/' }).unref();
}
