import { join } from 'node:path';
import type { Engine } from '../context.ts';
import { createSessions, type Sessions } from './session/sessions.ts';
import { type KeptContexts, keptContexts } from './solve/kept-contexts.ts';
import { createSolves, type Solves } from './solve/solves.ts';

/** What all builds share that BuildKit's clients request from an engine. */
export interface Workshop {
  readonly sessions: Sessions;
  readonly solves: Solves;
  readonly kept: () => KeptContexts;
  /** How to cancel builds by their id. */
  readonly cancels: Cancels;
}

interface Cancels {
  /** Returns the function that unregisters it. */
  put(id: string, cancel: () => void): () => void;
  cancel(id: string): void;
}

const workshops = new WeakMap<Engine, Workshop>();

/** The engine's workshop, made on first use. */
export function workshop(engine: Engine): Workshop {
  const known = workshops.get(engine);
  if (known !== undefined) return known;
  let kept: KeptContexts | undefined;
  const made: Workshop = {
    sessions: createSessions(),
    solves: createSolves(),
    cancels: createCancels(),
    kept: () => {
      kept ??= keptContexts(join(engine.layout.lib, 'build', 'contexts'), () => engine.clock.now().ms);
      return kept;
    },
  };
  workshops.set(engine, made);
  return made;
}

function createCancels(): Cancels {
  const known = new Map<string, () => void>();
  return {
    put(id, cancel) {
      known.set(id, cancel);
      return () => {
        if (known.get(id) === cancel) known.delete(id);
      };
    },
    cancel: (id) => known.get(id)?.(),
  };
}
