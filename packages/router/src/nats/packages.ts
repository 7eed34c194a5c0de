import { RouterError } from '../errors.ts';

/** Loads the package called `name`. If it is not installed, `MISSING_PACKAGE` says what to install. */
export async function loadPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // It may be there, and lack something itself.
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw cause;
    const advice = 'npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv';
    throw new RouterError('MISSING_PACKAGE', `NATS needs the package ${name}: ${advice}`, { cause });
  }
}
