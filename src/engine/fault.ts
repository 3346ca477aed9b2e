import { readFileSync, rmSync } from 'node:fs';

/** Points at which a test may kill the engine, in the order of a container's life cycle. */
export const faultPoints = [
  'create:directory',
  'create:config',
  'create:state',
  'start:begin',
  'start:state',
  'start:spawned',
  'start:started',
  'start:network',
  'start:running',
  'exec:spawned',
  'exec:created',
  'exec:started',
  'exit:begin',
  'exit:recorded',
  'remove:begin',
  'remove:state',
  'remove:files',
] as const;

/** Points during a build, in their order. */
export const buildFaultPoints = [
  'build:sent',
  'build:planned',
  'build:begun',
  'build:fetched',
  'build:copied',
  'build:mounted',
  'build:spawned',
  'build:created',
  'build:started',
  'build:ran',
  'build:written',
  'build:kept',
  'build:packed',
  'build:noted',
  'build:recorded',
  'build:tagged',
  'build:exported',
  'build:blob',
  'build:saved',
] as const;
export type FaultPoint = (typeof faultPoints)[number] | (typeof buildFaultPoints)[number];

/**
 * With `TCOMPOSE_FAULT=<point>` in the environment (a debugging aid: nothing sets it in normal use) the engine kills
 * itself with SIGKILL when it reaches the point; with `<point>@n`, the n-th time; the engine that the keeper starts
 * next runs without the fault. With `<point>!` it stops itself (SIGSTOP) until it is resumed: meanwhile a client can
 * disconnect. `TCOMPOSE_FAULT=/a/file` names a file that contains such a word: any engine that reaches its point removes
 * the file first. With this, tests interrupt a create, a start or a build at an exact place.
 */
export function createFaults(env: Readonly<Record<string, string | undefined>>): (point: FaultPoint) => void {
  const asked = env.TCOMPOSE_FAULT ?? '';
  if (asked.startsWith('/')) return (reached) => atFileFault(asked, reached);
  const fault = faultOf(asked);
  const firstEngine = (env.TCOMPOSE_ENGINE_RESTARTS ?? '0') === '0';
  if (fault === undefined || !firstEngine) return () => {};
  let left = fault.times;
  return (reached) => {
    if (reached !== fault.point || left === 0 || --left > 0) return;
    interrupt(fault.stops);
  };
}

function faultOf(
  word: string,
): { readonly point: string; readonly stops: boolean; readonly times: number } | undefined {
  const [, point, stops, times = '1'] = /^([\w:]+)(!)?(?:@(\d+))?$/.exec(word) ?? [];
  return point === undefined ? undefined : { point, stops: stops !== undefined, times: Number(times) };
}

function atFileFault(file: string, reached: FaultPoint): void {
  let word: string;
  try {
    word = readFileSync(file, 'utf8');
  } catch {
    return;
  }
  const fault = faultOf(word.trim());
  if (reached !== fault?.point) return;
  rmSync(file, { force: true });
  interrupt(fault.stops);
}

function interrupt(stops: boolean): void {
  if (stops) return void process.kill(process.pid, 'SIGSTOP');
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered on return from the system call; nothing after this line may run.
  for (;;);
}
