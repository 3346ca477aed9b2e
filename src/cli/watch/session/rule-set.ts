import type { SyncItem } from '../../../watch/batch.ts';
import { bytesOfText, type Change } from '../../../watch/change.ts';
import type { Weight } from '../../../watch/debounce.ts';
import { anyReaches, type CompiledRule } from '../../../watch/rule.ts';
import { listItems } from '../list-items.ts';
import type { ProjectRules } from '../project-rules.ts';

/** The rules in effect. */
export class RuleSet {
  #rules: readonly CompiledRule[] = [];
  /** Dockerfile, bytes in latin1 → services that are built with it. */
  #dockerfiles: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(rules: ProjectRules) {
    this.replace(rules);
  }

  get all(): readonly CompiledRule[] {
    return this.#rules;
  }

  /** Replaces the rules from now on. */
  replace({ rules, dockerfiles }: ProjectRules): void {
    this.#rules = rules;
    const services = new Map<string, string[]>();
    for (const { service, path } of dockerfiles) {
      const at = bytesOfText(path);
      services.set(at, [...(services.get(at) ?? []), service]);
    }
    this.#dockerfiles = services;
  }

  /** Services with a rule. */
  get services(): readonly string[] {
    return [...new Set(this.#rules.map(({ service }) => service))];
  }

  triggers(path: string): boolean {
    return this.#rules.some((rule) => rule.triggers(path));
  }

  reaches(directory: string): boolean {
    return anyReaches(this.#rules, directory);
  }

  /** Whether a path belongs only to the configuration: a Dockerfile for which rules rebuild does not. */
  describes(path: string): boolean {
    return !this.#dockerfiles.has(path) || this.builtBy(path).length > 0;
  }

  /** Services that are built with a Dockerfile, except those that a rule rebuilds when it changes. */
  builtBy(path: string): readonly string[] {
    const rebuilds = this.#rules.filter((rule) => rule.action === 'rebuild' && rule.triggers(path));
    return (this.#dockerfiles.get(path) ?? []).filter(
      (name) => !rebuilds.some(({ service }) => service === name),
    );
  }

  /** What a change causes. */
  weigh({ path }: Change): Weight {
    let weight: Weight = 'light';
    for (const rule of this.#rules) {
      if (rule.action === 'sync' || !rule.triggers(path)) continue;
      if (rule.action === 'rebuild') return 'build';
      weight = 'heavy';
    }
    return weight;
  }

  /** The initial files of a service's containers. */
  async initialItems(service: string): Promise<readonly SyncItem[]> {
    const rules = this.#rules.filter((rule) => rule.service === service && rule.initialSync);
    return (await Promise.all(rules.map(listItems))).flat();
  }
}
