/** The release of pasta from which on it carries the answers to streams that a container has closed on its side. */
const carriesHalfClosed = 20250911;

/**
 * Whether pasta sends the answer to such a stream over and over, and never its end, by what `pasta --version` says: a day in the names of
 * upstream's releases (`2025_09_19.623dbf6`) and of distributions (`0.0~git20230309.7c7625d-1`, `0^20250911.g6cbcccc`). Those that know
 * no version of their own are old. Pure.
 */
export function breaksHalfClosed(version: string): boolean {
  const day = /^pasta .*?(20\d{2})_?(\d{2})_?(\d{2})/.exec(version.split('\n')[0] ?? '');
  return day === null || Number(day.slice(1).join('')) < carriesHalfClosed;
}
