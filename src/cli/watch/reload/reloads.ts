import type { EventSink } from '../../../events.ts';
import { ReloadServer } from './reload-server.ts';

/** The servers for pages of services with `x-reload`. */
export class Reloads {
  readonly #emit: EventSink;
  readonly #servers = new Map<number, ReloadServer>();
  #ports: ReadonlyMap<string, number> = new Map();

  constructor(emit: EventSink) {
    this.#emit = emit;
  }

  /** Service → port, from now on. */
  async serve(ports: ReadonlyMap<string, number>): Promise<void> {
    this.#ports = ports;
    const wanted = new Set(ports.values());
    for (const [port, server] of this.#servers) {
      if (wanted.has(port)) continue;
      server.close();
      this.#servers.delete(port);
    }
    for (const port of wanted) {
      if (this.#servers.has(port)) continue;
      const server = new ReloadServer(port);
      try {
        await server.ready;
        this.#servers.set(port, server);
        const message = `open pages reload: <script src="http://localhost:${port}/reload.js"></script>`;
        this.#emit({ type: 'watch', phase: 'note', message });
      } catch (error) {
        server.close();
        this.#emit({
          type: 'warning',
          message: `open pages do not reload: port ${port} is not available: ${(error as Error).message}`,
          hint: 'Give x-reload another port.',
        });
      }
    }
  }

  /** Whether a service's open pages are notified. */
  has(service: string): boolean {
    return this.#servers.has(this.#ports.get(service) ?? 0);
  }

  /** What these services serve has changed. */
  tell(services: Iterable<string>): void {
    const ports = new Set([...services].flatMap((service) => this.#ports.get(service) ?? []));
    for (const port of ports) this.#servers.get(port)?.tell();
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }
}
