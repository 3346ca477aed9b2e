import type { ImageOptions } from '../images/required-images.ts';
import type { Separator } from '../names.ts';

/** `diverged`: what differs from the compose file; `force`: all; `never`: none. */
export type Recreate = 'diverged' | 'force' | 'never';

/** What the command line of `up` or `create` asks for. */
export interface UpOptions {
  readonly recreate: Recreate;
  /** For services that are only there as dependencies. */
  readonly recreateDependencies: Recreate;
  /** Services asked for by name; undefined is all. */
  readonly roots?: ReadonlySet<string>;
  /** Only create (`create`, `up --no-start`). */
  readonly start: boolean;
  /** Ignore depends_on (`--no-deps`). */
  readonly noDeps: boolean;
  /** Wait until everything is ready (`--wait`). */
  readonly wait: boolean;
  readonly removeOrphans: boolean;
  readonly ignoreOrphans: boolean;
  /** Do not hand anonymous volumes on (`-V`). */
  readonly renewAnonymousVolumes: boolean;
  /** Diverged volumes that may be recreated, losing their data. */
  readonly renewVolumes: ReadonlySet<string>;
  /** Seconds for stopping; undefined: each container's own. */
  readonly timeout: number | undefined;
  /** A container that is recreated starts beside the old one where it can (swap.ts), and takes its place when it is ready. */
  readonly swap?: boolean;
  readonly images: ImageOptions;
  readonly separator?: Separator;
  readonly version: string;
}
