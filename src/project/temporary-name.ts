import { labels } from './labels.ts';

/**
 * Name of a container that will replace another, until that one is gone (Docker Compose's form: `<12 hex digits>_<final
 * name>`).
 */
export const temporaryName = (replacedId: string, finalName: string): string =>
  `${replacedId.slice(0, 12)}_${finalName}`;

/**
 * The final name of a container that replaces another; undefined if it has its final name already. The label says that
 * it replaces another: a user may also choose a name of that form.
 */
export function finalName(container: {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}): string | undefined {
  if (container.labels[labels.replace] === undefined) return undefined;
  return /^[0-9a-f]{12}_(.+)$/.exec(container.name)?.[1];
}
