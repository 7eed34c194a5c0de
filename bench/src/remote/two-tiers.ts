/** With how many entries caches in two tiers are measured; they are slow to fill. */
export const twoTierEntries = 20_000;

/** How many of them fit into the memory of the caller: a tenth. */
export const firstTier = 2_000;
