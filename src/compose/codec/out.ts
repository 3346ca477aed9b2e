/** A document to be written: scalars, lists, and mappings whose order is kept even for keys that look like numbers. */
export type Out = null | boolean | number | string | RawNumber | readonly Out[] | OutMap;

/** A mapping to be printed, its keys in the order they were set. */
export class OutMap {
  readonly entries: [key: string, value: Out][] = [];

  set(key: string, value: Out): void {
    this.entries.push([key, value]);
  }
}

/** A number already in the digits it is to be written with. */
export class RawNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}
