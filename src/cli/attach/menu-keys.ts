/** The action that a key of the menu requests. */
export type MenuAction =
  | { readonly kind: 'help' | 'watch' | 'detach' | 'quit' | 'interrupt' | 'suspend' | 'blank' | 'cancel' }
  /** Asks for the service to act on. */
  | { readonly kind: 'choose'; readonly what: ServiceAction }
  | { readonly kind: ServiceAction; readonly service: string }
  /** Shows all services again. */
  | { readonly kind: 'all' }
  /** Asks for a text, which ends with Enter. */
  | { readonly kind: 'type' }
  | { readonly kind: 'filter'; readonly text: string };

type ServiceAction = 'restart' | 'rebuild' | 'solo' | 'shell';

const asking: Readonly<Record<string, ServiceAction>> = { r: 'restart', b: 'rebuild', s: 'solo', x: 'shell' };
const plain: Readonly<Record<string, MenuAction>> = {
  h: { kind: 'help' },
  '?': { kind: 'help' },
  w: { kind: 'watch' },
  a: { kind: 'all' },
  d: { kind: 'detach' },
  q: { kind: 'quit' },
  '\r': { kind: 'blank' },
  '\n': { kind: 'blank' },
};
const always: Readonly<Record<string, MenuAction>> = {
  '\u0003': { kind: 'interrupt' },
  '\u001a': { kind: 'suspend' },
};
/** Keys for the services, in order. */
const serviceKeys = '123456789abcdefghijklmnopqrstuvwxyz';

/** The services and their keys; services beyond the number of keys can't be chosen. */
export const keysOf = (services: readonly string[]): readonly (readonly [key: string, service: string])[] =>
  services.slice(0, serviceKeys.length).map((service, at) => [serviceKeys[at]!, service]);

/**
 * Reads keys, one at a time. A choice takes one more key, a filter everything up to Enter; Escape cancels. Keys are
 * never echoed, so that log lines stay intact.
 */
export class MenuKeys {
  readonly #services: readonly string[];
  #state:
    | { readonly kind: 'choose'; readonly what: ServiceAction }
    | { kind: 'type'; text: string }
    | undefined;

  constructor(services: readonly string[]) {
    this.#services = services;
  }

  /** The actions for the characters of one read. */
  read(text: string): readonly MenuAction[] {
    // Escape sequences of arrow and function keys have no meaning here.
    if (/^\u001b./s.test(text)) return [];
    return [...text].flatMap((key) => this.#key(key) ?? []);
  }

  #key(key: string): MenuAction | undefined {
    const action = always[key];
    if (action !== undefined) return action;
    const state = this.#state;
    if (state?.kind === 'type') return this.#typed(state, key);
    this.#state = undefined;
    if (state?.kind === 'choose') {
      const service = keysOf(this.#services).find(([one]) => one === key)?.[1];
      return service === undefined ? { kind: 'cancel' } : { kind: state.what, service };
    }
    const what = asking[key];
    if (what !== undefined) return this.#choose(what);
    if (key === 'f') {
      this.#state = { kind: 'type', text: '' };
      return { kind: 'type' };
    }
    return plain[key];
  }

  #choose(what: ServiceAction): MenuAction {
    const [only, ...more] = this.#services;
    if (only !== undefined && more.length === 0) return { kind: what, service: only };
    this.#state = { kind: 'choose', what };
    return { kind: 'choose', what };
  }

  #typed(state: { text: string }, key: string): MenuAction | undefined {
    if (key === '\u001b') {
      this.#state = undefined;
      return { kind: 'cancel' };
    }
    if (key === '\r' || key === '\n') {
      this.#state = undefined;
      return { kind: 'filter', text: state.text };
    }
    if (key === '\u007f' || key === '\b') state.text = [...state.text].slice(0, -1).join('');
    else if (key >= ' ') state.text += key;
    return undefined;
  }
}
