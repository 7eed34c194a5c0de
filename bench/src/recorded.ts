/**
 * Cachex 4.1.1 on the BEAM, its plain local cache, one process: operations a second. Measured elsewhere, on a machine of the
 * same kind (two cores, November 2026) that was shared with others; it is not measured again here.
 */
export const recordedCachex = {
  name: 'Cachex 4.1.1 (recorded)',
  getHit: 619_000,
  put: 593_000,
} as const;
