/** Cases that are not, or on purpose not, answered as BuildKit answers them, and why. */
export const notCarriedOut: Readonly<Record<string, string>> = {
  'add-archive-through-absolute-symlink':
    'a link in the destination is followed inside the root, as by older BuildKits',
  'add-archive-whiteout': 'a tree that is written out has no layers, in which the name would have a meaning',
  'cache-no-cache-filter':
    'steps of a stage that the filter does not name stay cached, and copies of the same files need not be made again',
  'cache-same-size-and-mtime':
    "what a file's times don't tell is seen here by its change time: that BuildKit misses it is a fault",
  'export-local': 'what is written out keeps its owners',
  'ignore-escape': 'a backslash before a letter is that letter, not the bell',
};
