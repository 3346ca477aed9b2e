import { defaultPath, type StageState } from './stage-draft.ts';
import type { BuildConfig, StepId } from './types.ts';

const variablesOf = (env: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    env.map((one) => {
      const at = one.indexOf('=');
      return at < 0 ? [one, ''] : [one.slice(0, at), one.slice(at + 1)];
    }),
  );

/** Initial state of a stage on `scratch`. */
export function scratchState(): StageState {
  return {
    tree: { kind: 'empty' },
    image: undefined,
    config: { Env: [defaultPath], WorkingDir: '/' },
    author: undefined,
    history: [],
    variables: variablesOf([defaultPath]),
    args: [],
    workdirSet: false,
  };
}

/** Initial state of a stage on an image. */
export function imageState(step: StepId, config: BuildConfig, author: string | undefined): StageState {
  const env = config.Env ?? [];
  const complete = env.some((one) => one.startsWith('PATH=')) ? env : [...env, defaultPath];
  return {
    tree: { kind: 'step', step },
    image: step,
    config: { ...config, Env: complete },
    author,
    history: [],
    variables: variablesOf(complete),
    args: [],
    workdirSet: false,
  };
}
