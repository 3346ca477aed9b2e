/** Device numbers out of glibc's 64-bit form (sys/sysmacros.h), which stat(2) gives. */
export function deviceNumber(rdev: number): { readonly major: number; readonly minor: number } {
  const big = BigInt(rdev);
  return {
    major: Number(((big >> 8n) & 0xfffn) | ((big >> 32n) & ~0xfffn)),
    minor: Number((big & 0xffn) | ((big >> 12n) & ~0xffn & 0xffffffffn)),
  };
}
