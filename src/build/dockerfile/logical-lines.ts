import { faultAt, type SourceText } from './fault.ts';
import type { LineRange } from './node.ts';

/** One instruction's text: physical lines joined, comments in between dropped. */
export interface LogicalLine {
  readonly text: string;
  readonly range: LineRange;
  readonly comments: readonly string[];
  /** There was a blank line in it. */
  readonly blankWithin: boolean;
}

const longest = 65535;

/** The physical lines of a Dockerfile, each without its line feed; a byte order mark at the beginning is dropped. */
export function physicalLines(text: string): readonly string[] {
  return (text.startsWith('\ufeff') ? text.slice(1) : text).split('\n');
}

/** Reads a Dockerfile line by line: instructions are joined, the lines of heredocs stay as they are. */
export class LineReader {
  readonly #source: SourceText;
  readonly #lines: readonly string[];
  readonly #continues: RegExp;
  readonly #directives: number;
  #next = 0;

  /** @param directives how many lines at the top are directives, and therefore not comments */
  constructor(source: SourceText, escapeToken: string, directives: number) {
    this.#source = source;
    this.#directives = directives;
    const { lines } = source;
    this.#lines = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    const token = escapeToken === '\\' ? '\\\\' : escapeToken;
    this.#continues = new RegExp(`(^|[^${token}])${token}[ \\t]*$`);
  }

  /** The number of the last line read, from 1. */
  get line(): number {
    return this.#next;
  }

  /** A physical line, with its line feed if it has one; undefined at the end. */
  raw(): string | undefined {
    const line = this.#take();
    if (line === undefined) return undefined;
    return this.#next < this.#source.lines.length ? `${line}\n` : line;
  }

  /** The next instruction; undefined at the end. */
  instruction(): LogicalLine | undefined {
    const comments: string[] = [];
    for (let line = this.#take(); line !== undefined; line = this.#take()) {
      const text = line.replace(/[\r\n]+$/, '').trimStart();
      if (text.startsWith('#')) {
        const comment = text.slice(1).trim();
        if (comment === '') comments.length = 0;
        else if (this.#next > this.#directives) comments.push(comment);
        continue;
      }
      const { kept, continued } = this.#cut(text);
      if (!continued && kept === '') continue;
      const joined = this.#join(kept, continued, comments);
      if (joined.text.trim() !== '') return joined;
    }
    return undefined;
  }

  #join(first: string, continued: boolean, comments: readonly string[]): LogicalLine {
    const start = this.#next;
    let text = first;
    let open = continued;
    let blankWithin = false;
    while (open) {
      const line = this.#take()?.replace(/[\r\n]+$/, '');
      if (line === undefined) break;
      if (line.trimStart().startsWith('#')) continue;
      if (line.trim() === '') {
        blankWithin = true;
        continue;
      }
      const { kept, continued: more } = this.#cut(line);
      text += kept;
      open = more;
    }
    return { text, range: { start, end: this.#next }, comments, blankWithin };
  }

  /** The line without its final escape character, if it continues. */
  #cut(line: string): { kept: string; continued: boolean } {
    const match = this.#continues.exec(line);
    if (match === null) return { kept: line, continued: false };
    return { kept: line.slice(0, match.index) + match[1]!, continued: true };
  }

  #take(): string | undefined {
    const line = this.#lines[this.#next];
    if (line === undefined) return undefined;
    if (Buffer.byteLength(line) > longest) {
      const at = Math.max(1, this.#next);
      const message = `dockerfile line greater than max allowed size of ${longest}`;
      throw faultAt(this.#source, { start: at, end: at }, message);
    }
    this.#next++;
    return line;
  }
}
