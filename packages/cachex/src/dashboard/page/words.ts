/** What stands where nothing is known. */
export const unknown = '–';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function count(amount: number | null): string {
  return amount === null ? unknown : whole.format(amount);
}

/** So many a second. */
export function rate(amount: number | null): string {
  if (amount === null) return unknown;
  return amount >= 10_000 ? short.format(amount).replace('K', 'k') : whole.format(amount);
}

export function percent(share: number | null): string {
  if (share === null) return unknown;
  return share > 0.99 && share < 1
    ? `${(share * 100).toFixed(2)} %`
    : `${(share * 100).toFixed(share === 1 ? 0 : 1)} %`;
}

export function bytes(amount: number | null): string {
  if (amount === null) return unknown;
  if (amount >= 1e9) return `${(amount / 1e9).toFixed(2)} GB`;
  if (amount >= 1e6) return `${whole.format(amount / 1e6)} MB`;
  return `${whole.format(amount / 1e3)} kB`;
}

export function milliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return unknown;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms >= 10 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

/** For how long, in its largest unit. */
export function span(ms: number | null): string {
  if (ms === null) return unknown;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}
