/**
 * Colours of nodes. They are those of M. Okabe and K. Ito, which people who see few colours tell apart, a little calmer, in
 * an order in which neighbours differ in lightness as well.
 */
const light = ['#2f6db3', '#e39a2d', '#178268', '#c07aa9', '#74b8e4', '#bf4d2c', '#ada02f', '#69747f'];
const dark = ['#5f9fe6', '#eeb158', '#3aa98a', '#d79bc3', '#a3d6f5', '#df7150', '#d9cb5c', '#97a2ae'];
const nobody = { light: '#d9d5cd', dark: '#3a3e45' };

export function colourOf(number: number, isDark: boolean): string {
  const colours = isDark ? dark : light;
  return colours[number % colours.length]!;
}

/** Of what nobody owns. */
export function nobodysColour(isDark: boolean): string {
  return isDark ? nobody.dark : nobody.light;
}

export type Rgb = readonly [number, number, number];

export function rgbOf(hex: string): Rgb {
  const number = Number.parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}
