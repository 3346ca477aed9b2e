import type { SyncItem } from '../../../watch/batch.ts';
import type { Change } from '../../../watch/change.ts';
import type { Weight } from '../../../watch/debounce.ts';
import { anyReaches, type CompiledRule } from '../../../watch/rule.ts';
import { listItems } from '../list-items.ts';

/** The rules that hold now. */
export class RuleSet {
  #rules: readonly CompiledRule[];

  constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
  }

  get all(): readonly CompiledRule[] {
    return this.#rules;
  }

  /** Others hold from now on. */
  replace(rules: readonly CompiledRule[]): void {
    this.#rules = rules;
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
