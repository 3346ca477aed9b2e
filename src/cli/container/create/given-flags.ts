import { flag, type ParsedArgs } from '../../arguments/command.ts';
import { parseSize } from '../../arguments/sizes.ts';

/** Name of a request field → name of the flag that sets it. */
type Names = Readonly<Record<string, string>>;

/** The fields whose flags were given. */
function pick<T>(names: Names, read: (name: string) => T | undefined): Record<string, T> {
  const found: Record<string, T> = {};
  for (const [key, name] of Object.entries(names)) {
    const value = read(name);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** Reads groups of flags of one type into request fields; a flag that was not given omits its field. */
export const given = {
  strings: (args: ParsedArgs, names: Names) => pick(names, (name) => flag.str(args, name)),
  numbers: (args: ParsedArgs, names: Names) => pick(names, (name) => flag.num(args, name)),
  booleans: (args: ParsedArgs, names: Names) =>
    pick(names, (name) => (args.flags[name] === undefined ? undefined : flag.bool(args, name))),
  lists: (args: ParsedArgs, names: Names) =>
    pick(names, (name) => (flag.list(args, name).length === 0 ? undefined : flag.list(args, name))),
  /** Bytes. Throws CLI_USAGE for an invalid size. */
  sizes: (args: ParsedArgs, names: Names) =>
    pick(names, (name) => {
      const value = flag.str(args, name);
      return value === undefined ? undefined : parseSize(value, `--${name}`);
    }),
};
