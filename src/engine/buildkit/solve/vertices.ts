import { createHash } from 'node:crypto';
import { formatReference, parseReference, withDefaultTag } from '../../../image/reference.ts';
import type { BuildEvent } from '../../api/build.ts';
import type { StatusResponse, Vertex } from '../messages/control.ts';

type Piece = Partial<StatusResponse>;
type Time = { readonly seconds: number; readonly nanos: number };

/** Milliseconds since 1970 as `google.protobuf.Timestamp`. */
export const timestamp = (ms: number): Time => ({
  seconds: Math.floor(ms / 1000),
  nanos: Math.round((ms - Math.floor(ms / 1000) * 1000) * 1e6),
});

interface BuildFacts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The Dockerfile's text. */
  readonly dockerfile: () => string;
  /** Name of the last vertex; undefined if nothing is made of the result. */
  readonly exports: string | undefined;
  /** Names that the image gets. */
  readonly names: readonly string[];
}

/** The vertices of one build: the form in which its steps and preparations are reported. */
export class Vertices {
  readonly #ref: string;
  readonly #now: () => Time;
  readonly #dockerfile: () => string;
  readonly #open = new Map<string, Vertex>();
  /** Failed steps: they are reported with the error, which comes at the end. */
  readonly #failed = new Map<string, Vertex>();
  #steps = 0;
  #ended = 0;
  readonly #exports: string | undefined;
  readonly #names: readonly string[];

  constructor(ref: string, facts: BuildFacts) {
    this.#ref = ref;
    this.#now = () => timestamp(facts.now());
    this.#dockerfile = facts.dockerfile;
    this.#exports = facts.exports;
    this.#names = facts.names;
  }

  start(name: string, id = name): Piece {
    const vertex: Vertex = {
      digest: `sha256:${createHash('sha256').update(`${this.#ref}\0${id}`).digest('hex')}`,
      inputs: [],
      name,
      cached: false,
      started: this.#now(),
      completed: undefined,
      error: '',
    };
    this.#open.set(id, vertex);
    return { vertexes: [vertex] };
  }

  end(id: string, how: { readonly cached?: boolean; readonly error?: string } = {}): Piece {
    const vertex = this.#open.get(id);
    if (vertex === undefined) return {};
    this.#open.delete(id);
    return { vertexes: [{ ...vertex, ...how, completed: this.#now() }] };
  }

  /** Bytes that are being transferred, or have arrived, as part of a vertex. */
  transfer(id: string, what: string, bytes: number, done: boolean): Piece {
    const vertex = this.#open.get(id);
    if (vertex === undefined) return {};
    const { started } = vertex;
    const now = this.#now();
    return {
      statuses: [
        {
          id: what,
          vertex: vertex.digest,
          name: what,
          current: bytes,
          total: 0,
          timestamp: now,
          started,
          completed: done ? now : undefined,
        },
      ],
    };
  }

  /** The reports for an event of the build, in order. */
  take(event: BuildEvent): readonly Piece[] {
    switch (event.type) {
      case 'begin':
        this.#steps = event.steps;
        return this.#steps === 0 ? this.#beginExport() : [];
      case 'start':
        return [this.start(event.name, `step ${event.step}`)];
      case 'log':
        return this.#log(`step ${event.step}`, event.text);
      case 'end':
        return this.#endStep(event);
      case 'warning':
        return event.rule === undefined ? this.#remark(event) : [this.#warning(event)];
      case 'note':
        return this.#note(event.text);
      case 'done':
        return this.#done(event);
      case 'error':
        return this.#broken(event.message);
      default:
        return [];
    }
  }

  #log(id: string, text: string): readonly Piece[] {
    const vertex = this.#open.get(id)?.digest;
    if (vertex === undefined) return [];
    return [{ logs: [{ vertex, timestamp: this.#now(), stream: 1, message: Buffer.from(`${text}\n`) }] }];
  }

  #endStep({ step, name, outcome }: Extract<BuildEvent, { type: 'end' }>): readonly Piece[] {
    const id = `step ${step}`;
    const begun = this.#open.has(id) ? [] : [this.start(name, id)];
    this.#ended++;
    if (outcome === 'failed') {
      this.#failed.set(id, this.#open.get(id)!);
      return begun;
    }
    const ended = this.end(id, { cached: outcome === 'cached' });
    return [...begun, ended, ...(this.#ended === this.#steps ? this.#beginExport() : [])];
  }

  #beginExport(): readonly Piece[] {
    return this.#exports === undefined ? [] : [this.start(this.#exports)];
  }

  /** A warning without a rule gets a vertex of its own: clients may not show it otherwise. */
  #remark(event: Extract<BuildEvent, { type: 'warning' }>): readonly Piece[] {
    const title = `warning: ${event.message}`;
    return [this.start(title), this.#warning(event), this.end(title)];
  }

  #warning({ rule, message, where }: Extract<BuildEvent, { type: 'warning' }>): Piece {
    const vertex = [...this.#open.values()][0]?.digest ?? `sha256:${'0'.repeat(64)}`;
    const name = rule === undefined ? '' : `${rule}: `;
    const line = where === undefined ? '' : ` (line ${where.line})`;
    return {
      warnings: [
        {
          vertex,
          level: 1,
          short: Buffer.from(`${name}${message}${line}`),
          detail: [],
          url: rule === undefined ? '' : ruleAddress(rule),
          ...(where === undefined
            ? {}
            : {
                info: { filename: where.file, data: Buffer.from(this.#dockerfile()), language: 'Dockerfile' },
                ranges: [
                  {
                    start: { line: where.line, character: 0 },
                    end: { line: where.endLine ?? where.line, character: 0 },
                  },
                ],
              }),
        },
      ],
    };
  }

  #note(text: string): readonly Piece[] {
    const [, verb, name] = /^(pulling|pulled) (.*)$/.exec(text) ?? [];
    if (verb === 'pulling') return [this.start(`[internal] pull ${name}`)];
    if (verb === 'pulled') return [this.end(`[internal] pull ${name}`)];
    return [this.start(text), this.end(text)];
  }

  #done({ image }: Extract<BuildEvent, { type: 'done' }>): readonly Piece[] {
    if (this.#exports === undefined) return [];
    const lines = [
      ...(image === undefined ? [] : [`writing image ${image}`]),
      ...this.#names.map((name) => `naming to ${fullName(name)}`),
    ];
    return [...lines.map((line) => this.transfer(this.#exports!, line, 0, true)), this.end(this.#exports)];
  }

  /** The failed steps get the error; what was running was given up. */
  #broken(message: string): readonly Piece[] {
    return [...this.#open.keys()].map((id) =>
      this.end(id, { error: this.#failed.has(id) ? message : 'context canceled' }),
    );
  }
}

function fullName(name: string): string {
  try {
    return formatReference(withDefaultTag(parseReference(name)));
  } catch {
    return name;
  }
}

/** Where a rule of BuildKit's checks is explained. */
export const ruleAddress = (rule: string): string =>
  `https://docs.docker.com/go/dockerfile/rule/${kebab(rule)}/`;

const kebab = (rule: string): string =>
  rule.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();
