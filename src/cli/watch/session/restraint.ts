import type { EventSink } from '../../../events.ts';
import type { Change } from '../../../watch/change.ts';
import { Repeats } from '../../../watch/repeats.ts';
import type { CompiledRule } from '../../../watch/rule.ts';
import { fingerprintOf } from './fingerprint.ts';

interface RestraintOptions {
  readonly emit: EventSink;
  /** A path in readable form. */
  readonly shown: (path: string) => string;
  /** What is at a path; undefined if it can't be compared. */
  readonly print?: (path: string) => string | undefined;
}

/**
 * Prevents needless restarts, commands and builds: for a file that has not really changed, or repeatedly because of
 * their own output.
 */
export class Restraint {
  readonly #options: RestraintOptions;
  readonly #repeats = new Repeats();
  /** Path → what was there when its actions were last carried out. */
  readonly #prints = new Map<string, string>();
  #batch: readonly string[] = [];

  constructor(options: RestraintOptions) {
    this.#options = options;
  }

  /**
   * Which rules' actions to skip for which changes of a batch; files are synced in any case. `since`: when the first
   * change arrived.
   */
  judge(
    rules: readonly CompiledRule[],
    changes: readonly Change[],
    since: number,
  ): (rule: CompiledRule, change: Change) => boolean {
    const acting = rules.filter(({ action }) => action !== 'sync');
    const concerned = changes.filter(({ path }) => acting.some((rule) => rule.triggers(path)));
    const same = new Set(concerned.map(({ path }) => path).filter((path) => !this.#differs(path)));
    // A build compares its inputs itself.
    const isSame = (rule: CompiledRule, path: string) => rule.action !== 'rebuild' && same.has(path);
    const paused = new Set<CompiledRule>();
    for (const rule of acting) {
      const paths = concerned.map(({ path }) => path).filter((at) => rule.triggers(at) && !isSame(rule, at));
      if (paths.length === 0) continue;
      const verdict = this.#repeats.judge(rule, paths, since);
      if (verdict.kind !== 'go') paused.add(rule);
      if (verdict.kind === 'looping') this.#tell(rule, verdict.path);
    }
    this.#batch = concerned.map(({ path }) => path);
    return (rule, { path }) => paused.has(rule) || isSame(rule, path);
  }

  /** Called at the end of a batch. What `failed` is tried again when a file is saved, even unchanged. */
  ended(failed: boolean, now: number): void {
    this.#repeats.ended(now);
    if (failed) for (const path of this.#batch) this.#prints.delete(path);
  }

  /** What is at a path now is no reason to act. */
  settle(path: string): void {
    const print = (this.#options.print ?? fingerprintOf)(path);
    if (print !== undefined) this.#prints.set(path, print);
  }

  #differs(path: string): boolean {
    const print = (this.#options.print ?? fingerprintOf)(path);
    const before = this.#prints.get(path);
    if (print === undefined) this.#prints.delete(path);
    else this.#prints.set(path, print);
    return print === undefined || print !== before;
  }

  #tell({ service, action, path: at }: CompiledRule, path: string): void {
    const { emit, shown } = this.#options;
    emit({
      type: 'warning',
      message: `${service}: the rule ${action} of ${shown(at)} is paused: it seems to trigger itself, because ${shown(path)} changed each time right after it ran`,
      hint: 'Leave that file out by `ignore`. The rule resumes when nothing it watches has changed for ten seconds.',
    });
  }
}
