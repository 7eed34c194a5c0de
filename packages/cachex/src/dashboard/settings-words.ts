/** The settings of a cache as the view has them, each in words. */
export function settingsInWords(settings: unknown): [name: string, value: string][] {
  const { ttl, expiration, limit, backups, ...others } = (settings ?? {}) as Record<string, unknown>;
  const words: [string, string][] = [['time to live', duration(ttl)]];
  const { interval, lazy, jitter } = (expiration ?? {}) as Record<string, unknown>;
  words.push(['sweeps', interval === false ? 'none' : `every ${duration(interval)}`]);
  if (lazy === false) words.push(['when found expired', 'left for the next sweep']);
  if (typeof jitter === 'number' && jitter > 0) words.push(['jitter', `up to ${Math.round(jitter * 100)} %`]);
  words.push(...limits(limit));
  words.push(['backups', backups === false ? 'none for this cache' : 'as the cluster has']);
  for (const [name, value] of Object.entries(others)) words.push([name, JSON.stringify(value) ?? '–']);
  return words;
}

function limits(limit: unknown): [string, string][] {
  if (limit === null || limit === undefined) return [['limit', 'none']];
  const { size, bytes, heap, policy } = limit as Record<string, unknown>;
  const parts: string[] = [];
  if (typeof size === 'number') parts.push(`${size.toLocaleString('en')} entries a node`);
  if (typeof bytes === 'number') parts.push(`${inBytes(bytes)} a node`);
  if (typeof heap === 'number') parts.push(`${Math.round(heap * 100)} % of the heap`);
  return [
    ['limit', parts.join(', ')],
    ['eviction', String(policy)],
  ];
}

/** In the units in which limits are given, if it is a whole number of them. */
function inBytes(bytes: number): string {
  const names = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let amount = bytes;
  for (; amount >= 1_024 && amount % 1_024 === 0 && unit < names.length - 1; unit += 1) amount /= 1_024;
  return `${amount.toLocaleString('en')} ${names[unit]}`;
}

const units: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

function duration(ms: unknown): string {
  if (typeof ms !== 'number') return 'for ever';
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1, 'ms'];
  return `${(ms / size).toLocaleString('en')} ${unit}`;
}
