/**
 * Cachex 4.1.1 on the BEAM, its plain local cache, one process: operations a second. Measured elsewhere, on a machine of the
 * same kind (two cores, November 2026) that was shared with others; it is not measured again here.
 */
export const recordedCachex = {
  name: 'Cachex 4.1.1 (recorded)',
  getHit: 619_000,
  put: 593_000,
} as const;

/**
 * Cachex 4.1.1 on three BEAM nodes, 256 callers on one of them, gets: operations a second and seconds of processors for a
 * million. Of each range that was measured, the end that favours it. Recorded on the same machine.
 */
export const recordedClusters = {
  name: 'Cachex 4.1.1 on three nodes (recorded)',
  /** Keys of the other nodes alone. */
  remote: { throughput: 51_000, processor: 35 },
  everywhere: { throughput: 71_000, processor: 28 },
} as const;
