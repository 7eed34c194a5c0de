/** How many entries fit into the memory of a cache in two tiers: a tenth of those that there are. */
export const firstTier = 10_000;
