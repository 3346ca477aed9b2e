/** Stands for a byte that is not UTF-8: half of a pair of surrogates, which no text contains. */
export const noText = '\udcff';

const replacement = '\ufffd';
const replacementBytes = Buffer.from(replacement).toString('latin1');

/** The text of a file, with `noText` for what is not UTF-8. */
export function textOfBytes(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes(replacement)) return text;
  // A replacement character that the file contains is text.
  return bytes
    .toString('latin1')
    .split(replacementBytes)
    .map((part) => Buffer.from(part, 'latin1').toString().replaceAll(replacement, noText))
    .join(replacement);
}

/** Text for use where others read what is not UTF-8 as the replacement character. */
export const replaced = (text: string): string => text.replaceAll(noText, replacement);
