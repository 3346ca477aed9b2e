import { isList, isMap, own, ownMap, type Tree, type TreeMap } from '../tree.ts';

/** Profiles of a service in a tree. */
export function profilesOf(service: Tree | undefined): string[] {
  const profiles = isMap(service) ? own(service, 'profiles') : undefined;
  return isList(profiles) ? profiles.filter((name): name is string => typeof name === 'string') : [];
}

/** Whether a service with these profiles is enabled by the `active` ones: always if it has none; `*` enables all. */
function isEnabled(profiles: readonly string[], active: readonly string[]): boolean {
  return profiles.length === 0 || active.includes('*') || profiles.some((name) => active.includes(name));
}

/** Names of the services that the active profiles don't enable. */
export function disabledBy(tree: TreeMap, active: readonly string[]): Set<string> {
  const disabled = new Set<string>();
  for (const [name, service] of Object.entries(ownMap(tree, 'services') ?? {})) {
    if (!isEnabled(profilesOf(service), active)) disabled.add(name);
  }
  return disabled;
}
