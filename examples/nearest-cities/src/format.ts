const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function formatCount(count: number): string {
  return WHOLE.format(count);
}

export function formatRate(rate: number | undefined): string {
  // Rounded down, so that 100.0 % means all of them.
  return rate === undefined ? '-' : `${(Math.floor(rate * 1000) / 10).toFixed(1)} %`;
}

export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  return ms < 100 ? `${ms.toFixed(1)} ms` : `${formatCount(ms)} ms`;
}
