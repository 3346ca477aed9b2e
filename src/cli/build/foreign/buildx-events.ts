import type { BuildEvent } from '../../../engine/api/build.ts';
import type { ToldBuildEvent } from '../../../engine/client/builds.ts';

/** A line of `--progress=rawjson`: BuildKit's report about a build, in JSON. */
interface Told {
  readonly vertexes?: readonly Vertex[];
  readonly logs?: readonly { readonly vertex: string; readonly data?: string }[];
  readonly warnings?: readonly { readonly short?: string; readonly level?: number }[];
}

interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly started?: string;
  readonly completed?: string;
  readonly cached?: boolean;
  readonly error?: string;
}

interface Step {
  readonly number: number;
  readonly name: string;
  begun: boolean;
  ended: boolean;
  /** Output after the last line feed. */
  rest: string;
  readonly last: string[];
}

/** Lines to show of a failed step's output. */
const shownLines = 30;

/** Turns buildx's standard error into events of a build. */
export class BuildxEvents {
  readonly #steps = new Map<string, Step>();
  /** Lines that are not JSON: buildx's own messages. */
  readonly #words: string[] = [];
  #failed: Step | undefined;

  take(line: string): readonly ToldBuildEvent[] {
    const told = parsed(line);
    if (told === undefined) {
      if (line.trim() !== '' && this.#words.length < 200) this.#words.push(line);
      return [];
    }
    return [
      ...(told.vertexes ?? []).flatMap((vertex) => this.#vertex(vertex)),
      ...(told.logs ?? []).flatMap(({ vertex, data = '' }) => this.#log(vertex, textOf(data))),
      ...(told.warnings ?? []).map(({ short = '' }) => warningOf(textOf(short))),
    ];
  }

  /** The error of a build that failed. */
  failure(status: number | null): Extract<BuildEvent, { type: 'error' }> {
    const said = this.#words.findLast((line) => /^ERROR:/.test(line)) ?? this.#words.at(-1);
    const message = (said ?? `docker buildx ended with status ${status}`).replace(
      /^ERROR: (?:failed to build: )?(?:failed to solve: )?/,
      '',
    );
    const failed = this.#failed;
    return {
      type: 'error',
      code: 'BUILD_STEP',
      message,
      ...(failed === undefined || failed.last.length === 0
        ? {}
        : { output: { name: failed.name, lines: failed.last } }),
    };
  }

  #vertex({
    digest,
    name,
    started,
    completed,
    cached = false,
    error = '',
  }: Vertex): readonly ToldBuildEvent[] {
    const step = this.#steps.get(digest) ?? {
      number: this.#steps.size,
      name,
      begun: false,
      ended: false,
      rest: '',
      last: [],
    };
    this.#steps.set(digest, step);
    const events: ToldBuildEvent[] = [];
    if (started !== undefined && !step.begun) {
      step.begun = true;
      if (!cached) events.push({ type: 'start', step: step.number, name });
    }
    if (completed === undefined || started === undefined || step.ended) return events;
    step.ended = true;
    if (error !== '' && !/context canceled/.test(error)) this.#failed ??= step;
    if (step.rest !== '') events.push(...this.#lines(step, '\n'));
    const outcome = error !== '' ? 'failed' : cached ? 'cached' : 'done';
    const took = Math.max(0, Date.parse(completed) - Date.parse(started));
    return [...events, { type: 'end', step: step.number, name, outcome, took }];
  }

  #log(digest: string, text: string): readonly ToldBuildEvent[] {
    const step = this.#steps.get(digest);
    return step === undefined ? [] : this.#lines(step, text);
  }

  #lines(step: Step, text: string): readonly ToldBuildEvent[] {
    const lines = (step.rest + text).split('\n');
    step.rest = lines.pop() ?? '';
    for (const line of lines) {
      step.last.push(line);
      if (step.last.length > shownLines) step.last.shift();
    }
    return lines.map((line) => ({ type: 'log', step: step.number, text: line }));
  }
}

const textOf = (base64: string): string => Buffer.from(base64, 'base64').toString();

function parsed(line: string): Told | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Told;
  } catch {
    return undefined;
  }
}

/** `Rule: message (line 3)`. */
function warningOf(short: string): ToldBuildEvent {
  const [, rule, message = short] = /^([A-Z][A-Za-z]+): (.*)$/s.exec(short) ?? [];
  return { type: 'warning', message, ...(rule === undefined ? {} : { rule }) };
}
