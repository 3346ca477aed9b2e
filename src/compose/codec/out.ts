/** A document to write: scalars, lists, and mappings whose order is kept even for keys that look like numbers. */
export type Out = null | boolean | number | string | RawNumber | readonly Out[] | OutMap;

/** A mapping to print, with its keys in the order in which they were set. */
export class OutMap {
  readonly entries: [key: string, value: Out][] = [];

  set(key: string, value: Out): void {
    this.entries.push([key, value]);
  }
}

/** A number that already has the digits in which to write it. */
export class RawNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}
