/** The result of putting items into a container. */
export interface Put {
  /** Whether anything in the container was changed. */
  readonly changed: boolean;
  /** What could not be put there. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Most paths to remove with one request or command. */
export const pathsAtOnce = 1000;

/** The container. */
export interface Target {
  readonly id: string;
  readonly state: string;
}
