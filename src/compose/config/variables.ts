import type { Format } from '../codec/codec.ts';
import { OutMap } from '../codec/out.ts';
import type { VariableUse } from '../interpolate/template.ts';
import { writeJson } from './write-json.ts';
import { writeYaml } from './write-yaml.ts';

/**
 * `config --variables` as Docker Compose prints it: four spaces for each level, and the fields in the order and case of
 * its model.
 */
export function renderVariables(uses: readonly VariableUse[], format: Format): string {
  const document = new OutMap();
  for (const { name, required, defaultValue, alternateValue } of uses) {
    const fields = [
      ['Name', name],
      ['DefaultValue', defaultValue],
      ['PresenceValue', alternateValue],
      ['Required', required],
    ] as const;
    const entry = new OutMap();
    for (const [key, value] of fields) entry.set(format === 'json' ? key : key.toLowerCase(), value);
    document.set(name, entry);
  }
  return format === 'json' ? writeJson(document, '    ') : writeYaml(document, '    ');
}
