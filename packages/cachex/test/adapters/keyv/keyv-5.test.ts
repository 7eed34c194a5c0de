import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { Keyv5Store } from '../../../src/keyv.ts';
import { describeHost } from '../compatibility.ts';
import { places } from '../places.ts';

const { host, suite } = { host: 'keyv', suite: '@keyv/test-suite' };

for (const place of places) {
  describeHost({ host, suite, setUp: place.name }, () => {
    const opened = place.open();
    const store = (): Keyv5Store => new Keyv5Store(opened());
    keyvTestSuite(vitest, Keyv, store);
    keyvIteratorTests(vitest, Keyv, store);
  });
}
