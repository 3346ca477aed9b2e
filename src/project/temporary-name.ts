import { labels } from './labels.ts';

/** Name of a container that is to replace another, until that one is gone (Docker Compose's form: `<12 hex digits>_<final name>`). */
export const temporaryName = (replacedId: string, finalName: string): string =>
  `${replacedId.slice(0, 12)}_${finalName}`;

/**
 * The name a container will have once the one it replaces is gone; undefined when it has its final name already. The
 * label says that it replaces another: a name of that form may also be the user's own.
 */
export function finalName(container: {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}): string | undefined {
  if (container.labels[labels.replace] === undefined) return undefined;
  return /^[0-9a-f]{12}_(.+)$/.exec(container.name)?.[1];
}
