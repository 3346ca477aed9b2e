import type { Change, ChangeKind } from './change.ts';
import type { CompiledRule } from './rule.ts';

/** Something to put into, or remove from, a service's containers. Paths are bytes in latin1. */
export interface SyncItem {
  /** On this machine. */
  readonly source: string;
  /** In the container. */
  readonly target: string;
  readonly kind: ChangeKind;
  /** A link was put at the target before, and now a directory has to be there. */
  readonly insteadOfLink?: boolean;
  /** The path of the rule itself, not something below it: a file there does not replace a directory. */
  readonly isWhole?: boolean;
}

/** The effects of a batch of changes, in the order in which they are carried out. */
export interface BatchPlan {
  /** The rules that triggered all this. */
  readonly rules: readonly CompiledRule[];
  /** Services that are built and recreated, all at once. */
  readonly rebuild: ReadonlyMap<string, readonly Change[]>;
  readonly sync: ReadonlyMap<string, readonly SyncItem[]>;
  /** Services that are restarted, all at once. */
  readonly restart: ReadonlyMap<string, readonly Change[]>;
  /** Services whose containers see the changes through a bind mount. */
  readonly mounted: ReadonlySet<string>;
  /** Commands to run in each running container of a service, once for each rule. */
  readonly exec: readonly { readonly rule: CompiledRule; readonly changes: readonly Change[] }[];
}

/**
 * Everything that changes trigger: every matching rule applies to a path; if `skips` says so for a rule, only files are
 * synced. Pure.
 */
export function planBatch(
  rules: readonly CompiledRule[],
  changes: readonly Change[],
  skips: (rule: CompiledRule, change: Change) => boolean = () => false,
): BatchPlan {
  const rebuild = new Map<string, Change[]>();
  const applied = new Set<CompiledRule>();
  const mounted = new Set<string>();
  const restart = new Map<string, Change[]>();
  const sync = new Map<string, Map<string, SyncItem>>();
  const exec = new Map<CompiledRule, Change[]>();
  for (const change of changes)
    for (const rule of rules) {
      if (!rule.triggers(change.path)) continue;
      const skipped = skips(rule, change);
      if (!skipped) {
        if (rule.action === 'rebuild') append(rebuild, rule.service, change);
        if (rule.action === 'restart' || rule.action === 'sync+restart')
          append(restart, rule.service, change);
        if (rule.action === 'sync+exec') append(exec, rule, change);
      }
      const target = rule.targetOf(change.path);
      if (target !== undefined || (!skipped && rule.action !== 'sync')) applied.add(rule);
      if (target === undefined) {
        if (rule.isMounted(change.path)) mounted.add(rule.service);
        continue;
      }
      const items = sync.get(rule.service) ?? new Map<string, SyncItem>();
      sync.set(rule.service, items.set(target, itemOf(rule, change.path, target, change.kind)));
    }
  return {
    rules: [...applied],
    rebuild,
    sync: new Map([...sync].map(([service, items]) => [service, [...items.values()]])),
    restart,
    mounted,
    exec: [...exec].map(([rule, own]) => ({ rule, changes: own })),
  };
}

/** The item for a path that a rule syncs. */
export function itemOf(
  rule: Pick<CompiledRule, 'path'>,
  source: string,
  target: string,
  kind: ChangeKind,
): SyncItem {
  return { source, target, kind, ...(source === rule.path ? { isWhole: true } : {}) };
}

function append<K>(map: Map<K, Change[]>, key: K, change: Change): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [change]);
  else if (!known.includes(change)) known.push(change);
}

export const isEmptyPlan = (plan: BatchPlan): boolean =>
  plan.rebuild.size === 0 && plan.sync.size === 0 && plan.restart.size === 0 && plan.exec.length === 0;

/** The order in which one container's items are applied: removals first, deepest first; directories before their content. */
export function inOrder(items: readonly SyncItem[]): {
  readonly gone: readonly SyncItem[];
  readonly there: readonly SyncItem[];
} {
  const isGone = ({ kind }: SyncItem) => kind === 'gone' || kind === 'gone-directory';
  const byTarget = (a: SyncItem, b: SyncItem) => (a.target < b.target ? -1 : 1);
  return {
    gone: items.filter(isGone).sort((a, b) => -byTarget(a, b)),
    there: items.filter((item) => !isGone(item)).sort(byTarget),
  };
}
