import { stripVTControlCharacters } from 'node:util';
import { eastAsianWidth } from 'get-east-asian-width';

/** Texts whose width is their length: nearly all are, and recognising them saves the segmenter, which is slow to create. */
const plain = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

/** What a reader perceives as single characters: a letter with its accents, a flag, a family combined from several emoji. */
function clusters(text: string): string[] {
  if (plain.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Shown as an image, two columns wide: an emoji by itself, or one formed by a selector, a joiner, or as a flag. */
const picture = /^\p{Emoji_Presentation}|\ufe0f|\p{Extended_Pictographic}\u200d|^[\d#*]\u20e3/u;
/** The first character of a cluster that has a width. */
const visible = /[^\p{Default_Ignorable_Code_Point}\p{Control}\p{Format}\p{Mark}\p{Surrogate}]/u;

function clusterWidth(cluster: string): number {
  if (picture.test(cluster)) return 2;
  const base = visible.exec(cluster)?.[0].codePointAt(0);
  return base === undefined ? 0 : eastAsianWidth(base);
}

/** How many columns of a terminal a line takes: colours and combining characters take none. */
export function displayWidth(line: string): number {
  if (plain.test(line)) return line.length;
  return clusters(stripVTControlCharacters(line)).reduce((sum, cluster) => sum + clusterWidth(cluster), 0);
}

/** The line padded with blanks to a number of columns. */
export const padToWidth = (line: string, columns: number): string =>
  line + ' '.repeat(Math.max(0, columns - displayWidth(line)));

/** As many whole characters from the start of a line as fit into some columns. The line must not contain colours. */
export function startOf(line: string, columns: number): string {
  if (plain.test(line)) return line.slice(0, Math.max(0, columns));
  let taken = '';
  let left = columns;
  for (const cluster of clusters(line)) {
    left -= clusterWidth(cluster);
    if (left < 0) break;
    taken += cluster;
  }
  return taken;
}

/** The same from the end of the line. */
export function endOf(line: string, columns: number): string {
  if (plain.test(line)) return columns <= 0 ? '' : line.slice(-columns);
  let taken = '';
  let left = columns;
  for (const cluster of clusters(line).reverse()) {
    left -= clusterWidth(cluster);
    if (left < 0) break;
    taken = cluster + taken;
  }
  return taken;
}
