/** The exponent of YCSB, with which most caches are measured. */
const exponent = 0.99;

const added = 1_000;

/** The sum of `rank ** -exponent`: the first ranks added up, the others by the formula of Euler and Maclaurin. */
export function harmonic(universe: number): number {
  let sum = 0;
  const first = Math.min(universe, added);
  for (let rank = 1; rank <= first; rank += 1) sum += rank ** -exponent;
  const integral = (universe ** (1 - exponent) - first ** (1 - exponent)) / (1 - exponent);
  return sum + integral + (universe ** -exponent - first ** -exponent) / 2;
}

/**
 * Draws ids below `universe`, of which 0 is the most frequent one. Gray et al., "Quickly generating billion-record synthetic
 * databases" (1994), as YCSB does it.
 */
export function zipf(universe: number, random: () => number): () => number {
  const zeta = harmonic(universe);
  const two = 1 + 0.5 ** exponent;
  const alpha = 1 / (1 - exponent);
  const eta = (1 - (2 / universe) ** (1 - exponent)) / (1 - two / zeta);
  return () => {
    const drawn = random();
    if (drawn * zeta < 1) return 0;
    if (drawn * zeta < two) return 1;
    return Math.min(universe - 1, Math.floor(universe * (eta * drawn - eta + 1) ** alpha));
  };
}
