/** Points at which a test may kill the engine, in the order of a container's life. */
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
export type FaultPoint = (typeof faultPoints)[number];

/**
 * With `TCOMPOSE_FAULT=<point>` in the environment (a debugging aid: nothing sets it in normal use) the engine kills
 * itself with SIGKILL on reaching the point, `<point>@n` on reaching it the n-th time; the engine that the keeper then
 * starts carries on without the fault. That is how tests interrupt a create or start at an exact place.
 */
export function createFaults(env: Readonly<Record<string, string | undefined>>): (point: FaultPoint) => void {
  const wanted = env.TCOMPOSE_FAULT;
  const firstEngine = (env.TCOMPOSE_ENGINE_RESTARTS ?? '0') === '0';
  if (wanted === undefined || wanted === '' || !firstEngine) return () => {};
  const [point, times = '1'] = wanted.split('@');
  let left = Number(times);
  return (reached) => {
    if (reached !== point || --left > 0) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal is delivered on return from the system call; nothing after this line may run.
    for (;;);
  };
}
