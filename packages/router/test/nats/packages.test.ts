import { expect, it } from 'vitest';
import { loadPackage } from '../../src/nats/packages.ts';

it('says what to install where a package is missing', async () => {
  const name = '@nats-io/kv';
  const failure = Object.assign(new Error(`Cannot find package '${name}' imported from x`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(loadPackage(name, () => Promise.reject(failure))).rejects.toMatchObject({
    code: 'MISSING_PACKAGE',
    message: expect.stringContaining(`${name}: npm install`),
    cause: failure,
  });
});

it('passes on what is wrong inside of a package', async () => {
  const failure = Object.assign(new Error(`Cannot find package 'other' imported from x`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(loadPackage('@nats-io/kv', () => Promise.reject(failure))).rejects.toBe(failure);
});
