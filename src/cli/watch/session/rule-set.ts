import type { SyncItem } from '../../../watch/batch.ts';
import { bytesOfText, type Change } from '../../../watch/change.ts';
import type { Weight } from '../../../watch/debounce.ts';
import { anyReaches, type CompiledRule } from '../../../watch/rule.ts';
import { listItems } from '../list-items.ts';
import type { ProjectRules } from '../project-rules.ts';

/** The rules that hold now. */
export class RuleSet {
  #rules: readonly CompiledRule[] = [];
  /** Dockerfile, bytes in latin1 → services that are built by it. */
  #dockerfiles: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(rules: ProjectRules) {
    this.replace(rules);
  }

  get all(): readonly CompiledRule[] {
    return this.#rules;
  }

  /** Others hold from now on. */
  replace({ rules, dockerfiles }: ProjectRules): void {
    this.#rules = rules;
    const services = new Map<string, string[]>();
    for (const { service, path } of dockerfiles) {
      const at = bytesOfText(path);
      services.set(at, [...(services.get(at) ?? []), service]);
    }
    this.#dockerfiles = services;
  }

  /** Services that have a rule. */
  get services(): readonly string[] {
    return [...new Set(this.#rules.map(({ service }) => service))];
  }

  triggers(path: string): boolean {
    return this.#rules.some((rule) => rule.triggers(path));
  }

  reaches(directory: string): boolean {
    return anyReaches(this.#rules, directory);
  }

  /** Whether a path is of the configuration alone: a Dockerfile that rules rebuild for is not. */
  describes(path: string): boolean {
    return !this.#dockerfiles.has(path) || this.builtBy(path).length > 0;
  }

  /** Services that a Dockerfile builds, less those that a rule rebuilds when it changes. */
  builtBy(path: string): readonly string[] {
    const rebuilds = this.#rules.filter((rule) => rule.action === 'rebuild' && rule.triggers(path));
    return (this.#dockerfiles.get(path) ?? []).filter(
      (name) => !rebuilds.some(({ service }) => service === name),
    );
  }

  /** What a change sets off. */
  weigh({ path }: Change): Weight {
    let weight: Weight = 'light';
    for (const rule of this.#rules) {
      if (rule.action === 'sync' || !rule.triggers(path)) continue;
      if (rule.action === 'rebuild') return 'build';
      weight = 'heavy';
    }
    return weight;
  }

  /** What a service's containers begin with. */
  async initialItems(service: string): Promise<readonly SyncItem[]> {
    const rules = this.#rules.filter((rule) => rule.service === service && rule.initialSync);
    return (await Promise.all(rules.map(listItems))).flat();
  }
}
