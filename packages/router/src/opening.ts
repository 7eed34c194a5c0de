import type { Agreement } from './agreement.ts';
import { RouterError } from './errors.ts';
import type { Router } from './router.ts';
import type { Service, Services } from './services.ts';
import { memberOf, open, type View } from './view.ts';

export interface OpeningOptions {
  readonly self: string;
  readonly router: Router;
  readonly agreement: Agreement;
  readonly services: Services;
}

/**
 * Offers a service at this node, and records in the view that it does. What is wrong and known at once is thrown; the
 * promise resolves when it is recorded, or rejects and the service is not offered any more.
 */
export function openService(
  options: OpeningOptions,
  name: string,
  service: Service,
  settings: object,
): Promise<void> {
  checkSettings(options.agreement.view, name, settings);
  options.services.add(name, service);
  return record(options, name, settings);
}

async function record(
  { self, router, agreement, services }: OpeningOptions,
  name: string,
  settings: object,
): Promise<void> {
  try {
    await agreement.publish((view) => {
      checkSettings(view, name, settings);
      const done = memberOf(view, self)?.opened.includes(name) !== false;
      return done ? undefined : open(view, self, name, settings, router);
    });
  } catch (error) {
    services.remove(name);
    throw error;
  }
}

/** The settings of the first opener hold for the whole cluster. */
function checkSettings(view: View, name: string, settings: object): void {
  if (!Object.hasOwn(view.caches, name)) return;
  const agreed = view.caches[name] as Record<string, unknown>;
  const given = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
  for (const option of new Set([...Object.keys(agreed), ...Object.keys(given)])) {
    const [here, there] = [JSON.stringify(given[option]), JSON.stringify(agreed[option])];
    if (here === there) continue;
    const message = `'${name}' was opened with ${option} ${there ?? 'unset'}; ${here ?? 'unset'} here contradicts that`;
    throw new RouterError('CONFIG_MISMATCH', message);
  }
}
