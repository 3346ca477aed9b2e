import { constants } from 'node:os';

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The symbolic name of an errno number (`EADDRINUSE`), or `errno 133` when this platform has none. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}
