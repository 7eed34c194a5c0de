import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The path of the Chromium of this system, or what `CACHEX_CHROMIUM` says; `undefined` where there is none. */
export function findChromium(environment = process.env) {
  const given = environment.CACHEX_CHROMIUM;
  if (given !== undefined && given !== '') return runs(given) ? given : undefined;
  const places = (environment.PATH ?? '').split(delimiter).filter((place) => place !== '');
  return places.flatMap((place) => names.map((name) => join(place, name))).find(runs);
}

function runs(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
