import type { BuildEvent } from '../../api/build.ts';

/** Turns events of a build into the messages of dockerd's builder (`POST /build`, version 1). */
export class ClassicStream {
  readonly #quiet: boolean;
  #steps = 0;
  #told = 0;

  /** @param quiet only the image's id is printed */
  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** The messages for an event, in order. */
  take(event: BuildEvent): readonly object[] {
    const stream = (text: string): readonly object[] => (this.#quiet ? [] : [{ stream: text }]);
    switch (event.type) {
      case 'begin':
        this.#steps = event.steps;
        return [];
      case 'start':
        return stream(this.#heading(event.name));
      case 'log':
        return stream(`${event.text}\n`);
      case 'end':
        if (event.outcome !== 'cached') return [];
        return [...stream(this.#heading(event.name)), ...stream(' ---> Using cache\n')];
      case 'warning':
        return stream(`[Warning] ${event.message}\n`);
      case 'plan':
        return stream(event.text);
      case 'note':
        return stream(`${event.text}\n`);
      case 'ask':
        return [];
      case 'done':
        return this.#done(event);
      case 'error': {
        const code = Number(/exit code: (\d+)/.exec(event.message)?.[1]);
        const detail = { message: event.message, ...(Number.isNaN(code) ? {} : { code }) };
        return [{ errorDetail: detail, error: event.message }];
      }
    }
  }

  #heading(name: string): string {
    this.#told++;
    return `Step ${this.#told}/${this.#steps} : ${name.replace(/^\[.*?\] /, '')}\n`;
  }

  #done({ image = '', tags }: Extract<BuildEvent, { type: 'done' }>): readonly object[] {
    const aux = { aux: { ID: image } };
    if (this.#quiet) return [aux, { stream: `${image}\n` }];
    const built = { stream: `Successfully built ${image.replace('sha256:', '').slice(0, 12)}\n` };
    return [aux, built, ...tags.map((tag) => ({ stream: `Successfully tagged ${tag}\n` }))];
  }
}
