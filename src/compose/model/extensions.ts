/** `x-*` keys and their values as written. */
export type Extensions = Readonly<Record<string, unknown>>;
