import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DamageReport, putAside } from './damage.ts';
import { checkShape, examineJson, isString, type Reading, writeUnlessFull } from './json-file.ts';
import type { Layout } from './layout.ts';

const instancePattern = /^[0-9a-f]{8}$/;

/**
 * The engine root's instance id, 8 hex digits, made once. Bridges, control groups and firewall entries contain it, so a
 * lost one is first looked up in its copy and in the names of the networks' bridges before a new one is made.
 */
export function readInstance(layout: Layout, damage: Pick<DamageReport, 'add'>): string {
  const copy = join(layout.copies, 'instance');
  const text = readInstanceFile(layout.instance);
  if (text.kind === 'whole') {
    keepCopy(copy, text.value);
    return text.value;
  }
  const known = readInstanceFile(copy);
  const instance =
    (known.kind === 'whole' ? known.value : instanceOfBridges(layout)) ?? randomBytes(4).toString('hex');
  if (text.kind === 'damaged') putAside(layout.instance);
  if (known.kind === 'damaged') putAside(copy);
  if (text.kind === 'damaged' || known.kind === 'whole') {
    damage.add({
      kind: 'engine',
      name: 'instance',
      file: layout.instance,
      why: text.kind === 'absent' ? 'it is not there' : 'it is not eight hex digits',
      healed: true,
      remedy: `It was written again as ${instance}.`,
    });
  }
  writeUnlessFull(layout.instance, instance);
  writeUnlessFull(copy, instance);
  return instance;
}

function keepCopy(copy: string, instance: string): void {
  const { kind } = readInstanceFile(copy);
  if (kind === 'damaged') putAside(copy);
  if (kind !== 'whole') writeUnlessFull(copy, instance);
}

function readInstanceFile(path: string): Reading<string> {
  return examineJson<string>(path, (value) =>
    typeof value === 'string' && instancePattern.test(value) ? undefined : 'it is not eight hex digits',
  );
}

/** From `tc<instance>…`, the bridge names in the networks' records. */
function instanceOfBridges(layout: Layout): string | undefined {
  for (const file of readdirSync(layout.networks)) {
    const reading = examineJson<{ bridge: string }>(join(layout.networks, file), (value) =>
      checkShape(value, { bridge: (name) => isString(name) && /^tc[0-9a-f]{8}/.test(name) }),
    );
    if (reading.kind === 'whole') return reading.value.bridge.slice(2, 10);
  }
  return undefined;
}
