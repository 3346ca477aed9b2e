import type { WatchSession } from '../watch/session/session.ts';

/** The watch session, once there is one. */
export class Watching {
  readonly #open: () => Promise<WatchSession>;
  #session: Promise<WatchSession> | undefined;
  #lose: (error: unknown) => void = () => {};
  current: WatchSession | undefined;
  /** Rejects when watching is no longer possible. */
  readonly lost = new Promise<never>((_, reject) => {
    this.#lose = reject;
  });

  constructor(open: () => Promise<WatchSession>) {
    this.#open = open;
    this.lost.catch(() => {});
  }

  /** Opens the session, once. @throws TcomposeError when there is nothing to watch */
  async open(): Promise<WatchSession> {
    this.#session ??= this.#open();
    try {
      this.current = await this.#session;
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
    this.current.lost.catch(this.#lose);
    return this.current;
  }

  /** Opens the session and acts on changes, while the command runs. */
  async begin(): Promise<void> {
    const session = await this.open();
    await session.begin();
  }

  async close(): Promise<void> {
    await (await this.#session?.catch(() => undefined))?.close();
  }
}
