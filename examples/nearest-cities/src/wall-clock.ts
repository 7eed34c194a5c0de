/** Milliseconds since 1970, with a fraction. The processes of one machine may compare it. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
