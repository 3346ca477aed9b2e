import { posix } from 'node:path';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import type { EventSink } from '../../../events.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import { relativeTo, textOfBytes } from '../../../watch/change.ts';
import type { Standing } from '../../../watch/compare.ts';
import { conflictEnding, decide } from '../../../watch/merge.ts';
import type { CompiledRule } from '../../../watch/rule.ts';
import { listItems } from '../list-items.ts';
import { standingHere, standingThere } from '../standing.ts';
import { fetchFile } from './fetch-file.ts';
import { HostFiles } from './host-files.ts';

interface Container {
  readonly id: string;
  readonly name: string;
}

interface TwoWayOptions {
  readonly client: EngineClient;
  readonly emit: EventSink;
  /** A path in readable form. */
  readonly shown: (path: string) => string;
}

/** Most conflicts per container and rule for which a file is put beside. */
const mostConflicts = 100;

/**
 * Brings what containers write back to this machine, for rules in both directions. Both sides are compared with the
 * previous check: what only the container changed is copied here; what both changed stays as it is here, with the
 * container's version beside it.
 */
export class TwoWay {
  readonly #options: TwoWayOptions;
  /** Container and rule → both sides at the previous check. */
  readonly #seen = new Map<string, Map<CompiledRule, { here: Standing; there: Standing }>>();

  constructor(options: TwoWayOptions) {
    this.#options = options;
  }

  /** The first check of a container: what it has by now is not a change. */
  async begin(rule: CompiledRule, { id }: Pick<Container, 'id'>): Promise<void> {
    const sides = { here: await here(rule), there: await this.#there(rule, id) };
    const known = this.#seen.get(id) ?? new Map<CompiledRule, { here: Standing; there: Standing }>();
    this.#seen.set(id, known.set(rule, sides));
  }

  /** The container is gone. */
  forget(id: string): void {
    this.#seen.delete(id);
  }

  /** Checks a container. @returns what has to be put into the service's containers now. @throws TcomposeError of the engine */
  async look(rule: CompiledRule, container: Container): Promise<readonly SyncItem[]> {
    const seen = this.#seen.get(container.id)?.get(rule);
    if (seen === undefined) {
      await this.begin(rule, container);
      return [];
    }
    const now = { here: new Map(await here(rule)), there: await this.#there(rule, container.id) };
    const items: SyncItem[] = [];
    for (const target of new Set([...now.there.keys(), ...seen.there.keys()])) {
      const decision = decide({
        here: now.here.get(target),
        there: now.there.get(target),
        seenHere: seen.here.get(target),
        seenThere: seen.there.get(target),
      });
      if (decision === 'none') continue;
      const source = sourceOf(rule, target);
      if (await this.#carryOut(decision, { rule, container, target, source, what: now.there.get(target) }))
        items.push({ source, target, kind: decision === 'remove' ? 'gone' : 'file' });
      if (decision === 'remove') now.here.delete(target);
      else if (decision === 'bring') now.here.set(target, now.there.get(target)!);
    }
    this.#seen.get(container.id)?.set(rule, now);
    return items;
  }

  async #carryOut(
    decision: 'bring' | 'remove' | 'conflict',
    found: {
      readonly rule: CompiledRule;
      readonly container: Container;
      readonly target: string;
      readonly source: string;
      readonly what: string | undefined;
    },
  ): Promise<boolean> {
    const { rule, container, target, source, what } = found;
    const { client, emit, shown } = this.#options;
    const files = new HostFiles(rule.path);
    const note = (message: string) => emit({ type: 'watch', phase: 'note', message });
    try {
      if (decision === 'remove') {
        files.remove(source);
        note(`${shown(source)} ← ${container.name}: it was deleted there`);
        return true;
      }
      const fetched = await fetchFile(client, container.id, target);
      // It changed again, or is too large: left to the next check.
      if (fetched === undefined || fetched.what !== what) return false;
      if (decision === 'bring') {
        files.write(source, fetched.content, fetched.mode);
        note(`${shown(source)} ← ${container.name}`);
        return true;
      }
      const beside = freeName(files, `${source}.${container.name}`);
      if (beside === undefined) return true;
      files.write(beside, fetched.content, fetched.mode);
      emit({
        type: 'warning',
        message: `${shown(source)} changed here and in ${container.name}: this machine's version stays, and the container's is ${shown(beside)}`,
        hint: 'Copy what you need from it, and delete it.',
      });
      return true;
    } catch (error) {
      emit({
        type: 'warning',
        message: `${textOfBytes(target)} of ${container.name} cannot be copied here: ${(error as Error).message}`,
      });
      return false;
    }
  }

  async #there(rule: CompiledRule, id: string): Promise<Standing> {
    const all = await standingThere(this.#options.client, id, posix.join('/', rule.target ?? ''));
    return new Map([...all].filter(([target]) => rule.targetOf(sourceOf(rule, target)) === target));
  }
}

const here = async (rule: CompiledRule): Promise<Standing> => standingHere(await listItems(rule));

/** Where a path in a container belongs on this machine. */
function sourceOf(rule: CompiledRule, target: string): string {
  const below = relativeTo(target, posix.join('/', rule.target ?? '').replace(/(.)\/$/, '$1'));
  return below === '' ? rule.path : posix.join(rule.path, below);
}

function freeName(files: HostFiles, name: string): string | undefined {
  for (let number = 1; number <= mostConflicts; number++) {
    const path = `${name}${number === 1 ? '' : `-${number}`}${conflictEnding}`;
    if (!files.has(path)) return path;
  }
  return undefined;
}
