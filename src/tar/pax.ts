import { archiveError } from './archive-error.ts';

/** Extended header records in order; values stay bytes, because extended attributes aren't text. */
export type PaxList = readonly (readonly [key: string, value: Buffer])[];

/**
 * Decodes the records of a pax header (POSIX.1-2001 pax, "Extended Header"): `<length> <key>=<value>\n`, where the length
 * counts the whole record.
 * @throws TcomposeError IMAGE_ARCHIVE
 */
export function decodePax(data: Buffer): PaxList {
  const records: [string, Buffer][] = [];
  const damaged = () => archiveError('it is damaged (an extended header does not follow the pax format)');
  for (let at = 0; at < data.length; ) {
    // Some programs pad the data with zeros.
    if (data[at] === 0) break;
    const space = data.indexOf(0x20, at);
    if (space < 0 || space - at > 12) throw damaged();
    const digits = data.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^[0-9]+$/.test(digits) || end > data.length || end <= space + 1 || data[end - 1] !== 0x0a)
      throw damaged();
    const equals = data.indexOf(0x3d, space + 1);
    if (equals < 0 || equals >= end) throw damaged();
    records.push([data.toString('latin1', space + 1, equals), data.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}
