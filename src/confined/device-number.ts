/** Major and minor number from glibc's 64-bit form (sys/sysmacros.h), as in stat(2). */
export function deviceNumber(rdev: number): { readonly major: number; readonly minor: number } {
  const big = BigInt(rdev);
  return {
    major: Number(((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn)),
    minor: Number((big & 0xffn) | ((big >> 12n) & ~0xffn & 0xffffffffn)),
  };
}
