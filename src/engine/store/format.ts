import { TcomposeError } from '../../errors.ts';
import { type DamageReport, putAside } from './damage.ts';
import { examineJson, writeUnlessFull } from './json-file.ts';
import type { Layout } from './layout.ts';

/** Version of the state format that this engine reads and writes. */
const stateFormat = 1;

/**
 * Checks `format`, and writes it on first use and when it is damaged. Throws ENGINE_STATE_NEWER for a newer one, whose
 * files can't be interpreted.
 */
export function checkFormat(layout: Layout, damage: Pick<DamageReport, 'add'>): void {
  const reading = examineJson<number>(layout.format, (value) =>
    Number.isInteger(value) && (value as number) >= 1 ? undefined : 'it holds no format version',
  );
  if (reading.kind === 'whole') {
    if (reading.value <= stateFormat) return;
    throw new TcomposeError(
      'ENGINE_STATE_NEWER',
      `${layout.lib} was written by a newer tcompose (state format ${reading.value}; this one knows ${stateFormat}).`,
      { hint: 'run that version, or give this one another directory with TCOMPOSE_ROOT' },
    );
  }
  if (reading.kind === 'damaged') {
    putAside(layout.format);
    damage.add({
      kind: 'engine',
      name: 'format',
      file: layout.format,
      why: reading.why,
      healed: true,
      remedy: `It was written again as ${stateFormat}.`,
    });
  }
  writeUnlessFull(layout.format, stateFormat);
}
