import type { ToldBuildEvent } from '../../../engine/client/builds.ts';

/** A message of `POST /build`. */
export interface ClassicMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly aux?: { readonly ID?: string };
  readonly error?: string;
}

const shownLines = 30;

/** Turns the messages of the classic builder into events of a build. */
export class ClassicEvents {
  readonly #tags: readonly string[];
  readonly #last: string[] = [];
  #rest = '';
  #step:
    | { readonly number: number; readonly name: string; cached: boolean; readonly since: number }
    | undefined;
  #image: string | undefined;
  readonly #now: () => number;

  /** @param now milliseconds from any starting point */
  constructor(tags: readonly string[], now: () => number) {
    this.#tags = tags;
    this.#now = now;
  }

  take(message: ClassicMessage): readonly ToldBuildEvent[] {
    if (message.aux?.ID !== undefined) this.#image = message.aux.ID;
    if (message.error !== undefined) return [...this.#endStep('failed'), this.#failure(message.error)];
    if (message.stream === undefined) return [];
    const lines = (this.#rest + message.stream).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line));
  }

  /** Events at the end of the messages. */
  end(): readonly ToldBuildEvent[] {
    const image = this.#image === undefined ? {} : { image: this.#image };
    return [...this.#endStep('done'), { type: 'done', tags: this.#tags, ...image }];
  }

  #line(line: string): readonly ToldBuildEvent[] {
    const [, number, name] = /^Step (\d+)\/\d+ : (.*)$/.exec(line) ?? [];
    if (number !== undefined && name !== undefined) {
      const ended = this.#endStep('done');
      this.#step = { number: Number(number) - 1, name, cached: false, since: this.#now() };
      this.#last.length = 0;
      return [...ended, { type: 'start', step: this.#step.number, name }];
    }
    if (/^ ---> Using cache/.test(line) && this.#step !== undefined) this.#step.cached = true;
    if (
      this.#step === undefined ||
      line.trim() === '' ||
      /^(?: --->|Successfully (?:built|tagged) )/.test(line)
    )
      return [];
    this.#last.push(line);
    if (this.#last.length > shownLines) this.#last.shift();
    return [{ type: 'log', step: this.#step.number, text: line }];
  }

  #endStep(outcome: 'done' | 'failed'): readonly ToldBuildEvent[] {
    const step = this.#step;
    if (step === undefined) return [];
    this.#step = undefined;
    const took = Math.round(this.#now() - step.since);
    const { number, name, cached } = step;
    return [
      { type: 'end', step: number, name, outcome: outcome === 'done' && cached ? 'cached' : outcome, took },
    ];
  }

  #failure(message: string): ToldBuildEvent {
    return {
      type: 'error',
      code: 'BUILD_STEP',
      message,
      ...(this.#last.length === 0 ? {} : { output: { name: 'output', lines: [...this.#last] } }),
    };
  }
}
