import { join } from 'node:path';
import type { Engine } from '../context.ts';
import { createSessions, type Sessions } from './session/sessions.ts';
import { type KeptContexts, keptContexts } from './solve/kept-contexts.ts';
import { createSolves, type Solves } from './solve/solves.ts';

/** What the builds that BuildKit's clients ask an engine for share. */
export interface Workshop {
  readonly sessions: Sessions;
  readonly solves: Solves;
  readonly kept: () => KeptContexts;
  /** How to give up builds that clients cancel by their id. */
  readonly cancels: Cancels;
}

interface Cancels {
  /** Returns the release. */
  put(id: string, cancel: () => void): () => void;
  cancel(id: string): void;
}

const workshops = new WeakMap<Engine, Workshop>();

/** The engine's, made by the first that asks. */
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
