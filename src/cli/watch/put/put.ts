/** What became of putting items into a container. */
export interface Put {
  /** Whether anything in the container is other than before. */
  readonly changed: boolean;
  /** What could not be put there. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Paths that are taken away by one request or command. */
export const pathsAtOnce = 1000;

/** The container. */
export interface Target {
  readonly id: string;
  readonly state: string;
}
