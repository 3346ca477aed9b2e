import type { Probe } from '../../doctor/facts.ts';
import { probeSteps } from '../../doctor/facts.ts';
import { output } from './machine.ts';

/**
 * What the kernel lets this process create, tested by the shim in namespaces that end with it: as root's engine does,
 * or, for other users, in a user namespace. Undefined when the shim can't be run.
 */
export async function readProbe(shim: string | undefined, uid: number): Promise<Probe | undefined> {
  if (shim === undefined) return undefined;
  const printed = await output(shim, uid === 0 ? ['probe'] : ['probe', 'user']);
  return printed === undefined ? undefined : parseProbe(printed);
}

/** Parses lines of a name and an errno. Pure. */
export function parseProbe(printed: string): Probe {
  const lines = printed.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(
    lines.flatMap(([name, number]) => {
      const step = probeSteps.find((known) => known === name);
      return step === undefined || number === undefined ? [] : [[step, Number(number)]];
    }),
  );
}
