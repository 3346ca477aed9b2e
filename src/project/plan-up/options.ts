import type { ImageOptions } from '../images/required-images.ts';
import type { Separator } from '../names.ts';

/** `diverged`: those that differ from the compose file; `force`: all; `never`: none. */
export type Recreate = 'diverged' | 'force' | 'never';

/** The command line options of `up` or `create`. */
export interface UpOptions {
  readonly recreate: Recreate;
  /** For services that are included only as dependencies. */
  readonly recreateDependencies: Recreate;
  /** Services requested by name; undefined means all. */
  readonly roots?: ReadonlySet<string>;
  /** Only create (`create`, `up --no-start`). */
  readonly start: boolean;
  /** Ignore depends_on (`--no-deps`). */
  readonly noDeps: boolean;
  /** Wait until everything is ready (`--wait`). */
  readonly wait: boolean;
  readonly removeOrphans: boolean;
  readonly ignoreOrphans: boolean;
  /** Do not pass on anonymous volumes (`-V`). */
  readonly renewAnonymousVolumes: boolean;
  /** Diverged volumes that may be recreated, which loses their data. */
  readonly renewVolumes: ReadonlySet<string>;
  /** Seconds for stopping; undefined: each container's own. */
  readonly timeout: number | undefined;
  /** If possible, a recreated container starts beside the old one (swap.ts), and takes its place when it is ready. */
  readonly swap?: boolean;
  readonly images: ImageOptions;
  readonly separator?: Separator;
  readonly version: string;
}
