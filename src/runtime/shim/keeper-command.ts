/**
 * Options of Node for the engine, which keep it small. V8 would let young objects have 16 MiB, of which it gives nothing
 * back: collecting them in steps of 1 MiB costs as little. Its four threads beside the main one have 1.5 MiB of their own,
 * and nearly nothing to do in an engine.
 */
const nodeOptions = ['--max-semi-space-size=1', '--v8-pool-size=1'];

interface KeeperPlaces {
  /** Absolute paths: the engine's directories, and its program. */
  readonly lib: string;
  readonly run: string;
  readonly engine: string;
}

/** Arguments of the shim binary that start a keeper, which runs the engine with this process's Node. */
export function keeperCommand({ lib, run, engine }: KeeperPlaces): string[] {
  const options = nodeOptions.flatMap((option) => ['--node-option', option]);
  return ['keeper', '--lib', lib, '--run', run, ...options, '--engine', process.execPath, engine];
}
