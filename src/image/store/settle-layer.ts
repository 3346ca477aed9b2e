import { chmodSync } from 'node:fs';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { isOpaque, isWhiteout } from '../../confined/copy-tree.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { joined, parentOf } from '../../confined/names.ts';
import { turns } from '../../confined/turns.ts';
import { changeOwnerOf, changeTimesTo } from '../../sys/at-calls.ts';
import type { LayerMarks } from '../unpack/layer-writer.ts';

/**
 * Adapts a layer that was unpacked by itself to those below it. A whiteout of a name that no lower layer has is
 * removed: readdir would show it. A directory that the layer does not list, but has entries in, gets owner, mode and
 * time of the one below.
 */
export async function settleLayer(layer: string, lower: readonly string[], marks: LayerMarks): Promise<void> {
  if (marks.whiteouts.length === 0 && marks.implied.length === 0) return;
  const turn = turns();
  const own = ConfinedDirectory.at(layer);
  const below = lower.map((directory) => ConfinedDirectory.at(directory));
  try {
    for (const path of marks.whiteouts) {
      await turn();
      const shown = shownBelow(below, path);
      shown?.close();
      if (shown === undefined) await removeQuietly(own, path);
    }
    for (const path of marks.implied) {
      await turn();
      takeAttributes(own, below, path);
    }
  } finally {
    for (const directory of [own, ...below]) directory.close();
  }
}

/** Removes something and restores its directory's time. */
async function removeQuietly(own: ConfinedDirectory, path: string): Promise<void> {
  const parent = own.find(parentOf(path));
  const modified = parent?.modified();
  await own.remove(path);
  if (parent !== undefined && modified !== undefined) changeTimesTo(parent.fd, modified);
  parent?.close();
}

function takeAttributes(own: ConfinedDirectory, below: readonly ConfinedDirectory[], path: string): void {
  const made = own.find(path);
  const shown = made === undefined ? undefined : shownBelow(below, path);
  try {
    if (!made?.stat.isDirectory() || !shown?.stat.isDirectory()) return;
    changeOwnerOf(made.fd, shown.stat.uid, shown.stat.gid);
    chmodSync(`/proc/self/fd/${made.fd}`, shown.stat.mode & 0o7777);
    changeTimesTo(made.fd, shown.modified());
  } finally {
    made?.close();
    shown?.close();
  }
}

/** What an overlay of the layers (top first) shows at a path; undefined for nothing. */
function shownBelow(below: readonly ConfinedDirectory[], path: string): ConfinedEntry | undefined {
  for (const layer of below) {
    const found = lookUp(layer, path);
    if (found === 'hidden') return undefined;
    if (found !== 'absent') return found;
  }
  return undefined;
}

/** `hidden`: nothing here, and the layer hides what those below it have. */
function lookUp(layer: ConfinedDirectory, path: string): ConfinedEntry | 'absent' | 'hidden' {
  let at = '';
  const top = layer.find('')!;
  let opaque = isOpaque(top);
  top.close();
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) {
    at = joined(at, part);
    const entry = layer.find(at);
    if (entry === undefined) return opaque ? 'hidden' : 'absent';
    const last = index === parts.length - 1;
    if (isWhiteout(entry.stat) || (!last && !entry.stat.isDirectory())) {
      entry.close();
      return 'hidden';
    }
    if (last) return entry;
    opaque ||= isOpaque(entry);
    entry.close();
  }
  return 'absent';
}
