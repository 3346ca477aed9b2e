const names = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ ' +
  'VTALRM PROF WINCH IO PWR SYS IOT CLD POLL UNUSED RTMIN RTMAX'
).split(' ');

/** Whether this is valid for STOPSIGNAL: a number from 1 to 64, or a name with or without SIG, in any case. */
export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 64;
  const name = text.toUpperCase().replace(/^SIG/, '');
  const [, edge, sign, distance] = /^(RTMIN|RTMAX)([+-])(\d+)$/.exec(name) ?? [];
  if (edge !== undefined)
    return (edge === 'RTMIN') === (sign === '+') && Number(distance) <= (edge === 'RTMIN' ? 15 : 14);
  return names.includes(name);
}
