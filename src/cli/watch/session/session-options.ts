import type { Project } from '../../../compose/model/project.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import type { EventSink } from '../../../events.ts';
import type { Configuration } from '../reconfigure.ts';

/** Called with a container before its command starts. */
export type BeforeStart = (container: { readonly id: string; readonly service: string }) => Promise<void>;

/** What a session watches, and how it acts. */
export interface SessionOptions {
  readonly client: EngineClient;
  readonly project: Project;
  /** Services whose rules apply. */
  readonly services: (project: Project) => Iterable<string>;
  readonly emit: EventSink;
  readonly now: () => number;
  readonly parallel: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when watching has ended: another process may then watch the project. */
  readonly release: () => void;
  /** Builds services of a project and recreates their containers. @returns those whose containers were replaced */
  readonly rebuild: (
    services: ReadonlySet<string>,
    project: Project,
    beforeStart: BeforeStart,
  ) => Promise<ReadonlySet<string>>;
  /** If given, edits of the files that define the project are followed. */
  readonly configuration?: Configuration;
}
