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
 * disconnect. With this, tests interrupt a create, a start or a build at an exact place.
 */
export function createFaults(env: Readonly<Record<string, string | undefined>>): (point: FaultPoint) => void {
  const [, point, stops, times = '1'] = /^([\w:]+)(!)?(?:@(\d+))?$/.exec(env.TCOMPOSE_FAULT ?? '') ?? [];
  const firstEngine = (env.TCOMPOSE_ENGINE_RESTARTS ?? '0') === '0';
  if (point === undefined || !firstEngine) return () => {};
  let left = Number(times);
  return (reached) => {
    if (reached !== point || left === 0 || --left > 0) return;
    if (stops !== undefined) return void process.kill(process.pid, 'SIGSTOP');
    process.kill(process.pid, 'SIGKILL');
    // The signal is delivered on return from the system call; nothing after this line may run.
    for (;;);
  };
}
