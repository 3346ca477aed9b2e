/** The notice, given once, about how long a user's containers live; undefined if not needed. Pure. */
export function lingerNotice(user: string, exists: (path: string) => boolean): string | undefined {
  if (!exists('/run/systemd/system') || exists(`/var/lib/systemd/linger/${user}`)) return undefined;
  return 'containers may end with your last logout; to keep them: `loginctl enable-linger`, or `tcompose engine install`, which also brings them back after a boot';
}
